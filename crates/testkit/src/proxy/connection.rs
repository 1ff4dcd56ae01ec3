//! One connection through the proxy.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Fault;

const BUFFER_BYTES: usize = 64 * 1024;

/// Serves one client until either side ends or a fault ends it.
pub(super) async fn serve(
    mut client: TcpStream,
    target: SocketAddr,
    faults: watch::Receiver<Fault>,
) {
    let mut resets = faults.clone();
    let reset = tokio::select! {
        _ = resets.wait_for(|fault| *fault == Fault::Reset) => true,
        () = pass(&mut client, target, faults) => false,
    };
    if reset {
        // Closing with no time to linger sends RST instead of FIN.
        let _ = client.set_zero_linger();
    }
}

async fn pass(client: &mut TcpStream, target: SocketAddr, mut faults: watch::Receiver<Fault>) {
    let (from_client, to_client) = client.split();
    if *faults.borrow_and_update() == Fault::Swallow {
        return swallow(from_client).await;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    let _ = server.set_nodelay(true);
    let (from_server, to_server) = server.split();
    let dead = tokio::select! {
        dead = requests(from_client, to_server, faults.clone()) => dead,
        dead = answers(from_server, to_client, faults) => dead,
    };
    if dead {
        // The server lost this client; the client is not told.
        drop(server);
        swallow(client.split().0).await;
    }
}

/// Takes in everything and answers nothing until the client gives up.
async fn swallow(mut client: ReadHalf<'_>) {
    let mut buffer = [0; 4_096];
    while matches!(client.read(&mut buffer).await, Ok(1..)) {}
}

/// Passes what the client sends. Ends with true when something was swallowed.
async fn requests(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    faults: watch::Receiver<Fault>,
) -> bool {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let Ok(length @ 1..) = client.read(&mut buffer).await else {
            return false;
        };
        if *faults.borrow() == Fault::Swallow {
            return true;
        }
        if server.write_all(&buffer[..length]).await.is_err() {
            return false;
        }
    }
}

/// Passes what the server sends, late or cut where the fault says so. Ends with true when something was swallowed.
async fn answers(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    mut faults: watch::Receiver<Fault>,
) -> bool {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut under_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut passed = 0;
    let mut server_ended = false;
    loop {
        if server_ended && under_way.is_empty() {
            return false;
        }
        let next = under_way.front().map(|(due, _)| *due);
        let due = async {
            match next {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = due => {
                let Some((_, bytes)) = under_way.pop_front() else { continue };
                let fault = *faults.borrow();
                if fault == Fault::Swallow {
                    return true;
                }
                let left = match fault {
                    Fault::CutAfter(most) => most.saturating_sub(passed),
                    _ => usize::MAX,
                };
                let bytes = &bytes[..bytes.len().min(left)];
                passed += bytes.len();
                let written = client.write_all(bytes).await;
                if written.is_err() || bytes.len() == left {
                    return false;
                }
            }
            changed = faults.changed() => {
                passed = 0;
                if changed.is_err() {
                    return false;
                }
            }
            read = server.read(&mut buffer), if !server_ended => match read {
                Ok(length @ 1..) => {
                    let delay = match *faults.borrow() {
                        Fault::Delay(delay) => delay,
                        _ => Duration::ZERO,
                    };
                    under_way.push_back((Instant::now() + delay, buffer[..length].to_vec()));
                }
                _ => server_ended = true,
            },
        }
    }
}
