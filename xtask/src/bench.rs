//! `cargo xtask bench`: measures the release build on this machine, side by side with what it is compared to.
//!
//! Numbers of a shared machine are noisy: read the ratios and medians, and only numbers of one run against each other.

mod catalogue;
mod http_load;
mod postgres;
mod report;

use std::process::{Command as Process, ExitCode};

use anyhow::Context;
use clap::Args;

use crate::running_server::RunningServer;
use crate::workspace::Workspace;

/// Arguments of `bench`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Scholarships in the measured catalogue
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    count: u32,
    /// Seconds that each load lasts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: u32,
    /// Leave out the comparison with Postgres full text search
    #[arg(long)]
    without_postgres: bool,
}

/// Builds the release binaries where this is not one, and measures with them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
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
    http_load::run(server.address(), &targets, arguments.connections, 2).await?;
    let search = http_load::run(
        server.address(),
        &targets,
        arguments.connections,
        arguments.seconds,
    )
    .await?;
    report.add(
        "search with facets over HTTP (requests/s)",
        search.requests_per_second,
        None,
    );
    report.add(
        "search with facets over HTTP, median (ms)",
        search.median_milliseconds,
        None,
    );
    report.add(
        "search with facets over HTTP, p99 (ms)",
        search.p99_milliseconds,
        None,
    );
    let hello = http_load::run(
        server.address(),
        &["/healthz".to_owned()],
        arguments.connections,
        arguments.seconds,
    )
    .await?;
    report.add(
        "ceiling: /healthz (requests/s)",
        hello.requests_per_second,
        None,
    );
    report.add(
        "resident memory after the load (MB)",
        server.resident_megabytes()?,
        Some(("below", 600.0)),
    );
    server.stop()?;

    if arguments.without_postgres {
        report.note("The comparison with Postgres was left out.");
    } else {
        let postgres = postgres::measure(
            folder.path(),
            &catalogue,
            arguments.connections,
            arguments.seconds,
        )?;
        report.add(
            "Postgres 15 full text with the same facets (requests/s)",
            postgres.requests_per_second,
            None,
        );
        report.add(
            "Postgres 15 full text, mean (ms)",
            postgres.mean_milliseconds,
            None,
        );
        report.add(
            "this API against Postgres (times)",
            search.requests_per_second / postgres.requests_per_second,
            Some(("at least", 10.0)),
        );
    }
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
