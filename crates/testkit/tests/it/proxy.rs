//! The proxy does to traffic what it says, in front of an echo.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testkit::proxy::{Fault, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

/// A server that says everything back.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("listens");
    let address = listener.local_addr().expect("has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    address
}

async fn connect(proxy: &Proxy) -> TcpStream {
    let connected = TcpStream::connect(proxy.address()).await;
    connected.expect("is accepted")
}

async fn say(stream: &mut TcpStream, word: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(word).await?;
    let mut answer = vec![0; word.len()];
    let read = timeout(LONG, stream.read_exact(&mut answer)).await;
    read.expect("does not hang")?;
    Ok(answer)
}

/// Nothing comes back for a while.
async fn is_silent(stream: &mut TcpStream) -> bool {
    let mut buffer = [0];
    let read = timeout(Duration::from_millis(100), stream.read(&mut buffer)).await;
    read.is_err()
}

#[tokio::test]
async fn everything_passes_without_a_fault() {
    let proxy = Proxy::start(echo().await);
    let mut stream = connect(&proxy).await;
    assert_eq!(say(&mut stream, b"hello").await.expect("passes"), b"hello");
    let (mut read, mut write) = stream.split();
    let sent: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut received = vec![0; sent.len()];
    let both = async { tokio::join!(write.write_all(&sent), read.read_exact(&mut received)) };
    let (written, read) = timeout(LONG, both).await.expect("does not hang");
    written.and(read).expect("passes");
    assert!(sent == received);
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn a_delay_makes_answers_late_on_open_connections_and_ends_at_once() {
    let proxy = Proxy::start(echo().await);
    let mut stream = connect(&proxy).await;
    say(&mut stream, b"a").await.expect("passes");
    proxy.set(Fault::Delay(Duration::from_millis(150)));
    let begun = Instant::now();
    assert_eq!(say(&mut stream, b"late").await.expect("passes"), b"late");
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let mut new = connect(&proxy).await;
    let begun = Instant::now();
    say(&mut new, b"late").await.expect("passes");
    assert!(begun.elapsed() >= Duration::from_millis(150));
    proxy.set(Fault::None);
    assert_eq!(say(&mut stream, b"soon").await.expect("passes"), b"soon");
}

#[tokio::test]
async fn refused_connections_fail_while_open_ones_go_on() {
    let proxy = Proxy::start(echo().await);
    let mut stream = connect(&proxy).await;
    say(&mut stream, b"a").await.expect("passes");
    proxy.set(Fault::Refuse);
    let refused = TcpStream::connect(proxy.address()).await;
    let error = refused.expect_err("is refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    say(&mut stream, b"b").await.expect("an open one goes on");
    proxy.set(Fault::None);
    let mut new = connect(&proxy).await;
    say(&mut new, b"c").await.expect("passes");
}

#[tokio::test]
async fn swallowed_connections_stay_dead_and_new_ones_live_when_it_is_over() {
    let proxy = Proxy::start(echo().await);
    let (mut talking, mut idle) = (connect(&proxy).await, connect(&proxy).await);
    say(&mut talking, b"a").await.expect("passes");
    say(&mut idle, b"a").await.expect("passes");
    proxy.set(Fault::Swallow);
    let mut new = connect(&proxy).await;
    for stream in [&mut talking, &mut new] {
        stream.write_all(b"b").await.expect("is taken in");
        assert!(is_silent(stream).await);
    }
    proxy.set(Fault::None);
    for stream in [&mut talking, &mut new] {
        stream.write_all(b"c").await.expect("is taken in");
        assert!(is_silent(stream).await);
    }
    say(&mut idle, b"d").await.expect("lost nothing, goes on");
    let mut newer = connect(&proxy).await;
    say(&mut newer, b"e").await.expect("passes");
}

#[tokio::test]
async fn a_reset_ends_open_and_new_connections_with_an_error() {
    let proxy = Proxy::start(echo().await);
    let mut stream = connect(&proxy).await;
    say(&mut stream, b"a").await.expect("passes");
    proxy.set(Fault::Reset);
    let mut buffer = [0];
    let read = timeout(LONG, stream.read(&mut buffer)).await;
    let error = read.expect("does not hang").expect_err("is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // The reset may be there before `connect` has looked.
    if let Ok(mut new) = TcpStream::connect(proxy.address()).await {
        let read = timeout(LONG, new.read(&mut buffer)).await;
        assert!(read.expect("does not hang").is_err());
    }
    proxy.set(Fault::None);
    let mut newer = connect(&proxy).await;
    say(&mut newer, b"b").await.expect("passes");
}

#[tokio::test]
async fn a_cut_closes_in_the_middle_of_an_answer() {
    let proxy = Proxy::start(echo().await);
    proxy.set(Fault::CutAfter(3));
    for _ in 0..2 {
        let mut stream = connect(&proxy).await;
        stream.write_all(b"hello").await.expect("is taken in");
        let mut answer = Vec::new();
        let read = timeout(LONG, stream.read_to_end(&mut answer)).await;
        // Closing with unread bytes may reset; what came before counts.
        let _ = read.expect("does not hang");
        assert_eq!(answer, b"hel");
    }
}

#[tokio::test]
async fn a_proxy_that_is_dropped_leaves_nothing_open() {
    let proxy = Proxy::start(echo().await);
    let mut stream = connect(&proxy).await;
    say(&mut stream, b"a").await.expect("passes");
    let address = proxy.address();
    drop(proxy);
    assert!(say(&mut stream, b"b").await.is_err());
    assert!(TcpStream::connect(address).await.is_err());
}
