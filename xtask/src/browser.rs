//! Opens `/docs` in a headless browser: it must show the operations, and its console must stay silent.

use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};

use crate::running_server::RunningServer;
use crate::tools;
use crate::workspace::Workspace;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    check(&Workspace::load()?)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    tools::ensure_debian_packages(tools::BROWSER_PACKAGES)?;
    let binary = workspace.built_server()?;
    let folder = tempfile::tempdir()?;
    let server = RunningServer::start(
        &binary,
        &folder.path().join("browser.db"),
        &[("SAMPLE_CATALOGUE", "on")],
    )?;
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--virtual-time-budget=20000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("http://{}/docs/", server.address()))
        .output()
        .context("cannot start chromium")?;
    let page = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    ensure!(
        complaints.is_empty(),
        "the browser's console is not silent:\n{}",
        complaints.join("\n")
    );
    for shown in [
        "Scholarship",
        "/api/v1/scholarships",
        "opblock-summary-path",
    ] {
        ensure!(
            page.contains(shown),
            "the page does not show `{shown}`; its text has {} bytes",
            page.len()
        );
    }
    server.stop()
}
