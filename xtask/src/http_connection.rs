//! Requests of HTTP/1.1 as bytes, and a connection that asks them one by one: it costs little beside the server that it measures.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Searches as people make them: with filters, facets and typing errors.
pub(crate) const SEARCHES: [&str; 6] = [
    "/api/v1/search?q=engineering&limit=20",
    "/api/v1/search?q=nursing&states=NV&limit=20",
    "/api/v1/search?q=computer%20science&facets=states&limit=10",
    "/api/v1/search?q=engneering&limit=10",
    "/api/v1/search?min_amount=5000&limit=20",
    "/api/v1/search?q=women%20in%20physics&limit=20",
];

pub(crate) fn get(target: &str, token: Option<&str>) -> Vec<u8> {
    let token = authorization(token);
    format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}\r\n").into_bytes()
}

/// A request with a body of JSON.
pub(crate) fn post(target: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let token = authorization(token);
    format!(
        "POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn authorization(token: Option<&str>) -> String {
    token.map_or_else(String::new, |token| {
        format!("Authorization: Bearer {token}\r\n")
    })
}

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// The body of the last answer.
    pub(crate) fn body(&self, length: usize) -> &[u8] {
        &self.buffer[self.buffer.len().saturating_sub(length)..]
    }

    /// Sends one request; answers the status and the length of the body after all of it has arrived.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, usize)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
            let Some(end) = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            else {
                continue;
            };
            let head = std::str::from_utf8(&self.buffer[..end])?;
            let status: u16 = head.get(9..12).context("no status")?.parse()?;
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            let Some(length) = length else {
                bail!("an answer without Content-Length")
            };
            let whole = end + 4 + length;
            while self.buffer.len() < whole {
                ensure!(
                    self.stream.read_buf(&mut self.buffer).await? > 0,
                    "the server closed the connection within an answer"
                );
            }
            return Ok((status, length));
        }
    }
}
