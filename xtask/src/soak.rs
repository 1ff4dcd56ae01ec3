//! `cargo xtask soak`: the test that kills replicas, stores and callbacks, with many tasks instead of a few.

use std::io::{BufRead as _, BufReader};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, ensure};
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
    let mut testing = Workspace::load()?
        .cargo()
        // All packages: with fewer, their dependencies would be built with other features, and again.
        .args(["test", "--workspace", "--test", "it", "--"])
        .args(["--exact", TEST, "--nocapture"])
        .env("SOAK_TASKS", arguments.tasks.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = testing.stdout.take().context("the output cannot be read")?;
    let mut passed = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        passed += passed_by(&line);
    }
    let status = testing.wait()?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    ensure!(
        passed == 1,
        "{passed} tests have run where one is called {TEST}"
    );
    println!("{} tasks: each was done and told.", arguments.tasks);
    Ok(ExitCode::SUCCESS)
}

/// What a line says of how many tests a program has passed: a name that no test has lets all of them end well.
fn passed_by(line: &str) -> u64 {
    let summary = line.strip_prefix("test result: ok. ");
    let count = summary.and_then(|summary| summary.split_once(" passed"));
    count.map_or(0, |(count, _)| count.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_summaries_say_what_has_passed() {
        let none = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 64 filtered out; finished in 0.00s";
        assert_eq!(passed_by(none), 0);
        assert_eq!(passed_by(&none.replace("0 passed", "1 passed")), 1);
        assert_eq!(passed_by(&none.replace("ok. 0", "FAILED. 1")), 0);
        assert_eq!(passed_by(&format!("test {TEST} ... ok")), 0);
    }
}
