//! What the store needs to know to reach Postgres.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

/// Where Postgres is, how it is reached, and how long it may take.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// `postgresql://user:password@host:port/database?sslmode=..`: `disable`, `require` (encrypted, whoever answers) or
    /// `verify-full` (encrypted, and the certificate must name the host), with `sslrootcert=FILE` for a private authority.
    /// Without `sslmode`, `require`.
    pub url: SecretString,
    /// 1 to 1,000.
    pub max_connections: u32,
    pub pool_mode: PoolMode,
    /// How long making one connection may take, from the first packet to the last setting. An attempt that takes longer than
    /// 5 s is begun anew in any case.
    pub connection_timeout: Duration,
    /// After how long a connection that nobody uses is closed.
    pub idle_timeout: Duration,
    /// How long a call for many records may take once it has its connection, and how long Postgres works on one statement.
    pub query_timeout: Duration,
    /// How long a call waits for a connection and for a first sign of life on it, before it fails as unavailable. A call that
    /// reads or writes a few records has no more than this for everything before its commit, and 0.4 s for that.
    pub acquire_timeout: Duration,
    /// Calls of `append` that may wait for the next common insert before further ones are refused, 1 to 65,536.
    pub append_queue: usize,
}

impl PostgresSettings {
    /// Twenty connections used directly, 30 s for connecting and for queries, 600 s idle, 1.5 s of waiting for a connection.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: SecretString::from(url.into()),
            max_connections: 20,
            pool_mode: PoolMode::Session,
            connection_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(600),
            query_timeout: Duration::from_secs(30),
            acquire_timeout: Duration::from_millis(1_500),
            append_queue: 4_096,
        }
    }

    /// The same for another database of the same server.
    pub fn with_database(&self, name: &str) -> Self {
        let url = self.url.expose_secret();
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (scheme, rest) = base.split_once("://").unwrap_or(("postgresql", base));
        let authority = rest
            .split_once('/')
            .map_or(rest, |(authority, _)| authority);
        Self {
            url: SecretString::from(format!("{scheme}://{authority}/{name}?{query}")),
            ..self.clone()
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        (1..=1_000).contains(&self.max_connections)
            && (1..=65_536).contains(&self.append_queue)
            && [
                self.connection_timeout,
                self.idle_timeout,
                self.query_timeout,
                self.acquire_timeout,
            ]
            .iter()
            .all(|timeout| (Duration::from_millis(1)..=LONGEST).contains(timeout))
    }
}

const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What stands between the store and Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// Nothing, or a pooler that lends one connection for as long as we hold ours: statements are prepared once, and
    /// `LISTEN` works.
    Session,
    /// A pooler that lends a connection for one transaction, like PgBouncer with `pool_mode = transaction`: nothing is kept
    /// between transactions.
    Transaction,
}

impl std::str::FromStr for PoolMode {
    type Err = InvalidPoolMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "session" => Ok(Self::Session),
            "transaction" => Ok(Self::Transaction),
            _ => Err(InvalidPoolMode),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be session or transaction")]
pub struct InvalidPoolMode;
