//! The machine of a drill: Postgres behind PgBouncer, three replicas on it, and HAProxy before them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adapter_haproxy::{HaProxy, Settings};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::supervised::free_port;
use testkit::{PrivateHaproxy, PrivatePgBouncer, PrivatePostgres};
use tokio::runtime::Runtime;

use super::waiting::{answered, until, xtask};
use crate::http_connection::{Connection, get, post};
use crate::running_server::{Launch, RunningServer};

/// Only servers of this drill accept it.
pub(super) const SECRET: &str = "a secret of servers that end with the drill";
/// Of every Postgres of a drill: what is acknowledged is on the disk.
pub(super) const DURABLE: &[&str] = &["fsync=on"];

const REPLICAS: usize = 3;

/// How often HAProxy looks at servers, and how long one that ends leaves it to see that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checks {
    pub(super) every: &'static str,
    /// Seconds; longer than two looks.
    pub(super) shutdown_delay: &'static str,
}

/// As shipped, for production.
pub(super) const SHIPPED: Checks = Checks {
    every: "2s",
    shutdown_delay: "5",
};

pub(super) struct World {
    // In this order they end.
    haproxy: PrivateHaproxy,
    pub(super) replicas: Vec<Replica>,
    pub(super) pooler: PrivatePgBouncer,
    /// The one that the pooler points to.
    pub(super) postgres: PrivatePostgres,
    pub(super) database: String,
    pub(super) runtime: Runtime,
    router: HaProxy,
    places: Places,
}

pub(super) struct Replica {
    /// From 1, as HAProxy numbers them.
    pub(super) number: usize,
    server: Option<RunningServer>,
    ports: (u16, u16),
}

/// How replicas are started, and started again.
pub(super) struct Places {
    binary: PathBuf,
    checks: Checks,
    /// Of replicas that are on a Redis.
    redis: Option<String>,
    folder: TempDir,
}

