//! Measurements are made by the release build, whichever build was asked for them.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::workspace::Workspace;

/// Builds the release binaries of the packages, and calls `measure` with their folder; where this is a debug build, the
/// release build of this very command takes over instead: the load generator of a debug build would measure itself.
pub(crate) fn measured_by_release(
    workspace: &Workspace,
    packages: &[&str],
    measure: impl FnOnce(&Path) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let release = workspace.built_release(packages)?;
    if !cfg!(debug_assertions) {
        return measure(&release);
    }
    // In our place, since a child would not get the signals that are sent to us. Comes back only when it does not start.
    let error = Command::new(release.join("xtask"))
        .args(std::env::args_os().skip(1))
        .exec();
    Err(error).context("starting the release build of xtask")
}
