//! The stack of containers for one machine, as far as it can be read without an engine.

use std::fs;
use std::process::Command;

use anyhow::Context as _;

use crate::tools::{self, ensure_debian_packages, quiet};
use crate::workspace::Workspace;

pub(super) const FILE: &str = "deploy/compose.yaml";
pub(super) const HAPROXY: &str = "deploy/compose/haproxy.cfg";
const PROMETHEUS: &str = "deploy/compose/prometheus.yml";
/// Variables without which nothing starts.
pub(super) const WANTED: [&str; 3] = ["GRAFANA_PASSWORD", "JWT_SECRET", "POSTGRES_PASSWORD"];

/// # Errors
/// What the programs that read these files find wrong.
pub(super) fn lint(workspace: &Workspace) -> anyhow::Result<()> {
    ensure_debian_packages(tools::COMPOSE_PACKAGES)?;
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let mut compose = workspace.command("docker-compose");
    quiet(
        compose
            .args(["--file", FILE, "config", "--quiet"])
            .envs(WANTED.map(|name| (name, "for-the-parser"))),
    )?;
    quiet(
        workspace
            .command("promtool")
            .args(["check", "config", PROMETHEUS]),
    )?;
    // The map stands beside it in the container.
    let folder = tempfile::tempdir()?;
    for path in [HAPROXY, "deploy/haproxy/canary.map"] {
        let from = workspace.root().join(path);
        let name = from.file_name().context("it is no file")?.to_owned();
        fs::copy(&from, folder.path().join(name)).context(path)?;
    }
    quiet(
        Command::new("haproxy")
            .args(["-c", "-f", "haproxy.cfg"])
            .current_dir(folder.path()),
    )
}
