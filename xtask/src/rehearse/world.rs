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
use super::memory_limit::MemoryLimit;
use crate::pause::pause;
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

pub(super) struct World {
    // In this order they end.
    pub(super) prometheus: PrivatePrometheus,
    pub(super) haproxy: PrivateHaproxy,
    canary: Option<RunningServer>,
    _stable: Vec<RunningServer>,
    limit: Option<MemoryLimit>,
    scraping: Proxy,
    started: Instant,
    places: Places,
    folder: TempDir,
}

/// How the canary is started, and started again.
struct Places {
    binary: PathBuf,
    arguments: &'static [&'static str],
    ports: (u16, u16),
}

impl World {
    /// Starts everything; the new version gets no traffic yet.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub(super) fn start(binaries: &Binaries, fault: Option<Fault>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let limit = match fault {
            Some(Fault::Leak) => Some(MemoryLimit::new(MEMORY_LIMIT)?),
            _ => None,
        };
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
        };
        let mut stable = Vec::new();
        for number in 0..2 {
            let ports = (free_port(), free_port());
            let name = format!("stable-{number}");
            stable.push(server(
                folder.path(),
                &binaries.healthy,
                &[],
                ports,
                (&name, STABLE),
            )?);
        }
        let canary = places.start(folder.path())?;
        if let Some(limit) = &limit {
            limit.hold(canary.process())?;
        }
        let scraping = Proxy::start(canary.admin_address());
        let port = |server: &RunningServer| server.address().port();
        let haproxy = PrivateHaproxy::start(
            [port(&stable[0]), port(&stable[1])],
            places.ports.0,
            "500ms",
        );
        let counts: Vec<SocketAddr> = stable.iter().map(RunningServer::admin_address).collect();
        let configuration = configuration(&counts, scraping.address(), haproxy.metrics());
        let prometheus =
            Runtime::new()?.block_on(PrivatePrometheus::start(&configuration, &[], |_| {}));
        Ok(Self {
            prometheus,
            haproxy,
            canary: Some(canary),
            _stable: stable,
            limit,
            scraping,
            started: Instant::now(),
            places,
            folder,
        })
    }

    /// Where users ask.
    pub(super) fn public(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.haproxy.public()).into()
    }

    /// Prometheus cannot read the canary's counts any more.
    pub(super) fn cut_scraping(&self) {
        self.scraping.set(proxy::Fault::Reset);
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
            let canary = self.places.start(self.folder.path())?;
            if let Some(limit) = &self.limit {
                limit.hold(canary.process())?;
            }
            self.canary = Some(canary);
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
    fn start(&self, folder: &Path) -> anyhow::Result<RunningServer> {
        let name = ("canary", CANARY);
        server(folder, &self.binary, self.arguments, self.ports, name)
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

/// What Prometheus watches: every second, as rehearsals are short.
fn configuration(stable: &[SocketAddr], canary: SocketAddr, router: u16) -> String {
    let stable: Vec<String> = stable.iter().map(|place| format!("'{place}'")).collect();
    format!(
        "global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: scholarship-api
    honor_labels: true
    static_configs:
      - targets: [{}]
        labels: {{version: '{STABLE}'}}
      - targets: ['{canary}']
        labels: {{version: '{CANARY}'}}
  - job_name: {ROUTER_JOB}
    static_configs:
      - targets: ['127.0.0.1:{router}']
",
        stable.join(", ")
    )
}
