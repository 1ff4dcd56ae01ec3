//! A stand-in for a server that speaks HTTP: it listens on the loopback, and says to each request what it is told to say.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use crate::http_message::Request;
use crate::http_message::read_request;
use crate::own_thread;

/// What a connection does next.
pub enum Reply {
    Say(Vec<u8>),
    SayLater(Duration, Vec<u8>),
    /// Says this and closes.
    SayLast(Vec<u8>),
    /// Says this and then the letter `a` for as long as the client listens.
    SayForever(Vec<u8>),
    /// Says this and nothing more, until the client leaves.
    SayNoMore(Vec<u8>),
    Reset,
}

type Replying = dyn Fn(&Request) -> Reply + Send + Sync;

/// Dropping it closes all its connections.
#[derive(Debug)]
pub struct HttpStub {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// # Panics
/// When the loopback has no free port.
pub fn free_port() -> std::net::TcpListener {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback has free ports")
}

impl HttpStub {
    /// On a thread of its own, so that it goes on whatever the test's runtime does.
    ///
    /// # Panics
    /// When the listener is none.
    pub fn start(
        listener: std::net::TcpListener,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let connections = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&connections);
        let (stop, stopped) = oneshot::channel();
        let (address, thread) = own_thread::listen(|say| async move {
            listener.set_nonblocking(true).expect("it is a socket");
            let listener = TcpListener::from_std(listener).expect("it listens");
            let address = listener.local_addr().expect("it is bound");
            say.send(address).expect("the test waits");
            run(listener, &counted, Arc::new(reply), stopped).await;
        });
        Self {
            address,
            connections,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All connections that were ever opened.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for HttpStub {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Until whoever holds the other end of `stopped` is gone.
async fn run(
    listener: TcpListener,
    counted: &AtomicU64,
    reply: Arc<Replying>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            Ok((client, _)) = listener.accept() => {
                counted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(client, Arc::clone(&reply)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers requests until either side has enough.
async fn serve(mut client: TcpStream, reply: Arc<Replying>) {
    let _ = client.set_nodelay(true);
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut client, &mut buffer).await {
        let bytes = match reply(&request) {
            Reply::Say(bytes) => bytes,
            Reply::SayLater(delay, bytes) => {
                tokio::time::sleep(delay).await;
                bytes
            }
            Reply::SayLast(bytes) => {
                let _ = client.write_all(&bytes).await;
                return;
            }
            Reply::SayForever(beginning) => return say_forever(client, beginning).await,
            Reply::SayNoMore(bytes) => {
                let _ = client.write_all(&bytes).await;
                return swallow(client).await;
            }
            Reply::Reset => {
                // Closing with no time to linger sends RST instead of FIN.
                let _ = client.set_zero_linger();
                return;
            }
        };
        if client.write_all(&bytes).await.is_err() || request.is_last() {
            return;
        }
    }
}

async fn say_forever(mut client: TcpStream, mut bytes: Vec<u8>) {
    while client.write_all(&bytes).await.is_ok() {
        bytes = vec![b'a'; 64 * 1024];
    }
}

/// Takes in everything and answers nothing until the client gives up.
async fn swallow(mut client: TcpStream) {
    let mut buffer = [0; 4_096];
    while matches!(client.read(&mut buffer).await, Ok(1..)) {}
}
