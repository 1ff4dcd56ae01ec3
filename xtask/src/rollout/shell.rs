//! Lines for `sh` that operators give, to start and to end servers.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

use super::servers::LOOK_EVERY;
use crate::pause::pause;

/// Between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(5);

/// What it prints goes where notes go: the report alone is on the standard output. It has a process group of its own, so that
/// everything it started can be ended with it.
///
/// # Errors
///
/// When no shell starts.
pub(super) fn spawn(line: &str, variables: &[(&str, &str)]) -> anyhow::Result<Child> {
    Command::new("sh")
        .args(["-c", line])
        .envs(variables.iter().copied())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .spawn()
        .context("a shell does not start")
}

/// To its end.
///
/// # Errors
///
/// When it fails, does not end in time, or `check` fails meanwhile: it is ended then. `option` is the one that it was given with.
pub(super) fn run(
    option: &str,
    line: &str,
    variables: &[(&str, &str)],
    timeout: Duration,
    check: impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut child = spawn(line, variables)?;
    let begun = Instant::now();
    while begun.elapsed() < timeout {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "{option} ended with {status}");
            return Ok(());
        }
        if let Err(error) = check() {
            end(&mut child)?;
            return Err(error.context(format!("{option} was ended before its time")));
        }
        pause(LOOK_EVERY);
    }
    end(&mut child)?;
    bail!("{option} did not end in time, and was ended")
}

/// Ends a line that still runs, with everything it started.
///
/// # Errors
///
/// When nobody knows whether it has ended.
pub(super) fn end(child: &mut Child) -> anyhow::Result<ExitStatus> {
    end_within(child, GRACE)
}

fn end_within(child: &mut Child, grace: Duration) -> anyhow::Result<ExitStatus> {
    let group = Pid::from_child(child);
    // A group that is gone is what is wanted.
    let _ = kill_process_group(group, Signal::TERM);
    let begun = Instant::now();
    while begun.elapsed() < grace && child.try_wait()?.is_none() {
        pause(LOOK_EVERY.min(grace));
    }
    // Also for what outlived its shell.
    let _ = kill_process_group(group, Signal::KILL);
    Ok(child.wait()?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_line_that_does_not_end_in_time_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("too-late");
        let line = format!("(sleep 2; touch {}) & sleep 60", file.display());
        let error = run("--upgrade", &line, &[], Duration::from_millis(300), || {
            Ok(())
        });
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("--upgrade did not end")
        );
        pause(Duration::from_secs(3));
        assert!(!file.exists());
    }

    #[test]
    fn a_line_is_ended_when_it_must_not_go_on() {
        let begun = Instant::now();
        let check = || Err(anyhow::anyhow!("somebody asks"));
        let error = run("--upgrade", "sleep 60", &[], Duration::from_secs(60), check);
        assert!(format!("{:#}", error.unwrap_err()).contains("its time: somebody asks"));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_line_that_does_not_listen_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        let line = format!(
            "trap '' TERM; touch {}; while :; do sleep 1; done",
            file.display()
        );
        let mut child = spawn(&line, &[]).unwrap();
        while !file.exists() {
            pause(Duration::from_millis(20));
        }
        let status = end_within(&mut child, Duration::from_millis(400)).unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
