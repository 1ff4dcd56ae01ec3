//! The release server as a process of its own, on free ports.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::process::{Child, Command};

use super::http_load;

pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

pub(crate) struct Started {
    pub(crate) server: Server,
    pub(crate) seconds_to_first_answer: f64,
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Starts on a store that does not exist yet, with the sample catalogue.
pub(crate) async fn start_on_sample(release: &Path, store: &Path) -> anyhow::Result<Started> {
    start(release, store, &[("SAMPLE_CATALOGUE", "on")]).await
}

/// Starts and waits for the first search that is answered.
pub(crate) async fn start(release: &Path, store: &Path, variables: &[(&str, &str)]) -> anyhow::Result<Started> {
    let (port, admin_port) = (free_port()?, free_port()?);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let begun = Instant::now();
    let mut child = Command::new(release.join("scholarship-api"))
        .env("DATABASE_URL", format!("sqlite://{}", store.display()))
        .env("PORT", port.to_string())
        .env("ADMIN_PORT", admin_port.to_string())
        .env("LOG_LEVEL", "warn")
        .envs(variables.iter().copied())
        .kill_on_drop(true)
        .spawn()
        .context("starting the server")?;
    loop {
        if let Ok(200) = http_load::status(address, "/api/v1/scholarships?limit=1").await {
            break;
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server ended: {status}");
        }
        ensure!(begun.elapsed() < Duration::from_secs(120), "the server does not answer");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Started { server: Server { child, address }, seconds_to_first_answer: begun.elapsed().as_secs_f64() })
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// VmRSS of the process.
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes / 1_000.0)
    }

    /// Asks the server to end as an operator would, and checks that it ended well.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?;
        ensure!(Command::new("kill").args(["-TERM", &id.to_string()]).status().await?.success(), "the server could not be told to end");
        let status = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await.context("the server does not end")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}
