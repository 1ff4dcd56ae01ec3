//! `cargo xtask soak`: the test that kills replicas, stores and callbacks, with many tasks instead of a few.

use std::process::ExitCode;

use clap::Args;

use crate::workspace::Workspace;

/// One test; it reads how many tasks it has to get through.
const TEST: &str = "agent_tasks::every_task_is_done_and_told_whatever_is_killed";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Tasks that are sent while replicas and the store are killed
    #[arg(long, default_value_t = 10_000)]
    tasks: u32,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let status = Workspace::load()?
        .cargo()
        // All packages: with fewer, their dependencies would be built with other features, and again.
        .args(["test", "--workspace", "--test", "it", "--"])
        .args(["--exact", TEST, "--nocapture"])
        .env("SOAK_TASKS", arguments.tasks.to_string())
        .status()?;
    Ok(if status.success() {
        println!("{} tasks: each was done and told.", arguments.tasks);
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
