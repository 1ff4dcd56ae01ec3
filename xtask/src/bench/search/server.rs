//! The real server with the measured catalogue: import, restart, memory, and its answers over HTTP beside the ceilings and
//! Postgres.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::Arguments;
use super::in_process::{Ceiling, InProcess, Target};
use super::postgres::{self, Comparison};
use crate::bench::catalogue;
use crate::bench::http_load::{self, Load, Requests};
use crate::bench::median;
use crate::running_server::RunningServer;

/// What was measured at the server.
pub(crate) struct Measured {
    pub(crate) sample_start_seconds: f64,
    pub(crate) import_seconds: f64,
    /// The first start with the imported catalogue.
    pub(crate) first_start_seconds: f64,
    /// The median of further starts.
    pub(crate) restart_seconds: f64,
    pub(crate) megabytes_after_start: f64,
    pub(crate) megabytes_after_load: f64,
    pub(crate) hello: Rate,
    pub(crate) fragments: Rate,
    pub(crate) same_size: Rate,
    pub(crate) search: Rate,
    /// Medians of what the rounds' ratios are, not ratios of medians.
    pub(crate) search_to_fragments: f64,
    pub(crate) search_to_same_size: f64,
    pub(crate) postgres: Option<Postgres>,
}

/// One contestant, medians of its rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) load: Load,
    /// Microseconds of CPU that the server used for a request, the load generator left out.
    pub(crate) cpu_microseconds: f64,
}

pub(crate) struct Postgres {
    pub(crate) requests_per_second: f64,
    pub(crate) mean_milliseconds: f64,
    /// How many times as many requests this API answers, of those that Postgres gets.
    pub(crate) ratio: f64,
}

/// Starts after the first; an odd number, for the median.
const RESTARTS: usize = 3;

pub(crate) async fn measure(
    arguments: &Arguments,
    release: &Path,
    in_process: &InProcess,
) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let binary = release.join("scholarship-api");
    let store = folder.path().join("sample.db");
    let sample = RunningServer::start(&binary, &store, &[("SAMPLE_CATALOGUE", "on")])?;
    let sample_start_seconds = sample.seconds_to_first_answer();
    sample.stop()?;

    eprintln!("measuring: import, restart");
    let catalogue = catalogue::make(release, folder.path(), super::MIDDLE)?;
    let first = RunningServer::start(&binary, &catalogue.store, &[])?;
    let first_start_seconds = first.seconds_to_first_answer();
    first.stop()?;
    let mut restarts = Vec::with_capacity(RESTARTS);
    for _ in 1..RESTARTS {
        let again = RunningServer::start(&binary, &catalogue.store, &[])?;
        restarts.push(again.seconds_to_first_answer());
        again.stop()?;
    }
    let server = RunningServer::start(&binary, &catalogue.store, &[])?;
    restarts.push(server.seconds_to_first_answer());
    let megabytes_after_start = server.resident_megabytes()?;

    let count = super::MIDDLE.to_string();
    let targets: Vec<Target> = in_process.lines(&["targets", "--count", &count])?;
    let plain: Vec<&Target> = targets.iter().filter(|target| target.plain).collect();
    ensure!(plain.len() >= 100, "too few queries for Postgres");
    let postgres = if arguments.without_postgres {
        None
    } else {
        eprintln!("measuring: filling Postgres");
        let words: Vec<&str> = plain.iter().map(|target| target.words.as_str()).collect();
        Some(Comparison::prepare(folder.path(), &catalogue.file, &words)?)
    };
    let requests = Requests::of(targets.iter().map(|target| &target.target));
    let plain = Requests::of(plain.iter().map(|target| &target.target));
    let address = server.address();
    let warm = http_load::run(address, &requests, arguments.connections, 1).await?;
    let contest = Contest {
        connections: arguments.connections,
        seconds: arguments.seconds(),
        server: &server,
        ceiling: in_process.ceiling(warm.answer_bytes)?,
        postgres,
    };
    let mut rounds = Vec::with_capacity(arguments.http_rounds());
    for number in 1..=arguments.http_rounds() {
        eprintln!("measuring: HTTP, round {number}");
        rounds.push(contest.round(&requests, &plain).await?);
    }
    drop(contest);
    let megabytes_after_load = server.resident_megabytes()?;
    server.stop()?;
    let over_rounds = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    Ok(Measured {
        sample_start_seconds,
        import_seconds: catalogue.import_seconds,
        first_start_seconds,
        restart_seconds: median(restarts),
        megabytes_after_start,
        megabytes_after_load,
        hello: median_rate(&rounds, |round| round.hello),
        fragments: median_rate(&rounds, |round| round.fragments),
        same_size: median_rate(&rounds, |round| round.same_size),
        search: median_rate(&rounds, |round| round.search),
        search_to_fragments: over_rounds(|round| round.search.over(round.fragments)),
        search_to_same_size: over_rounds(|round| round.search.over(round.same_size)),
        postgres: (!arguments.without_postgres).then(|| Postgres {
            requests_per_second: over_rounds(|round| round.postgres.requests_per_second),
            mean_milliseconds: over_rounds(|round| round.postgres.mean_milliseconds),
            ratio: over_rounds(|round| {
                round.plain.load.requests_per_second / round.postgres.requests_per_second
            }),
        }),
    })
}

