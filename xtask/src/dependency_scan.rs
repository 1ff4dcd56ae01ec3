//! `cargo xtask dependency-scan`: what cargo-deny says of all dependencies: licences, bans, sources, and the advisories of today.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use crate::tools::{CARGO_DENY, Tools};
use crate::workspace::Workspace;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    licences_bans_sources(&workspace)?;
    // Fetches the database, and fails where that cannot be done: what nobody looked up must not pass.
    deny(&workspace, &["advisories"])
        .context("there are advisories, or their database could not be fetched")?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// When cargo-deny finds something.
pub(crate) fn licences_bans_sources(workspace: &Workspace) -> anyhow::Result<()> {
    deny(workspace, &["licenses", "bans", "sources"])
}

/// By the local copy of the database, which cargo-deny refuses once it is 90 days old.
///
/// # Errors
/// When cargo-deny finds something.
pub(crate) fn known_advisories(workspace: &Workspace) -> anyhow::Result<()> {
    deny(workspace, &["--disable-fetch", "advisories"])
}

fn deny(workspace: &Workspace, checks: &[&str]) -> anyhow::Result<()> {
    let program = Tools::of(workspace).ensure_cargo_tool(&CARGO_DENY)?;
    let status = workspace
        .command(program)
        // Warnings (crates that are there in two versions) would bury an error.
        .args(["--log-level", "error", "check"])
        .args(checks)
        .status()
        .context("cargo-deny cannot be started")?;
    ensure!(status.success(), "cargo-deny: {status}");
    Ok(())
}
