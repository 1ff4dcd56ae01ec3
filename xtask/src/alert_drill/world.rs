//! The machine of the drill: a server of each version with everything configured, HAProxy before them, Prometheus beside.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::Migrator;
use anyhow::{Context as _, ensure};
use chrono::{SecondsFormat, TimeDelta};
use ports::Clock as _;
use rollout::Policy;
use rollout::traffic::{Controller as _, Weights};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::collector_stub::CollectorStub;
use testkit::command_center_stub::CommandCenterStub;
use testkit::openai_stub::OpenAiStub;
use testkit::private_redis::{PrivateRedis, RedisOptions};
use testkit::supervised::free_port;
use testkit::{PrivateHaproxy, PrivatePostgres, PrivatePrometheus};
use tokio::runtime::Runtime;

use super::alert::Alert;
use super::watch::Watch;
use crate::render::File;
use crate::rig::memory_limit::MemoryLimit;
use crate::rig::scraping::Scraping;
use crate::rollout::traffic::Traffic;
use crate::running_server::{Launch, RunningServer};
use crate::system_clock::SystemClock;

/// Only servers of this drill accept them.
pub(super) const SECRET: &str = "a secret of servers that end with the drill";
pub(super) const AGENTS_SECRET: &str = "a secret of agents whom the drill thought up";

/// Several times what both servers need: the share of it that they use is measured, and far from the limit of its alert.
const MEMORY_LIMIT: u64 = 4 * 1_024 * 1_024 * 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Stable,
    Canary,
}

impl Version {
    /// As metrics name it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Stable => "1.0.0",
            Self::Canary => "1.1.0",
        }
    }

    /// Its faults, which begin and end with a signal.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Stable => &["--wait", "--slow", "30", "--delay", "400"],
            Self::Canary => &["--wait", "--errors", "20"],
        }
    }
}

pub(super) struct World {
    pub(super) watch: Watch,
    // In this order they end.
    _prometheus: PrivatePrometheus,
    haproxy: PrivateHaproxy,
    canary: Option<RunningServer>,
    stable: RunningServer,
    places: Places,
    pub(super) redis: PrivateRedis,
    pub(super) model: OpenAiStub,
    center: CommandCenterStub,
    _collector: CollectorStub,
    _postgres: PrivatePostgres,
    runtime: Runtime,
}

/// How servers are started, and started again.
struct Places {
    binary: PathBuf,
    variables: Vec<(&'static str, String)>,
    /// Public and private, of the stable version and of the canary.
    ports: [(u16, u16); 2],
    limit: MemoryLimit,
    folder: TempDir,
}

impl World {
    /// Starts everything, with the traffic in two halves.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub(super) fn start(binary: &Path, policy: &Policy, files: &[File]) -> anyhow::Result<Self> {
        let runtime = Runtime::new().context("the runtime does not start")?;
        let postgres = PrivatePostgres::start();
        let database = postgres.url(&postgres.database());
        runtime.block_on(migrate(&database))?;
        let redis = runtime.block_on(PrivateRedis::start(RedisOptions {
            max_memory: Some("64mb"),
            eviction_policy: Some("allkeys-lru"),
            ..RedisOptions::default()
        }));
        let (model, center) = (OpenAiStub::start(), CommandCenterStub::start());
        model.answer_with(|_| model_answer());
        let collector = CollectorStub::start();
        let folder = tempfile::tempdir()?;
        let certificate = folder.path().join("certificate.pem");
        fs::write(&certificate, testkit::self_signed_certificate())?;
        let since = SystemClock.now() - TimeDelta::days(1);
        let variables = vec![
            ("DATABASE_URL", database),
            ("POSTGRES_POOL_MODE", "session".to_owned()),
            ("REDIS_URL", redis.url()),
            ("OPENAI_API_KEY", "a-key-for-drills".to_owned()),
            ("OPENAI_BASE_URL", model.base_url()),
            ("OPENAI_TIMEOUT", "2".to_owned()),
            // In a drill, a minute is some seconds.
            ("OPENAI_CIRCUIT_BREAKER_TIMEOUT", "2".to_owned()),
            ("RATE_LIMIT_AI", "10000000/minute".to_owned()),
            ("COMMAND_CENTER_URL", center.url()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
            ("JWT_SECRET", SECRET.to_owned()),
            (
                "JWT_SECRET_SINCE",
                since.to_rfc3339_opts(SecondsFormat::Secs, true),
            ),
            ("SHARED_SECRET", AGENTS_SECRET.to_owned()),
            ("TLS_CERTIFICATE_FILE", certificate.display().to_string()),
            ("HTTP_WORKERS", "2".to_owned()),
        ];
        let places = Places {
            binary: binary.to_owned(),
            variables,
            ports: [(free_port(), free_port()), (free_port(), free_port())],
            limit: MemoryLimit::new(MEMORY_LIMIT)?,
            folder,
        };
        // The first one fills the catalogue, for both.
        let stable = places.start(Version::Stable)?;
        let canary = places.start(Version::Canary)?;
        let haproxy = before(&stable, &canary)?;
        let servers = [
            (stable.admin_address(), Version::Stable.label()),
            (canary.admin_address(), Version::Canary.label()),
        ];
        let scraping = Scraping::new(&["rules/*.yml"]).servers(&policy.monitoring.job, &servers);
        let prometheus =
            PrivatePrometheus::start(scraping.text(), &[], |folder| put_rules(folder, files));
        let prometheus = runtime.block_on(prometheus);
        Ok(Self {
            watch: Watch::new(prometheus.url())?,
            _prometheus: prometheus,
            haproxy,
            canary: Some(canary),
            stable,
            places,
            redis,
            model,
            center,
            _collector: collector,
            _postgres: postgres,
            runtime,
        })
    }