impl Rate {
    fn over(self, other: Self) -> f64 {
        self.load.requests_per_second / other.load.requests_per_second
    }
}

/// All contestants one after the other, so that a busy moment of the machine meets each of them.
struct Round {
    hello: Rate,
    fragments: Rate,
    same_size: Rate,
    search: Rate,
    /// Searches without typo, cut word and filter, as Postgres gets them.
    plain: Rate,
    postgres: postgres::Measured,
}

struct Contest<'a> {
    connections: u32,
    seconds: u64,
    server: &'a RunningServer,
    ceiling: Ceiling,
    postgres: Option<Comparison>,
}

impl Contest<'_> {
    async fn round(&self, requests: &Requests, plain: &Requests) -> anyhow::Result<Round> {
        let postgres = |postgres: &Comparison| postgres.run(self.connections, self.seconds);
        Ok(Round {
            search: self.searches(requests).await?,
            fragments: self.ceiling_of("/fragments").await?,
            same_size: self.ceiling_of("/same-size").await?,
            hello: self.ceiling_of("/hello").await?,
            plain: self.searches(plain).await?,
            postgres: self
                .postgres
                .as_ref()
                .map(postgres)
                .transpose()?
                .unwrap_or_default(),
        })
    }

    async fn searches(&self, requests: &Requests) -> anyhow::Result<Rate> {
        let address = self.server.address();
        self.rate(address, requests, || self.server.cpu_seconds())
            .await
    }

    async fn ceiling_of(&self, target: &str) -> anyhow::Result<Rate> {
        let requests = Requests::of([target]);
        self.rate(self.ceiling.address, &requests, || {
            self.ceiling.cpu_seconds()
        })
        .await
    }

    async fn rate(
        &self,
        address: SocketAddr,
        requests: &Requests,
        cpu_seconds: impl Fn() -> anyhow::Result<f64>,
    ) -> anyhow::Result<Rate> {
        let before = cpu_seconds()?;
        let load = http_load::run(address, requests, self.connections, self.seconds).await?;
        let used = cpu_seconds()? - before;
        #[expect(clippy::cast_precision_loss, reason = "requests of a short run")]
        let cpu_microseconds = used * 1e6 / load.requests.max(1) as f64;
        Ok(Rate {
            load,
            cpu_microseconds,
        })
    }
}

fn median_rate(rounds: &[Round], of: fn(&Round) -> Rate) -> Rate {
    let over =
        |value: fn(Rate) -> f64| median(rounds.iter().map(|round| value(of(round))).collect());
    Rate {
        load: Load {
            requests_per_second: over(|rate| rate.load.requests_per_second),
            median_milliseconds: over(|rate| rate.load.median_milliseconds),
            p99_milliseconds: over(|rate| rate.load.p99_milliseconds),
            answer_bytes: over(|rate| rate.load.answer_bytes),
            requests: rounds.iter().map(|round| of(round).load.requests).sum(),
        },
        cpu_microseconds: over(|rate| rate.cpu_microseconds),
    }
}

/// Bytes that each scholarship takes, everything in.
pub(crate) fn bytes_a_scholarship(megabytes: f64) -> anyhow::Result<f64> {
    let count = u32::try_from(super::MIDDLE).context("too many scholarships")?;
    Ok(megabytes * 1e6 / f64::from(count))
}
