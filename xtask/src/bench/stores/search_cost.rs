//! What a search costs while Postgres is up and while it is down, taken in turn.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Arguments;
use super::rig::{Replica, Rig};
use crate::bench::http_load::{self, Requests};
use crate::http_connection::Connection;

const CONNECTIONS: u32 = 4;
/// Until a replica has noticed that Postgres went.
const NOTICED: Duration = Duration::from_secs(3);
const HEALED_WITHIN: Duration = Duration::from_secs(30);

const QUERIES: [&str; 8] = [
    "/api/v1/scholarships?q=engineering&limit=20",
    "/api/v1/scholarships?q=nursing&states=NV&limit=20",
    "/api/v1/scholarships?q=computer%20science&facets=states&limit=10",
    "/api/v1/scholarships?q=engneering&limit=10",
    "/api/v1/scholarships?q=music%20award&sort=-amount&limit=20",
    "/api/v1/scholarships?min_amount=5000&limit=20",
    "/api/v1/scholarships?q=women%20in%20physics&limit=20",
    "/api/v1/search/suggestions?q=engi&limit=8",
];

/// The median over rounds of how much more CPU a search took, in percent.
pub(super) async fn while_down(
    arguments: &Arguments,
    rig: &Rig,
    replica: &Replica,
) -> anyhow::Result<f64> {
    let mut rounds = Vec::new();
    cost(arguments, replica).await?;
    for _ in 0..arguments.rounds() {
        let up = cost(arguments, replica).await?;
        rig.postgres.kill();
        tokio::time::sleep(NOTICED).await;
        let down = cost(arguments, replica).await?;
        rig.postgres.restart();
        heals(replica).await?;
        rounds.push((down / up - 1.0) * 100.0);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[rounds.len() / 2])
}

/// Seconds of CPU for one request.
async fn cost(arguments: &Arguments, replica: &Replica) -> anyhow::Result<f64> {
    let requests = Requests::of(QUERIES);
    let before = replica.server.cpu_seconds()?;
    let address = replica.server.address();
    let load = http_load::run(address, &requests, CONNECTIONS, arguments.seconds()).await?;
    let used = replica.server.cpu_seconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "a count of a short run")]
    Ok(used / load.requests as f64)
}

async fn heals(replica: &Replica) -> anyhow::Result<()> {
    let begun = Instant::now();
    let request = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    loop {
        let mut connection = Connection::open(replica.server.address()).await?;
        let (_, length) = connection.ask(request).await?;
        let ready: serde_json::Value = serde_json::from_slice(connection.body(length))?;
        if ready["degraded"] == serde_json::json!([]) {
            return Ok(());
        }
        ensure!(begun.elapsed() < HEALED_WITHIN, "does not heal: {ready}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
