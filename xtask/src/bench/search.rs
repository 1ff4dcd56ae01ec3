//! `cargo xtask bench search`: measures the release build on this machine, side by side with what it is compared to, and
//! writes `docs/performance.md` and its plot.
//!
//! Numbers of a shared machine are noisy: read the ratios and medians, and only numbers of one run against each other.

mod document;
mod goals;
mod in_process;
mod plot;
mod postgres;
mod server;
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;

use super::release::measured_by_release;
use super::{catalogue, machine};
use crate::workspace::Workspace;
use in_process::{Freshness, InProcess, Operation, Searches, Vocabulary};

/// Sizes of the measured catalogues. The goals are about the middle one.
const SMALL: usize = 10_000;
const MIDDLE: usize = catalogue::SCHOLARSHIPS;
const LARGE: usize = 1_000_000;

/// Arguments of `bench search`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// For development: leaves out the million and takes fewer and shorter rounds; the document is not written
    #[arg(long)]
    quick: bool,
    /// Measure tantivy with a million scholarships, too
    #[arg(long, conflicts_with = "quick")]
    peer_at_a_million: bool,
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: u32,
    /// Leave out the comparison with Postgres full text search
    #[arg(long)]
    without_postgres: bool,
    /// The folder of `performance.md`, also for a quick run; `docs` of the workspace when not given
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

impl Arguments {
    /// Of one round of one HTTP load.
    fn seconds(&self) -> u64 {
        if self.quick { 1 } else { 3 }
    }

    /// An odd number, for the medians.
    fn http_rounds(&self) -> usize {
        if self.quick { 3 } else { 5 }
    }

    fn sizes(&self) -> &'static [usize] {
        if self.quick {
            &[SMALL, MIDDLE]
        } else {
            &[SMALL, MIDDLE, LARGE]
        }
    }
}

/// Everything that one run measured.
struct Results {
    vocabulary: Vec<Vocabulary>,
    searches: Vec<Searches>,
    operations: Vec<Operation>,
    /// Of single changes, and of the same while the whole catalogue is merged.
    freshness: [Freshness; 2],
    server: server::Measured,
}

impl Results {
    /// What one engine took for queries of a kind, of one half, in the catalogue of a size.
    fn searches(
        &self,
        scholarships: usize,
        engine: &str,
        queries: &str,
        half: &str,
    ) -> Option<&Searches> {
        self.searches.iter().find(|searches| {
            searches.scholarships == scholarships
                && searches.engine == engine
                && searches.queries == queries
                && searches.half == half
        })
    }

    fn operation(&self, scholarships: usize, name: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.scholarships == scholarships && operation.operation == name)
    }
}

/// Builds the release binaries where this is not one, and measures with them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    let packages = ["server", "xtask", "search-bench"];
    measured_by_release(&workspace, &packages, |release| {
        let begun = Instant::now();
        let results = measure(arguments, release)?;
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let goals = goals::of(&results)?;
        let head = machine::describe("search", arguments.quick, minutes)?;
        let sections = tables::sections(&results, &goals, &head);
        for section in &sections {
            println!("\n{}", section.text);
        }
        let folder = match (&arguments.output, arguments.quick) {
            (Some(folder), _) => Some(folder.clone()),
            (None, false) => Some(workspace.root().join("docs")),
            (None, true) => None,
        };
        if let Some(folder) = folder {
            document::write(&folder.join("performance.md"), &sections)?;
            let svg = plot::svg(&results);
            std::fs::write(folder.join("performance.svg"), svg).context("writing the plot")?;
        }
        Ok(if goals.iter().all(|goal| goal.is_met() != Some(false)) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

fn measure(arguments: &Arguments, release: &Path) -> anyhow::Result<Results> {
    let in_process = InProcess::of(release);
    let rounds = if arguments.quick { "3" } else { "7" };
    let peer_rounds = if arguments.quick { "2" } else { "5" };
    let counts: Vec<String> = [6_700]
        .iter()
        .chain(arguments.sizes())
        .map(usize::to_string)
        .collect();
    let vocabulary = in_process.lines(&["vocabulary", "--counts", &counts.join(",")])?;
    let (mut searches, mut operations) = (Vec::new(), Vec::new());
    for size in arguments.sizes() {
        let count = size.to_string();
        let large = *size == LARGE;
        let peer_queries = match (large, arguments.peer_at_a_million) {
            (true, false) => "0",
            (true, true) => "200",
            (false, _) => "500",
        };
        let rounds = if large { "3" } else { rounds };
        searches.extend(in_process.lines(&[
            "searches",
            "--count",
            &count,
            "--rounds",
            rounds,
            "--peer-queries",
            peer_queries,
            "--peer-rounds",
            peer_rounds,
        ])?);
        if !large {
            operations.extend(in_process.lines(&[
                "operations",
                "--count",
                &count,
                "--rounds",
                peer_rounds,
            ])?);
        }
    }
    let count = MIDDLE.to_string();
    let changes = if arguments.quick { "300" } else { "1500" };
    let freshness = |also: &[&str]| -> anyhow::Result<Freshness> {
        let arguments = [
            &["freshness", "--count", &count, "--changes", changes],
            also,
        ]
        .concat();
        let line = in_process.lines(&arguments)?.pop();
        line.context("no line about freshness")
    };
    let freshness = [freshness(&[])?, freshness(&["--during-merge"])?];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let server = runtime.block_on(server::measure(arguments, release, &in_process))?;
    Ok(Results {
        vocabulary,
        searches,
        operations,
        freshness,
        server,
    })
}
