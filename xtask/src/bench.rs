//! `cargo xtask bench`: measures the release build on this machine, side by side with what it is compared to.
//!
//! Numbers of a shared machine are noisy: read the ratios and medians, and only numbers of one run against each other.

mod catalogue;
mod http_load;
mod postgres;
mod relevance;
mod report;

use std::process::{Command as Process, ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::running_server::RunningServer;
use crate::workspace::Workspace;

/// Arguments of `bench`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Option<Benchmark>,
    /// Scholarships in the measured catalogue
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    count: u32,
    /// Seconds that each of the five rounds of a load lasts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: u32,
    /// Leave out the comparison with Postgres full text search
    #[arg(long)]
    without_postgres: bool,
}

#[derive(Subcommand)]
enum Benchmark {
    /// How well searches find what was meant, rather than how fast
    Relevance(relevance::Arguments),
}

/// Builds the release binaries where this is not one, and measures with them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Benchmark::Relevance(arguments)) = &arguments.benchmark {
        return relevance::run(arguments);
    }
    let release = Workspace::load()?.built_release(&["server", "xtask"])?;
    if cfg!(debug_assertions) {
        // A debug build would measure itself: the release build of this command takes over.
        let status = Process::new(release.join("xtask"))
            .args(std::env::args_os().skip(1))
            .status()
            .context("starting the release build of xtask")?;
        return Ok(ExitCode::from(
            u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(arguments, &release))
}

async fn measure(arguments: &Arguments, release: &std::path::Path) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let mut report = report::Report::default();
    let binary = release.join("scholarship-api");
    let sample = RunningServer::start(
        &binary,
        &folder.path().join("sample.db"),
        &[("SAMPLE_CATALOGUE", "on")],
    )?;
    report.add(
        "start to first answer, sample catalogue (s)",
        sample.seconds_to_first_answer(),
        Some(("below", 1.0)),
    );
    sample.stop()?;

    let catalogue = catalogue::make(release, folder.path(), arguments.count)?;
    report.add(
        "import into an empty store (s)",
        catalogue.import_seconds,
        Some(("below", 60.0)),
    );
    let server = RunningServer::start(&binary, &catalogue.store, &[])?;
    report.add(
        "restart to ready (s)",
        server.seconds_to_first_answer(),
        Some(("below", 5.0)),
    );
    report.add(
        "resident memory after start (MB)",
        server.resident_megabytes()?,
        None,
    );

    let targets: Vec<String> = catalogue
        .queries
        .iter()
        .map(|query| {
            format!(
                "/api/v1/search?q={}&facets=states,scholarship_types,fields_of_study&limit=10",
                http_load::encoded(query)
            )
        })
        .collect();
    let postgres = if arguments.without_postgres {
        report.note("The comparison with Postgres was left out.");
        None
    } else {
        Some(postgres::Comparison::prepare(folder.path(), &catalogue)?)
    };
    let rounds = rounds(arguments, server.address(), &targets, postgres.as_ref()).await?;
    drop(postgres);
    let median = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    for (name, value) in [
        (
            "ceiling: /healthz (requests/s)",
            (|round| round.hello.requests_per_second) as fn(&Round) -> f64,
        ),
        ("search with facets over HTTP (requests/s)", |round| {
            round.search.requests_per_second
        }),
        ("search with facets over HTTP, median (ms)", |round| {
            round.search.median_milliseconds
        }),
        ("search with facets over HTTP, p99 (ms)", |round| {
            round.search.p99_milliseconds
        }),
    ] {
        report.add(name, median(value), None);
    }
    if !arguments.without_postgres {
        let name = "Postgres 15 full text with the same facets (requests/s)";
        report.add(
            name,
            median(|round| round.postgres.requests_per_second),
            None,
        );
        let name = "Postgres 15 full text, mean (ms)";
        report.add(name, median(|round| round.postgres.mean_milliseconds), None);
        let name = "this API against Postgres (times)";
        let ratio =
            |round: &Round| round.search.requests_per_second / round.postgres.requests_per_second;
        report.add(name, median(ratio), Some(("at least", 10.0)));
    }
    report.add(
        "resident memory after the load (MB)",
        server.resident_megabytes()?,
        Some(("below", 600.0)),
    );
    server.stop()?;
    print!(
        "{}",
        report.markdown(arguments.count, arguments.connections)
    );
    Ok(if report.all_reached() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// All contestants one after the other, so that a busy moment of the machine meets each of them.
#[derive(Default)]
struct Round {
    hello: http_load::Load,
    search: http_load::Load,
    postgres: postgres::Measured,
}

/// An odd number, for the medians.
const ROUNDS: usize = 5;

async fn rounds(
    arguments: &Arguments,
    address: std::net::SocketAddr,
    targets: &[String],
    postgres: Option<&postgres::Comparison>,
) -> anyhow::Result<Vec<Round>> {
    let (connections, seconds) = (arguments.connections, arguments.seconds);
    http_load::run(address, targets, connections, 1).await?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(Round {
            search: http_load::run(address, targets, connections, seconds).await?,
            postgres: postgres.map_or_else(
                || Ok(postgres::Measured::default()),
                |postgres| postgres.run(connections, seconds),
            )?,
            hello: http_load::run(address, &["/healthz".to_owned()], connections, 1).await?,
        });
    }
    Ok(rounds)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
