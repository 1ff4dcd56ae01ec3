//! `cargo xtask bench telemetry`: what counting costs a search, what all telemetry together costs one, and what a scraper waits for.
//!
//! Servers on the same catalogue, one that tells and one that does not, are asked in turn. The goals are about a catalogue of the size
//! that all goals of searches are about. What telemetry costs hardly depends on the catalogue, so its share is larger on a small one:
//! that of the sample catalogue is measured too. Spans go to a receiver that decodes them, in this process: only the CPU of the
//! servers counts.

mod everything;

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::catalogue::SCHOLARSHIPS;
use super::goals::Goal;
use super::http_load::{self, Requests};
use super::release::measured_by_release;
use super::{catalogue, goals, machine, median};
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

/// How often and how long each of two servers is asked.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    /// An odd number, for the median.
    count: u32,
    seconds: u64,
}

/// What the searches of two servers cost, medians of the rounds.
struct Compared {
    /// Per cent that the first one's cost more.
    more: f64,
    /// Microseconds of CPU.
    telling: f64,
    silent: f64,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    measured_by_release(&workspace, &["server", "xtask"], |release| {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
        let binary = release.join("scholarship-api");
        let rounds = if arguments.quick {
            Rounds {
                count: 3,
                seconds: 1,
            }
        } else {
            Rounds {
                count: 5,
                seconds: 10,
            }
        };
        let folder = tempfile::tempdir()?;
        eprintln!("measuring: {SCHOLARSHIPS} scholarships are imported");
        let large = catalogue::make(release, folder.path(), SCHOLARSHIPS)?;
        let stores = Stores::of_copies(&large.store, folder.path())?;
        // Servers on stores that are not there yet fill them with the sample catalogue.
        let sample = Stores::within(folder.path(), "sample");
        let all = everything::Everything::new(&workspace, &binary, rounds)?;
        let (goals, beside) = runtime.block_on(async {
            let mut goals = measure_metrics(&binary, rounds, &stores).await?;
            goals.extend(all.goals(&stores).await?);
            anyhow::Ok((goals, all.compared(&sample).await?.0))
        })?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let head = machine::describe("telemetry", arguments.quick, minutes)?;
        let ended = goals::print(&head, &goals);
        println!("\nAll of it on the sample catalogue, for which there is no goal: {beside}");
        Ok(ended)
    })
}

/// Of two servers with the same catalogue.
struct Stores {
    telling: PathBuf,
    silent: PathBuf,
}

impl Stores {
    fn within(folder: &Path, name: &str) -> Self {
        Self {
            telling: folder.join(format!("{name}-telling.db")),
            silent: folder.join(format!("{name}-silent.db")),
        }
    }

    fn of_copies(store: &Path, folder: &Path) -> anyhow::Result<Self> {
        let copies = Self::within(folder, "copy");
        for copy in [&copies.telling, &copies.silent] {
            fs::copy(store, copy).context("the catalogue cannot be copied")?;
        }
        Ok(copies)
    }
}

async fn measure_metrics(
    binary: &Path,
    rounds: Rounds,
    stores: &Stores,
) -> anyhow::Result<Vec<Goal>> {
    let on = RunningServer::start(binary, &stores.telling, &[])?;
    let off = RunningServer::start(binary, &stores.silent, &OFF)?;
    let compared = compare(rounds, (&on, &off), |_| Ok(())).await?;
    let (milliseconds, bytes) = scrape(&on).await?;
    on.stop()?;
    off.stop()?;
    Ok(vec![
        compared.goal("CPU of a search that is counted, beside one that is not"),
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

/// Asks a server that tells and one that is silent in turn. What the first one told is looked at after each of its rounds, with
/// the searches of the round.
async fn compare(
    rounds: Rounds,
    (telling, silent): (&RunningServer, &RunningServer),
    mut look: impl FnMut(u64) -> anyhow::Result<()>,
) -> anyhow::Result<Compared> {
    // Caches and branch predictors of both.
    let (warm, _) = in_turn(0..rounds.seconds, (telling, silent)).await?;
    look(warm.searches)?;
    let (mut more, mut tellings, mut silents) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds.count {
        eprintln!("measuring: round {} of {}", round + 1, rounds.count);
        let begin = u64::from(round) * rounds.seconds;
        let (with, without) = in_turn(begin..begin + rounds.seconds, (telling, silent)).await?;
        look(with.searches)?;
        more.push((with.of_one() / without.of_one() - 1.0) * 100.0);
        tellings.push(with.of_one() * 1e6);
        silents.push(without.of_one() * 1e6);
    }
    Ok(Compared {
        more: median(more),
        telling: median(tellings),
        silent: median(silents),
    })
}

impl Compared {
    fn goal(&self, name: &'static str) -> Goal {
        Goal {
            name,
            bound: format!("< {MOST_MORE} % more"),
            measured: self.to_string(),
            is_met: self.more < MOST_MORE,
        }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            more,
            telling,
            silent,
        } = self;
        write!(f, "{more:+.1} % ({telling:.1} µs and {silent:.1} µs)")
    }
}

/// What searches cost a server.
#[derive(Default)]
struct Cost {
    /// Of CPU.
    seconds: f64,
    searches: u64,
}

impl Cost {
    /// Seconds of CPU for one search.
    fn of_one(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of a short run")]
        let searches = self.searches as f64;
        self.seconds / searches
    }

    async fn add_a_second(&mut self, server: &RunningServer) -> anyhow::Result<()> {
        let before = server.cpu_seconds()?;
        let requests = Requests::of(SEARCHES);
        let load = http_load::run(server.address(), &requests, CONNECTIONS, 1).await?;
        self.seconds += server.cpu_seconds()? - before;
        self.searches += load.requests;
        Ok(())
    }
}

/// Each for so many seconds, one second at a time: a shared machine gets faster and slower while it is measured, and so both meet the
/// same of it. Whoever is asked first changes each time.
async fn in_turn(
    seconds: Range<u64>,
    (telling, silent): (&RunningServer, &RunningServer),
) -> anyhow::Result<(Cost, Cost)> {
    let (mut with, mut without) = (Cost::default(), Cost::default());
    for second in seconds {
        if second % 2 == 0 {
            with.add_a_second(telling).await?;
            without.add_a_second(silent).await?;
        } else {
            without.add_a_second(silent).await?;
            with.add_a_second(telling).await?;
        }
    }
    Ok((with, without))
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
