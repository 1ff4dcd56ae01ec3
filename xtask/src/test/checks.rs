//! The checks that pass or fail as a whole.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

use super::outcome::Outcome;
use crate::dependency_scan;
use crate::tools::{CARGO_MACHETE, Tools};
use crate::workspace::Workspace;

pub(super) fn format(workspace: &Workspace) -> anyhow::Result<()> {
    passes(workspace.cargo().args(["fmt", "--all", "--check"]))
}

pub(super) fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    passes(workspace.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

pub(super) fn documentation(workspace: &Workspace) -> anyhow::Result<()> {
    passes(
        workspace
            .cargo()
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// Skipped without a local copy of the advisory database: the network may be closed, and a check must not fail for that.
pub(super) fn advisories(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let database = advisory_databases().context("neither CARGO_HOME nor HOME is set")?;
    let is_there = database
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if !is_there {
        return Ok(Outcome::skipped(format!(
            "no advisory database in {}; fetch it with `cargo deny fetch db`",
            database.display()
        )));
    }
    dependency_scan::known_advisories(workspace)?;
    Ok(Outcome::passed())
}

pub(super) fn unused_dependencies(workspace: &Workspace) -> anyhow::Result<()> {
    let machete = Tools::of(workspace).ensure_cargo_tool(&CARGO_MACHETE)?;
    passes(&mut workspace.command(machete))
}

fn passes(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// Where cargo-deny keeps its databases.
fn advisory_databases() -> Option<PathBuf> {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    Some(cargo_home.join("advisory-dbs"))
}
