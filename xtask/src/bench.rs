//! `cargo xtask bench`: what the engine does well and how fast, in numbers.

mod search;

use std::process::ExitCode;

use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measure speed, memory and freshness of the release build, side by side with what it is compared to
    Search(search::Arguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Search(arguments) => search::run(arguments),
    }
}
