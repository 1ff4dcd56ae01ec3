//! `cargo xtask monitoring`: what was rendered, as Prometheus and the Alertmanager themselves read it.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::render::{self, routing};
use crate::tools::{self, ensure_debian_packages, quiet};
use crate::workspace::Workspace;

const ALERTMANAGER: &str = "deploy/alertmanager/alertmanager.yml";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// The first check that fails, with what the tool said.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    ensure_debian_packages(tools::SERVER_PACKAGES)?;
    let root = workspace.root();
    let of_folder = |folder: &str| files_in(&root.join(folder));
    quiet(promtool(workspace).args(["check", "config", "deploy/prometheus/prometheus.yml"]))?;
    quiet(
        promtool(workspace)
            .args(["check", "rules"])
            .args(of_folder("deploy/prometheus/rules")?),
    )?;
    let tests = of_folder("deploy/prometheus/tests")?;
    quiet(promtool(workspace).args(["test", "rules"]).args(&tests))?;
    println!("{} files of alert tests passed", tests.len());
    quiet(amtool(workspace).args(["check-config", ALERTMANAGER]))?;
    let routes = routing::cases(&render::policy(workspace)?);
    for (labels, receiver) in &routes {
        quiet(
            amtool(workspace)
                .args(["config", "routes", "test", "--config.file", ALERTMANAGER])
                .arg(format!("--verify.receivers={receiver}"))
                .args(labels),
        )?;
    }
    println!("{} routes of alerts passed", routes.len());
    Ok(())
}

fn promtool(workspace: &Workspace) -> Command {
    workspace.command("promtool")
}

fn amtool(workspace: &Workspace) -> Command {
    workspace.command("amtool")
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let shown = folder.display();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))? {
        files.push(entry?.path());
    }
    files.sort();
    ensure!(!files.is_empty(), "{shown} is empty");
    Ok(files)
}
