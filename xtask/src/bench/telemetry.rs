//! `cargo xtask bench telemetry`: what counting costs a search, and what a scraper waits for.
//!
//! Two servers on the same sample catalogue, one that counts and one that does not, are asked in turn. The catalogue is small,
//! so searches are quick and the share of what is counted is at its largest.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::goals::Goal;
use super::http_load::{self, Requests};
use super::release::measured_by_release;
use super::{goals, machine, median};
use crate::http_connection::{Connection, SEARCHES};
use crate::running_server::RunningServer;
use crate::workspace::Workspace;

const CONNECTIONS: u32 = 4;
/// Settings of the server that does not count.
const OFF: [(&str, &str); 1] = [("METRICS_ENABLED", "false")];
/// Per cent of a search's CPU.
const MOST_MORE: f64 = 5.0;
const LONGEST_SCRAPE: f64 = 10.0;
const MOST_BYTES: usize = 200_000;
const SCRAPES: usize = 100;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: fewer and shorter rounds
    #[arg(long)]
    quick: bool,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    measured_by_release(&Workspace::load()?, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let binary = release.join("scholarship-api");
        let goals = runtime.block_on(measure(&binary, arguments.quick))?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("telemetry", arguments.quick, minutes)?;
        Ok(goals::print(&head, &goals))
    })
}

async fn measure(binary: &Path, quick: bool) -> anyhow::Result<Vec<Goal>> {
    // An odd number, for the median.
    let (rounds, seconds) = if quick { (3, 1) } else { (5, 10) };
    let folder = tempfile::tempdir()?;
    let on = RunningServer::start(binary, &folder.path().join("on.db"), &[])?;
    let off = RunningServer::start(binary, &folder.path().join("off.db"), &OFF)?;
    // Caches and branch predictors of both.
    for server in [&on, &off] {
        cost(server, seconds).await?;
    }
    let (mut more, mut counted, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        eprintln!("measuring: round {} of {rounds}", round + 1);
        // Whoever is asked first changes from round to round.
        let (with, without) = if round % 2 == 0 {
            let with = cost(&on, seconds).await?;
            (with, cost(&off, seconds).await?)
        } else {
            let without = cost(&off, seconds).await?;
            (cost(&on, seconds).await?, without)
        };
        more.push((with / without - 1.0) * 100.0);
        counted.push(with * 1e6);
        plain.push(without * 1e6);
    }
    let more = median(more);
    let (counted, plain) = (median(counted), median(plain));
    let (milliseconds, bytes) = scrape(&on).await?;
    on.stop()?;
    off.stop()?;
    Ok(vec![
        Goal {
            name: "CPU of a search that is counted, beside one that is not",
            bound: format!("< {MOST_MORE} % more"),
            measured: format!("{more:+.1} % ({counted:.0} µs and {plain:.0} µs)"),
            is_met: more < MOST_MORE,
        },
        Goal {
            name: "a scrape of /metrics: median",
            bound: format!("< {LONGEST_SCRAPE} ms"),
            measured: format!("{milliseconds:.2} ms"),
            is_met: milliseconds < LONGEST_SCRAPE,
        },
        Goal {
            name: "bytes of /metrics",
            bound: format!("< {MOST_BYTES}"),
            measured: bytes.to_string(),
            is_met: bytes < MOST_BYTES,
        },
    ])
}

/// Seconds of CPU for one search.
async fn cost(server: &RunningServer, seconds: u64) -> anyhow::Result<f64> {
    let before = server.cpu_seconds()?;
    let requests = Requests::of(SEARCHES);
    let load = http_load::run(server.address(), &requests, CONNECTIONS, seconds).await?;
    let used = server.cpu_seconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "a count of a short run")]
    Ok(used / load.requests as f64)
}

/// Milliseconds and bytes.
async fn scrape(server: &RunningServer) -> anyhow::Result<(f64, usize)> {
    let request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let mut connection = Connection::open(server.admin_address()).await?;
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..=SCRAPES {
        let asked = Instant::now();
        let (status, length) = connection.ask(request).await?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        ensure!(status == 200, "/metrics was answered with {status}");
        bytes = bytes.max(length);
    }
    Ok((median(times), bytes))
}
