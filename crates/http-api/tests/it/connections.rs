//! Connections before they bring a request.

use std::net::SocketAddr;
use std::time::Duration;

use http_api::{ApiSettings, TrustedProxies};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::api::{Api, Setup};

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Whether the connection is served; it stays open.
async fn is_served(stream: &mut TcpStream) -> bool {
    if stream.write_all(REQUEST).await.is_err() {
        return false;
    }
    let mut answer = Vec::new();
    let whole = async {
        while !answer.ends_with(b"}") {
            if !matches!(stream.read_buf(&mut answer).await, Ok(1..)) {
                return false;
            }
        }
        answer.starts_with(b"HTTP/1.1 200")
    };
    let served = timeout(Duration::from_secs(5), whole).await;
    served.expect("an answer or an end")
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

async fn api(most: usize, proxies: &str) -> Api {
    let networks = proxies.split(',').filter_map(|text| text.parse().ok());
    Api::with(Setup {
        settings: ApiSettings {
            trusted_proxies: TrustedProxies {
                networks: networks.collect(),
                ..TrustedProxies::default()
            },
            ..ApiSettings::default()
        },
        max_connections: most,
        ..Setup::default()
    })
    .await
}

#[actix_web::test]
async fn one_address_gets_no_more_than_its_connections_and_those_that_end_are_given_back() {
    let api = api(3, "").await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(api.address).await;
        assert!(is_served(&mut stream).await);
        open.push(stream);
    }
    assert!(!is_served(&mut connect(api.address).await).await);
    for stream in &mut open {
        assert!(is_served(stream).await, "those that are open go on");
    }
    open.pop();
    let again = async {
        while !is_served(&mut connect(api.address).await).await {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), again)
        .await
        .expect("a connection that ended makes room for another");
}

#[actix_web::test]
async fn a_trusted_proxy_brings_as_many_as_it_likes() {
    let api = api(1, "127.0.0.1/32").await;
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(api.address).await;
        assert!(is_served(&mut stream).await);
        open.push(stream);
    }
}

#[actix_web::test]
async fn a_head_that_does_not_come_to_an_end_is_given_up() {
    let api = Api::start().await;
    for is_first in [true, false] {
        let mut stream = connect(api.address).await;
        if !is_first {
            assert!(is_served(&mut stream).await);
        }
        timeout(Duration::from_secs(20), drip(&mut stream))
            .await
            .expect("the connection is closed");
    }
}

/// Sends a header byte by byte until the connection is closed.
async fn drip(stream: &mut TcpStream) {
    let mut answer = Vec::new();
    let head = b"GET / HTTP/1.1\r\nX-Slow: ";
    if stream.write_all(head).await.is_err() {
        return;
    }
    while stream.write_all(b"a").await.is_ok() {
        let read = timeout(Duration::from_millis(100), stream.read_buf(&mut answer)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            return;
        }
    }
}

#[actix_web::test]
async fn too_many_or_too_long_headers_are_refused() {
    let api = Api::start().await;
    let names: Vec<String> = (0..70).map(|number| format!("X-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let long = "a".repeat(17_000);
    for headers in [many, vec![("X-Long", long.as_str())]] {
        let answer = api.send("GET", "/health", &headers, None).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (431, "HEADERS_TOO_LARGE")
        );
    }
    let fitting: Vec<(&str, &str)> = names[..60]
        .iter()
        .map(|name| (name.as_str(), "1"))
        .collect();
    assert_eq!(api.send("GET", "/health", &fitting, None).await.status, 200);
}
