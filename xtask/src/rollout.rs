//! `cargo xtask rollout`: what can be known of a release before it begins.

mod plan;
mod simulate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use rollout::Policy;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// How long each stage must last at this traffic for a bad canary to be seen; ends with 1 when one is too short
    Plan(plan::Arguments),
    /// How often the judge errs, and whether the stage machine keeps its promises under faults
    Simulate(simulate::Arguments),
}

#[derive(clap::Args)]
pub(crate) struct PolicyArguments {
    /// Objectives, stages and triggers
    #[arg(long, value_name = "FILE", default_value = "config/rollout.toml")]
    policy: PathBuf,
}

impl PolicyArguments {
    /// # Errors
    /// Everything that is wrong with the policy, by key.
    pub(crate) fn read(&self) -> anyhow::Result<Policy> {
        read_policy(&self.policy)
    }
}

/// # Errors
/// Everything that is wrong with the policy, by key.
pub(crate) fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    Policy::parse(&text).with_context(|| format!("{shown} is no policy that can be kept"))
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Plan(arguments) => plan::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
    }
}
