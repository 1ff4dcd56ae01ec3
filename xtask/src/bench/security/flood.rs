//! What a flood of strangers costs those who have a token.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use auth::TokenSettings;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::{SECRET, now, token};
use crate::bench::goals::Goal;
use crate::bench::median;
use crate::http_connection::Connection;
use crate::running_server::RunningServer;

/// Per cent of their throughput.
const MOST: f64 = 10.0;
/// What the known callers ask for together, and over how many connections.
const KNOWN_PER_SECOND: u32 = 1_000;
const KNOWN: u32 = 16;
/// The flood, from so many addresses.
const STRANGERS_REQUESTS: u32 = 100_000;
const ADDRESSES: u32 = 2_000;
const STRANGERS: u32 = 32;

/// Known callers search at a steady rate, with and without the flood, in turn.
pub(super) async fn measure(binary: &Path, quick: bool) -> anyhow::Result<Goal> {
    let (rounds, requests) = if quick {
        (1, STRANGERS_REQUESTS / 10)
    } else {
        (3, STRANGERS_REQUESTS)
    };
    let (mut lost, mut refused, mut seconds) = (Vec::new(), 0, Vec::new());
    for _ in 0..rounds {
        let folder = tempfile::tempdir()?;
        let variables = [
            ("JWT_SECRET", SECRET),
            ("TRUSTED_PROXIES", "127.0.0.0/8"),
            ("RATE_LIMIT_PUBLIC", "10/minute"),
        ];
        let store = folder.path().join("store.db");
        let server = RunningServer::start(binary, &store, &variables)?;
        let address = server.address();
        let flooded = Arc::new(AtomicBool::new(true));
        let known = tokio::spawn(known_callers(address, Arc::clone(&flooded)));
        let begun = Instant::now();
        refused += flood(address, requests).await?;
        let length = begun.elapsed();
        flooded.store(false, Ordering::Relaxed);
        let during = known.await??;
        let quiet = Arc::new(AtomicBool::new(true));
        let known = tokio::spawn(known_callers(address, Arc::clone(&quiet)));
        tokio::time::sleep(length).await;
        quiet.store(false, Ordering::Relaxed);
        let alone = known.await??;
        lost.push(100.0 * (1.0 - during / alone));
        seconds.push(length.as_secs_f64());
        server.stop()?;
    }
    let (lost, seconds) = (median(lost), median(seconds));
    Ok(Goal {
        name: "throughput that a flood costs known callers",
        bound: format!("< {MOST} %"),
        measured: format!(
            "{lost:.1} % (of {KNOWN_PER_SECOND} searches/s; {requests} anonymous requests from {ADDRESSES} addresses in {seconds:.1} s, {:.0} % refused)",
            100.0 * f64::from(refused) / f64::from(requests * rounds)
        ),
        is_met: lost < MOST,
    })
}

/// Searches a second that known callers got, as long as the flag stands.
async fn known_callers(address: SocketAddr, go_on: Arc<AtomicBool>) -> anyhow::Result<f64> {
    let request = Arc::new(
        format!(
            "GET /api/v1/search?q=engineering&facets=states HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n",
            token(TokenSettings::default(), SECRET, now())?
        )
        .into_bytes(),
    );
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..KNOWN {
        let (request, go_on) = (Arc::clone(&request), Arc::clone(&go_on));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut ticks = interval(Duration::from_secs(1) * KNOWN / KNOWN_PER_SECOND);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let mut answers = 0_u32;
            while go_on.load(Ordering::Relaxed) {
                ticks.tick().await;
                let (status, _) = connection.ask(&request).await?;
                anyhow::ensure!(status == 200, "a known caller was answered with {status}");
                answers += 1;
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = 0;
    while let Some(outcome) = tasks.join_next().await {
        answers += outcome??;
    }
    Ok(f64::from(answers) / begun.elapsed().as_secs_f64())
}

/// Sends as fast as it can; answers how many were refused.
async fn flood(address: SocketAddr, requests: u32) -> anyhow::Result<u32> {
    let next = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..STRANGERS {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut refused = 0_u32;
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= requests {
                    return anyhow::Ok(refused);
                }
                let [_, _, third, fourth] = (turn % ADDRESSES).to_be_bytes();
                let request = format!(
                    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 198.18.{third}.{fourth}\r\n\r\n"
                );
                let (status, _) = connection.ask(request.as_bytes()).await?;
                refused += u32::from(status == 429);
            }
        });
    }
    let mut refused = 0;
    while let Some(outcome) = tasks.join_next().await {
        refused += outcome??;
    }
    Ok(refused)
}
