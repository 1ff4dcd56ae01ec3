//! A closed loop of requests over kept connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;

use crate::http_connection::{Connection, get, post};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Load {
    pub(crate) requests_per_second: f64,
    pub(crate) median_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
    /// Of bodies, in the mean.
    pub(crate) answer_bytes: f64,
    /// All answers of the run.
    pub(crate) requests: u64,
}

/// Requests ready to be sent, so that making them costs nothing while the server is measured.
#[derive(Clone)]
pub(crate) struct Requests {
    all: Arc<[Vec<u8>]>,
    /// Of each answer.
    status: u16,
    /// Whether each may be sent but once.
    once: bool,
}

impl Requests {
    pub(crate) fn of<T: AsRef<str>>(targets: impl IntoIterator<Item = T>) -> Self {
        let request = |target: T| get(target.as_ref(), None);
        Self {
            all: targets.into_iter().map(request).collect(),
            status: 200,
            once: false,
        }
    }

    /// Requests as they are, each of them sent but once.
    pub(crate) fn each_once(all: Vec<Vec<u8>>, status: u16) -> Self {
        Self {
            all: all.into(),
            status,
            once: true,
        }
    }

    /// Posts with bodies of JSON, each of them sent but once.
    pub(crate) fn posts(
        target: &str,
        token: &str,
        bodies: impl IntoIterator<Item = String>,
        status: u16,
    ) -> Self {
        let request = |body: String| post(target, Some(token), &body);
        Self {
            all: bodies.into_iter().map(request).collect(),
            status,
            once: true,
        }
    }
}

/// Sends the requests in turn for some seconds. Every answer must have the status that is expected.
pub(crate) async fn run(
    address: SocketAddr,
    requests: &Requests,
    connections: u32,
    seconds: u64,
) -> anyhow::Result<Load> {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (requests, next) = (requests.clone(), Arc::clone(&next));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut histogram = Histogram::<u64>::new(3)?;
            let mut bytes = 0;
            while Instant::now() < until {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let count = requests.all.len();
                ensure!(
                    turn < count || !requests.once,
                    "{count} requests were too few"
                );
                let request = &requests.all[turn % count];
                let asked = Instant::now();
                let (status, length) = connection.ask(request).await?;
                ensure!(
                    status == requests.status,
                    "{} was answered with {status}",
                    String::from_utf8_lossy(request)
                );
                histogram.record(u64::try_from(asked.elapsed().as_micros())?)?;
                bytes += length;
            }
            anyhow::Ok((histogram, bytes))
        });
    }
    let mut all = Histogram::<u64>::new(3)?;
    let mut all_bytes = 0;
    while let Some(outcome) = tasks.join_next().await {
        let (histogram, bytes) = outcome??;
        all.add(histogram)?;
        all_bytes += bytes;
    }
    let elapsed = begun.elapsed().as_secs_f64();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and microseconds of a short run"
    )]
    let milliseconds = |quantile: f64| all.value_at_quantile(quantile) as f64 / 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
    let (requests, bytes) = (all.len() as f64, all_bytes as f64);
    Ok(Load {
        requests_per_second: requests / elapsed,
        median_milliseconds: milliseconds(0.5),
        p99_milliseconds: milliseconds(0.99),
        answer_bytes: bytes / requests.max(1.0),
        requests: all.len(),
    })
}
