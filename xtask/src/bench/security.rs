//! `cargo xtask bench security`: what checking tokens costs, how exact limits are across replicas, and what a flood costs those
//! who are known.

mod flood;
mod hostile;
mod shared_limit;
mod token_check;

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Context as _;

use super::machine;
use crate::workspace::Workspace;

/// Only servers of this run accept it.
const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For development: fewer and shorter rounds
    #[arg(long)]
    quick: bool,
}

/// One line of what is printed.
struct Goal {
    name: &'static str,
    bound: String,
    measured: String,
    is_met: bool,
}

/// Builds the release binaries where this is not one, and measures with them. Fails when a goal is missed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let release = Workspace::load()?.built_release(&["server", "xtask"])?;
    if cfg!(debug_assertions) {
        // The load generator of a debug build would measure itself: the release build of this command takes over.
        let status = Command::new(release.join("xtask"))
            .args(std::env::args_os().skip(1))
            .status()
            .context("starting the release build of xtask")?;
        let code = u8::try_from(status.code().unwrap_or(1)).unwrap_or(1);
        return Ok(ExitCode::from(code));
    }
    let begun = Instant::now();
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    let binary = release.join("scholarship-api");
    let goals = runtime.block_on(async {
        anyhow::Ok([
            token_check::measure(arguments.quick)?,
            hostile::measure(&binary, arguments.quick).await?,
            shared_limit::measure(&binary, arguments.quick).await?,
            flood::measure(&binary, arguments.quick).await?,
        ])
    })?;
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    println!(
        "{}",
        machine::describe("security", arguments.quick, minutes)?
    );
    println!("| goal | reach | measured | met |\n|---|---:|---:|---|");
    for goal in &goals {
        let met = if goal.is_met { "yes" } else { "**no**" };
        println!(
            "| {} | {} | {} | {met} |",
            goal.name, goal.bound, goal.measured
        );
    }
    Ok(if goals.iter().all(|goal| goal.is_met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The middle of an odd number of values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
