//! Opens `/docs` and `/status` in a headless browser: they must show what they are for, and the console must stay silent.

use std::path::Path;
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
    // A browser that logs nothing would make every page look silent.
    let loud = open(folder.path(), LOUD_PAGE)?;
    ensure!(
        loud.complaints.iter().any(|line| line.contains("heard")),
        "chromium does not log its console; the check would prove nothing"
    );
    let documentation = format!("http://{}/docs/", server.address());
    let operations = "opblock-summary-path";
    check_page(
        folder.path(),
        &documentation,
        &["Scholarship", "/api/v1/scholarships", operations],
    )?;
    let status = format!("http://{}/status", server.admin_address());
    check_page(
        folder.path(),
        &status,
        &[
            "All is well",
            "answered within 200 ms",
            "in step with the store",
        ],
    )?;
    server.stop()
}

fn check_page(folder: &Path, address: &str, all_shown: &[&str]) -> anyhow::Result<()> {
    let Page { text, complaints } = open(folder, address)?;
    ensure!(
        complaints.is_empty(),
        "the browser's console is not silent about {address}:\n{}",
        complaints.join("\n")
    );
    for shown in all_shown {
        ensure!(
            text.contains(shown),
            "{address} does not show `{shown}`; its text has {} bytes",
            text.len()
        );
    }
    Ok(())
}

/// Says one word on its console.
const LOUD_PAGE: &str = "data:text/html,<script>console.error('heard')</script>";

struct Page {
    text: String,
    /// What the page, or the browser about it, wrote to the console.
    complaints: Vec<String>,
}

/// Of the page's clock, which runs ahead where nothing is awaited. Shorter than the interval at which the status page loads
/// itself anew: a page that does so within this time is never done.
const PAGE_MILLISECONDS: u32 = 5_000;

/// A browser that has not shown a page after this many seconds is ended, and the check fails.
const BOUND_SECONDS: &str = "60";

fn open(folder: &Path, address: &str) -> anyhow::Result<Page> {
    let output = Command::new("timeout")
        .args(["--kill-after=5", BOUND_SECONDS, "chromium"])
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
            "--dump-dom",
        ])
        .arg(format!("--virtual-time-budget={PAGE_MILLISECONDS}"))
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(address)
        .output()
        .context("cannot start chromium")?;
    ensure!(
        output.status.success(),
        "chromium did not show {address} within {BOUND_SECONDS} s: {}",
        output.status
    );
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints = log.lines().filter(|line| line.contains("CONSOLE"));
    Ok(Page {
        text: String::from_utf8_lossy(&output.stdout).into_owned(),
        complaints: complaints.map(str::to_owned).collect(),
    })
}