impl World {
    /// Starts everything, with the sample catalogue.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub(super) fn start(binary: &Path, checks: Checks) -> anyhow::Result<Self> {
        Self::start_on(binary, checks, None)
    }

    /// The same, with the URL of a Redis.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub(super) fn start_on(
        binary: &Path,
        checks: Checks,
        redis: Option<String>,
    ) -> anyhow::Result<Self> {
        let postgres = PrivatePostgres::start_with(DURABLE);
        let database = postgres.database();
        let pooler = PrivatePgBouncer::start(&postgres, 40);
        let places = Places {
            binary: binary.to_owned(),
            checks,
            redis,
            folder: tempfile::tempdir()?,
        };
        xtask(&postgres.url(&database), &["migrate", "up"])?;
        let mut replicas = Vec::new();
        for number in 1..=REPLICAS {
            let mut replica = Replica {
                number,
                server: None,
                ports: (free_port(), free_port()),
            };
            replica.start(&places, &pooler.url(&database))?;
            replicas.push(replica);
        }
        let ports: Vec<u16> = replicas.iter().map(|replica| replica.ports.0).collect();
        // There is no canary: nobody listens there.
        let haproxy = PrivateHaproxy::start(&ports, free_port(), checks.every);
        let socket = haproxy.socket().parse();
        let settings = Settings::new(socket.context("HAProxy's socket has no usable path")?);
        let world = Self {
            haproxy,
            replicas,
            pooler,
            postgres,
            database,
            runtime: Runtime::new().context("the runtime does not start")?,
            router: HaProxy::new(settings)?,
            places,
        };
        for index in 0..REPLICAS {
            world.until_routed(index)?;
        }
        Ok(world)
    }

    /// Where users and writers ask.
    pub(super) fn public(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.haproxy.public()).into()
    }

    /// Of the database itself, for operators.
    pub(super) fn direct_url(&self) -> String {
        self.postgres.url(&self.database)
    }

    /// A path in a folder that goes with the world.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.places.folder.path().join(name)
    }

    /// The id of one of the sample catalogue.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn a_scholarship(&self) -> anyhow::Result<String> {
        let (_, page) = self.ask(self.public(), &get("/api/v1/scholarships?limit=1", None))?;
        let id = page["data"][0]["id"].as_str();
        Ok(id.context("the catalogue is empty")?.to_owned())
    }

    /// Starts a replica that has ended again, at the same address.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub(super) fn start_again(&mut self, index: usize) -> anyhow::Result<()> {
        let url = self.pooler.url(&self.database);
        self.replicas[index].start(&self.places, &url)
    }

    /// Kills Postgres and all replicas, and removes all that they have written.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub(super) fn destroy(&mut self) -> anyhow::Result<()> {
        for replica in &mut self.replicas {
            replica.server = None;
            std::fs::remove_dir_all(replica.folder(&self.places))?;
        }
        self.postgres.destroy();
        Ok(())
    }

    /// Whether HAProxy sends requests to a replica.
    ///
    /// # Errors
    ///
    /// When HAProxy does not say.
    pub(super) fn is_routed(&self, index: usize) -> anyhow::Result<bool> {
        let name = format!("stable-{}", index + 1);
        let overview = self.router.overview()?;
        let mut servers = overview.stable.servers.iter();
        let server = servers.find(|server| server.name == name);
        Ok(server.context("HAProxy does not know it")?.is_ready())
    }

    /// Waits until HAProxy does.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn until_routed(&self, index: usize) -> anyhow::Result<()> {
        until("HAProxy sends requests to the replica", || {
            self.is_routed(index)
        })
    }

    /// Waits until a replica does without nothing.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn until_whole(&self, index: usize) -> anyhow::Result<()> {
        let address = self.replicas[index].address();
        until("the replica is ready, and nothing is degraded", || {
            let (status, ready) = self.ask(address, &get("/readyz", None))?;
            Ok(status == 200 && ready["degraded"] == json!([]))
        })
    }

    /// Waits until a replica says that it does without something.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub(super) fn until_without(&self, index: usize, what: &str) -> anyhow::Result<()> {
        let address = self.replicas[index].address();
        until("the replica is ready, and does without something", || {
            let (status, ready) = self.ask(address, &get("/readyz", None))?;
            let mut degraded = ready["degraded"].as_array().into_iter().flatten();
            Ok(status == 200 && degraded.any(|one| one == what))
        })
    }

    /// How long after its acknowledgement by the first replica a change is seen by all others.
    ///
    /// # Errors
    ///
    /// When it is not acknowledged, or not seen.
    pub(super) fn feed_delay(&self, editor: &str) -> anyhow::Result<Duration> {
        let body = json!({"name": "Feed Award", "organization": "Feeds"}).to_string();
        let request = post("/api/v1/scholarships", Some(editor), &body);
        let (status, made) = self.ask(self.replicas[0].address(), &request)?;
        ensure!(status == 201, "a write was answered with {status}: {made}");
        let begun = Instant::now();
        let id = made["id"].as_str().context("no id")?;
        let look = get(&format!("/api/v1/scholarships/{id}"), None);
        for replica in &self.replicas[1..] {
            until("the other replicas see the change", || {
                Ok(self.ask(replica.address(), &look)?.0 == 200)
            })?;
        }
        Ok(begun.elapsed())
    }

    /// One answer, over a connection of its own.
    ///
    /// # Errors
    ///
    /// When there is none in time. A body that is no JSON is null.
    pub(super) fn ask(&self, address: SocketAddr, request: &[u8]) -> anyhow::Result<(u16, Value)> {
        self.runtime.block_on(answered(async {
            let mut connection = Connection::open(address).await?;
            let (status, length) = connection.ask(request).await?;
            let body = serde_json::from_slice(connection.body(length));
            Ok((status, body.unwrap_or_default()))
        }))
    }
}

impl Replica {
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.0).into()
    }

    fn start(&mut self, places: &Places, url: &str) -> anyhow::Result<()> {
        let folder = self.folder(places);
        std::fs::create_dir_all(&folder)?;
        let index = folder.join("index").display().to_string();
        let mut variables = vec![
            ("DATABASE_URL", url),
            ("POSTGRES_POOL_MODE", "transaction"),
            ("JWT_SECRET", SECRET),
            ("INDEX_FILE", &index),
            ("SHUTDOWN_DELAY", places.checks.shutdown_delay),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            // The first one fills the catalogue, for all.
            ("SAMPLE_CATALOGUE", "on"),
            ("HTTP_WORKERS", "2"),
        ];
        variables.extend(places.redis.as_deref().map(|url| ("REDIS_URL", url)));
        let server = RunningServer::launch(&Launch {
            binary: &places.binary,
            arguments: &[],
            store: Path::new("unused"),
            variables: &variables,
            ports: self.ports,
            log: Some(&folder.join("log")),
        })?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends it with SIGTERM.
    ///
    /// # Errors
    ///
    /// When it does not end with 0.
    pub(super) fn stop(&mut self) -> anyhow::Result<()> {
        self.server.take().context("it does not run")?.stop()
    }

    fn folder(&self, places: &Places) -> PathBuf {
        places
            .folder
            .path()
            .join(format!("replica-{}", self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_the_one_of_production() {
        let shipped = include_str!("../../../config/production.toml");
        let line = format!("shutdown_delay = {}", SHIPPED.shutdown_delay);
        assert!(shipped.lines().any(|one| one == line));
    }
}
