//! The machine of a rehearsal: two servers of the stable version and one of the new one, HAProxy before them and Prometheus beside.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tempfile::TempDir;
use testkit::proxy::{self, Proxy};
use testkit::supervised::free_port;
use testkit::{PrivateHaproxy, PrivatePrometheus};
use tokio::runtime::Runtime;

use super::faults::{Fault, MEMORY_LIMIT};
use crate::pause::pause;
use crate::rig::memory_limit::MemoryLimit;
use crate::rig::scraping::Scraping;
use crate::running_server::{Launch, RunningServer, status_of};

/// The versions, as metrics name them.
pub(super) const STABLE: &str = "1.0.0";
pub(super) const CANARY: &str = "1.1.0";
/// The `job` of HAProxy's own metrics.
pub(super) const ROUTER_JOB: &str = "haproxy";

/// HAProxy may take so long to answer.
const START_TIME: Duration = Duration::from_secs(20);
/// A version that is killed again and again lives so long.
const LIFE: Duration = Duration::from_secs(4);

/// The binaries of both versions.
pub(super) struct Binaries {
    pub(super) healthy: PathBuf,
    pub(super) faulty: PathBuf,
}

impl Binaries {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            healthy: folder.join("scholarship-api"),
            faulty: folder.join("rehearsal-server"),
        }
    }
}

pub(super) struct World {
    // In this order they end.
    pub(super) prometheus: PrivatePrometheus,
    pub(super) haproxy: PrivateHaproxy,
    canary: Option<RunningServer>,
    _stable: Vec<RunningServer>,
    /// Between Prometheus and the canary.
    scraped: Proxy,
    started: Instant,
    places: Places,
}

/// How the canary is started, and started again.
struct Places {
    binary: PathBuf,
    arguments: &'static [&'static str],
    ports: (u16, u16),
    limit: Option<MemoryLimit>,
    folder: TempDir,
}

impl World {
    /// Starts everything; the new version gets no traffic yet. `job` is the servers' label in Prometheus.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub(super) fn start(
        binaries: &Binaries,
        fault: Option<Fault>,
        job: &str,
    ) -> anyhow::Result<Self> {
        let arguments = fault.map_or(&[] as &[_], Fault::arguments);
        let binary = if arguments.is_empty() {
            &binaries.healthy
        } else {
            &binaries.faulty
        };
        let places = Places {
            binary: binary.clone(),
            arguments,
            ports: (free_port(), free_port()),
            limit: match fault {
                Some(Fault::Leak) => Some(MemoryLimit::new(MEMORY_LIMIT)?),
                _ => None,
            },
            folder: tempfile::tempdir()?,
        };
        let mut stable = Vec::new();
        for number in 0..2 {
            let ports = (free_port(), free_port());
            let name = format!("stable-{number}");
            let folder = places.folder.path();
            stable.push(server(
                folder,
                &binaries.healthy,
                &[],
                ports,
                (&name, STABLE),
            )?);
        }
        let canary = places.start()?;
        let scraped = Proxy::start(canary.admin_address());
        let port = |server: &RunningServer| server.address().port();
        let haproxy = PrivateHaproxy::start(
            &[port(&stable[0]), port(&stable[1])],
            places.ports.0,
            "500ms",
        );
        let servers = [
            (stable[0].admin_address(), STABLE),
            (stable[1].admin_address(), STABLE),
            (scraped.address(), CANARY),
        ];
        let scraping = Scraping::new(&[])
            .servers(job, &servers)
            .exporter(ROUTER_JOB, haproxy.metrics());
        let prometheus =
            Runtime::new()?.block_on(PrivatePrometheus::start(scraping.text(), &[], |_| {}));
        Ok(Self {
            prometheus,
            haproxy,
            canary: Some(canary),
            _stable: stable,
            scraped,
            started: Instant::now(),
            places,
        })
    }

    /// Where users ask.
    pub(super) fn public(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.haproxy.public()).into()
    }

    /// Prometheus cannot read the canary's counts any more.
    pub(super) fn cut_scraping(&self) {
        self.scraped.set(proxy::Fault::Reset);
    }

    /// Keeps the canary as a supervisor would: started again once it has ended.
    ///
    /// # Errors
    ///
    /// When it does not start again.
    pub(super) fn supervise(&mut self) -> anyhow::Result<()> {
        let lives = match &mut self.canary {
            Some(canary) => canary.is_alive()?,
            None => false,
        };
        if !lives {
            self.canary = Some(self.places.start()?);
            self.started = Instant::now();
        }
        Ok(())
    }

    /// Kills the canary once it has lived for a while, as a crash would.
    pub(super) fn crash(&mut self) {
        if self.started.elapsed() > LIFE {
            self.canary = None;
        }
    }

    /// Waits until users are answered.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn open_to_users(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !matches!(
            status_of(self.public(), "/api/v1/scholarships?limit=1"),
            Ok(200)
        ) {
            ensure!(
                begun.elapsed() < START_TIME,
                "HAProxy does not answer: {}",
                self.haproxy.log()
            );
            pause(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Waits until HAProxy has looked at all servers and Prometheus has counts of a while.
    pub(super) fn settle(&self) {
        pause(Duration::from_secs(4));
    }
}

impl Places {
    fn start(&self) -> anyhow::Result<RunningServer> {
        let folder = self.folder.path();
        let name = ("canary", CANARY);
        let canary = server(folder, &self.binary, self.arguments, self.ports, name)?;
        if let Some(limit) = &self.limit {
            limit.hold(canary.process())?;
        }
        Ok(canary)
    }
}

fn server(
    folder: &Path,
    binary: &Path,
    arguments: &[&str],
    ports: (u16, u16),
    (name, version): (&str, &str),
) -> anyhow::Result<RunningServer> {
    RunningServer::launch(&Launch {
        binary,
        arguments,
        store: &folder.join(format!("{name}.db")),
        variables: &[
            ("APP_VERSION", version),
            ("SAMPLE_CATALOGUE", "on"),
            ("HTTP_WORKERS", "2"),
        ],
        ports,
        log: Some(&folder.join(format!("{name}.log"))),
    })
}
