//! A closed loop of HTTP/1.1 requests over kept connections: it costs little beside the server that it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Default)]
pub(crate) struct Load {
    pub(crate) requests_per_second: f64,
    pub(crate) median_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
}

struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            host: address.to_string(),
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// One GET; answers its status after the whole body has arrived.
    async fn get(&mut self, target: &str) -> anyhow::Result<u16> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await?;
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
            return Ok(status);
        }
    }
}

/// Asks for the targets in turn for some seconds. Every answer must be a 200.
pub(crate) async fn run(
    address: SocketAddr,
    targets: &[String],
    connections: u32,
    seconds: u64,
) -> anyhow::Result<Load> {
    let targets: Arc<[String]> = targets.into();
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (targets, next) = (Arc::clone(&targets), Arc::clone(&next));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut histogram = Histogram::<u64>::new(3)?;
            while Instant::now() < until {
                let target = &targets[next.fetch_add(1, Ordering::Relaxed) % targets.len()];
                let asked = Instant::now();
                let status = connection.get(target).await?;
                ensure!(status == 200, "{target} answered {status}");
                histogram.record(u64::try_from(asked.elapsed().as_micros())?)?;
            }
            anyhow::Ok(histogram)
        });
    }
    let mut all = Histogram::<u64>::new(3)?;
    while let Some(outcome) = tasks.join_next().await {
        all.add(outcome??)?;
    }
    let elapsed = begun.elapsed().as_secs_f64();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and microseconds of a short run"
    )]
    let milliseconds = |quantile: f64| all.value_at_quantile(quantile) as f64 / 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
    let requests_per_second = all.len() as f64 / elapsed;
    Ok(Load {
        requests_per_second,
        median_milliseconds: milliseconds(0.5),
        p99_milliseconds: milliseconds(0.99),
    })
}

/// Percent-encoded for a query string.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
