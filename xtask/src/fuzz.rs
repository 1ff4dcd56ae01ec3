//! `cargo xtask fuzz`: the search index's fuzz tests in the release build, for minutes instead of seconds.

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use uuid::Uuid;

use crate::reporting::name_of;
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// What is fuzzed; everything when left out
    #[arg(long)]
    target: Option<Target>,
    /// The first case's seed, as a failure printed it; a new one when left out
    #[arg(long)]
    seed: Option<u64>,
}

/// One module each in `crates/adapter-search/tests/it/fuzz`.
#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// Any text of a record, which its words must find
    Analyser,
    /// Any query with any filters
    Query,
    /// Any cursor
    Cursor,
    /// Any damage to a file of the index
    Snapshot,
}

impl Target {
    fn name(self) -> String {
        name_of(self)
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    let targets = arguments.target.as_ref();
    let targets = targets.map_or_else(Target::value_variants, std::slice::from_ref);
    // Seeds count up from here: half of the numbers are left for that.
    let seed = arguments
        .seed
        .unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0 / 2);
    let mut summaries = Vec::new();
    let mut failed = Vec::new();
    for target in targets {
        let name = target.name();
        match fuzz(&workspace, &name, arguments.minutes * 60, seed)? {
            Some(summary) => summaries.push(summary),
            None => failed.push(name),
        }
    }
    println!("\n{}", summaries.join("\n"));
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The line with which the target says how many cases ran; `None` when one of them failed.
fn fuzz(
    workspace: &Workspace,
    target: &str,
    seconds: u64,
    seed: u64,
) -> anyhow::Result<Option<String>> {
    let mut child = workspace
        .cargo()
        .args(["test", "--release", "--package", "adapter-search"])
        .args(["--test", "it", "--", "--nocapture"])
        .arg(format!("fuzz::{target}::"))
        .env("FUZZ_SECONDS", seconds.to_string())
        .env("FUZZ_SEED", seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("standard output is piped")?;
    let beginning = format!("fuzz {target}: ");
    let mut summary = None;
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read the output of the tests")?;
        println!("{line}");
        // The runner's own words may stand before it in the line.
        if let Some(at) = line.find(&beginning) {
            summary = Some(line[at..].to_owned());
        }
    }
    if !child.wait()?.success() {
        return Ok(None);
    }
    ensure!(summary.is_some(), "no case of {target} ran");
    Ok(summary)
}
