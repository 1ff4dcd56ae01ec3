//! How long after it was acknowledged a change is in the index of another replica: from the moment at which the writer's answer
//! has come in, not from the request.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;

use crate::http_connection::{Connection, post};

/// Longer than any goal: something is broken.
const NEVER: Duration = Duration::from_secs(30);
/// Between two looks of the reader, and between two writes: changes must not arrive in step with polling.
const LOOK: Duration = Duration::from_millis(1);
const PAUSE: Duration = Duration::from_millis(37);

/// In milliseconds. Single reads and searches are answered from the same state of the index.
pub(super) async fn p99(
    writer: SocketAddr,
    reader: SocketAddr,
    token: &str,
    writes: usize,
) -> anyhow::Result<f64> {
    let mut reading = Connection::open(reader).await?;
    let mut histogram = Histogram::<u64>::new(3)?;
    for at in 0..writes {
        let name = format!("Visible Award {at}");
        let Created { id, acknowledged } = create(writer, token, &name).await?;
        let request = format!("GET /api/v1/scholarships/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        while reading.ask(request.as_bytes()).await?.0 != 200 {
            ensure!(acknowledged.elapsed() < NEVER, "a change is never seen");
            tokio::time::sleep(LOOK).await;
        }
        histogram.record(u64::try_from(acknowledged.elapsed().as_micros())?)?;
        tokio::time::sleep(PAUSE).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "microseconds below a minute")]
    Ok(histogram.value_at_quantile(0.99) as f64 / 1_000.0)
}

/// A scholarship, and when the answer that says so had come in.
pub(super) struct Created {
    pub(super) id: String,
    acknowledged: Instant,
}

/// Adds a scholarship.
pub(super) async fn create(
    address: SocketAddr,
    token: &str,
    name: &str,
) -> anyhow::Result<Created> {
    let body = serde_json::json!({"name": name, "organization": "Measurements"}).to_string();
    let mut connection = Connection::open(address).await?;
    let request = post("/api/v1/scholarships", Some(token), &body);
    let (status, length) = connection.ask(&request).await?;
    let acknowledged = Instant::now();
    ensure!(status == 201, "a scholarship was answered with {status}");
    let made: serde_json::Value = serde_json::from_slice(connection.body(length))?;
    let id = made["id"].as_str().context("no id")?.to_owned();
    Ok(Created { id, acknowledged })
}
