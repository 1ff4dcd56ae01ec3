//! Lines for `sh` that operators give, to start and to end servers.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::pause::pause;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What it prints goes where notes go: the report alone is on the standard output.
///
/// # Errors
///
/// When no shell starts.
pub(super) fn spawn(line: &str, variables: &[(&str, &str)]) -> anyhow::Result<Child> {
    Command::new("sh")
        .args(["-c", line])
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .spawn()
        .context("a shell does not start")
}

/// To its end.
///
/// # Errors
///
/// When it fails, or does not end in time. `option` is the one that it was given with.
pub(super) fn run(
    option: &str,
    line: &str,
    variables: &[(&str, &str)],
    timeout: Duration,
) -> anyhow::Result<()> {
    let mut child = spawn(line, variables)?;
    let begun = Instant::now();
    while begun.elapsed() < timeout {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "{option} ended with {status}");
            return Ok(());
        }
        pause(LOOK_EVERY);
    }
    bail!("{option} does not end")
}