    /// Where users ask.
    pub(super) fn public(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.haproxy.public()).into()
    }

    /// Where agents want to hear of their tasks.
    pub(super) fn callback_origin(&self) -> String {
        self.center.url()
    }

    /// Ids of some scholarships.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub(super) fn scholarships(&self) -> anyhow::Result<Vec<String>> {
        let url = format!(
            "http://{}/api/v1/scholarships?limit=20",
            self.stable.address()
        );
        let page: Value = self.watch.get(&url)?;
        let found = page["data"].as_array().into_iter().flatten();
        let ids: Vec<String> = found
            .filter_map(|scholarship| Some(scholarship["id"].as_str()?.to_owned()))
            .collect();
        ensure!(!ids.is_empty(), "the catalogue is empty");
        Ok(ids)
    }

    /// The alerts that fire now.
    ///
    /// # Errors
    ///
    /// When Prometheus does not answer, or a server has ended by itself.
    pub(super) fn firing(&mut self) -> anyhow::Result<BTreeSet<Alert>> {
        let servers = [Some(&mut self.stable), self.canary.as_mut()];
        for server in servers.into_iter().flatten() {
            ensure!(server.is_alive()?, "a server has ended");
        }
        self.watch.firing()
    }

    /// Begins the faults of a version, or ends them.
    ///
    /// # Errors
    ///
    /// When it cannot be told.
    pub(super) fn disturb(&self, version: Version) -> anyhow::Result<()> {
        let server = match version {
            Version::Stable => Some(&self.stable),
            Version::Canary => self.canary.as_ref(),
        };
        server.context("the server was killed")?.signal("USR1")
    }

    /// As `kill -9` does.
    pub(super) fn kill_canary(&mut self) {
        self.canary = None;
    }

    /// # Errors
    ///
    /// When it does not start.
    pub(super) fn start_canary(&mut self) -> anyhow::Result<()> {
        self.canary = Some(self.places.start(Version::Canary)?);
        Ok(())
    }

    /// With nothing in it.
    pub(super) fn restart_redis(&mut self) {
        self.runtime.block_on(self.redis.restart());
    }
}

impl Places {
    fn start(&self, version: Version) -> anyhow::Result<RunningServer> {
        let (index, fills) = match version {
            Version::Stable => (0, "on"),
            Version::Canary => (1, "off"),
        };
        let folder = self.folder.path();
        let label = version.label();
        let copy = folder.join(format!("{label}.index")).display().to_string();
        let mut variables: Vec<(&str, &str)> = vec![
            ("APP_VERSION", label),
            ("SAMPLE_CATALOGUE", fills),
            ("INDEX_FILE", &copy),
        ];
        let shared = self.variables.iter();
        variables.extend(shared.map(|(name, value)| (*name, value.as_str())));
        let server = RunningServer::launch(&Launch {
            binary: &self.binary,
            arguments: version.arguments(),
            store: Path::new("unused"),
            variables: &variables,
            ports: self.ports[index],
            log: Some(&folder.join(format!("{label}.log"))),
        })?;
        self.limit.hold(server.process())?;
        Ok(server)
    }
}

async fn migrate(database: &str) -> anyhow::Result<()> {
    let settings = PostgresSettings::new(database);
    let migrator = Migrator::connect(&settings, Duration::from_secs(10)).await?;
    migrator.up().await?;
    Ok(())
}

/// What the model makes of every question about nursing.
fn model_answer() -> Value {
    json!({"query": "nursing", "filters": {
        "fields_of_study": ["medicine"], "scholarship_types": [], "states": [], "grade_levels": [], "citizenship": [],
        "min_amount": null, "max_amount": null, "min_gpa": null, "financial_need": null, "renewable": null,
        "deadline_after": null, "deadline_before": null, "open_on": null,
    }})
}

/// HAProxy, with half of the traffic for each version.
fn before(stable: &RunningServer, canary: &RunningServer) -> anyhow::Result<PrivateHaproxy> {
    let port = |server: &RunningServer| server.address().port();
    // Both places of the stable version are its one server.
    let haproxy = PrivateHaproxy::start(&[port(stable); 2], port(canary), "500ms");
    let address = haproxy.socket().parse();
    let traffic = Traffic::of_haproxy(address.context("HAProxy's socket has no usable path")?)?;
    let halves = Weights::with_canary(50).context("50 % is a percentage")?;
    traffic.set(halves)?;
    Ok(haproxy)
}

/// The rules as they are shipped, made from the shortened policy.
fn put_rules(folder: &Path, files: &[File]) {
    let rules = folder.join("rules");
    fs::create_dir(&rules).expect("a folder can be made");
    for file in files {
        if let Some((_, name)) = file.path.split_once("prometheus/rules/") {
            fs::write(rules.join(name), &file.text).expect("the folder can be written");
        }
    }
}
