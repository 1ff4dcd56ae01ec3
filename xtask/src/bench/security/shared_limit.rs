//! How exact a limit is that three replicas share.

use std::path::Path;
use std::time::{Duration, Instant};

use testkit::private_redis::{PrivateRedis, RedisOptions};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::bench::goals::Goal;
use crate::http_connection::Connection;
use crate::running_server::RunningServer;
use crate::tools::ensure_debian_packages;

const LIMIT: u64 = 300;
const REPLICAS: usize = 3;
/// Of all replicas together.
const REQUESTS_PER_SECOND: u64 = 1_000;

/// Asks each replica a third of a thousand times a second, and compares what passed with the formula.
pub(super) async fn measure(binary: &Path, quick: bool) -> anyhow::Result<Goal> {
    ensure_debian_packages(&["redis-server"])?;
    let seconds = if quick { 3 } else { 20 };
    let redis = PrivateRedis::start(RedisOptions::default()).await;
    let (url, limit) = (redis.url(), format!("{LIMIT}/minute"));
    let folder = tempfile::tempdir()?;
    let mut replicas = Vec::new();
    for number in 0..REPLICAS {
        let store = folder.path().join(format!("{number}/store.db"));
        // The start is waited for with one search more.
        let variables = [
            ("REDIS_URL", url.as_str()),
            ("RATE_LIMIT_PUBLIC", limit.as_str()),
        ];
        replicas.push(RunningServer::start(binary, &store, &variables)?);
    }
    redis.command(&["FLUSHALL"]);
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for replica in &replicas {
        let address = replica.address();
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let period = Duration::from_micros(1_000_000 * REPLICAS as u64 / REQUESTS_PER_SECOND);
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let (mut granted, mut asked) = (0_u64, 0_u64);
            while begun.elapsed() < Duration::from_secs(seconds) {
                ticks.tick().await;
                let request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
                let (status, _) = connection.ask(request).await?;
                anyhow::ensure!(matches!(status, 200 | 429), "{status}");
                granted += u64::from(status == 200);
                asked += 1;
            }
            anyhow::Ok((granted, asked))
        });
    }
    let (mut granted, mut asked) = (0, 0);
    while let Some(outcome) = tasks.join_next().await {
        let (of_replica, sent) = outcome??;
        granted += of_replica;
        asked += sent;
    }
    let elapsed = begun.elapsed();
    for replica in replicas {
        replica.stop()?;
    }
    let expected = LIMIT + u64::try_from(elapsed.as_micros())? * LIMIT / 60_000_000;
    Ok(Goal {
        name: "requests granted by three replicas, off the formula",
        bound: "± 1".to_owned(),
        measured: format!(
            "{} ({granted} of {asked} in {:.1} s; N + floor(T * N / 60) = {expected})",
            granted.cast_signed() - expected.cast_signed(),
            elapsed.as_secs_f64()
        ),
        is_met: granted.abs_diff(expected) <= 1,
    })
}
