//! The settings of what keeps and shares state: the database, the index file beside it, and Redis.
//!
//! URLs may hold passwords: they are shown without user, password and unknown parameters.

use std::path::PathBuf;

use adapter_postgres::{PoolMode, PostgresSettings};
use adapter_redis::RedisSettings;
use adapter_sqlite::SqliteSettings;
use configuration::Reader;
use secrecy::{ExposeSecret as _, SecretString};

/// The index file of a Postgres, unless `INDEX_FILE` names another.
const POSTGRES_INDEX_FILE: &str = "var/scholarship-api.index";
/// What the certificates of Redis may come to.
const MOST_CERTIFICATE_BYTES: u64 = 4 * 1024 * 1024;

/// Where the catalogue is kept.
#[derive(Debug, Clone)]
pub enum Database {
    Sqlite(SqliteSettings),
    Postgres(PostgresSettings),
}

impl Database {
    /// The URL without what is secret in it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(settings) => format!("sqlite://{}", settings.path.display()),
            Self::Postgres(settings) => without_secrets(&settings.url),
        }
    }
}

/// `scheme://host:port/path?sslmode=..` of a URL that may hold more.
fn without_secrets(url: &SecretString) -> String {
    let url = url.expose_secret();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    // The last one: a password that should have been encoded may hold others.
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let shown = |pair: &&str| pair.starts_with("sslmode=") || pair.starts_with("sslrootcert=");
    let query: Vec<&str> = query.split('&').filter(shown).collect();
    if query.is_empty() {
        format!("{scheme}://{place}")
    } else {
        format!("{scheme}://{place}?{}", query.join("&"))
    }
}

/// An error with its causes in one sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

pub(super) fn database(reader: &mut Reader<'_>) -> Database {
    let readers = reader.number("SQLITE_READERS", 1, 64);
    let postgres = postgres(reader);
    let url = postgres.url.expose_secret();
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        if url.contains('@') && !reader.layers.is_set_in_environment("DATABASE_URL") {
            let message = "may hold a password: give it as the environment variable DATABASE_URL";
            reader.refuse("DATABASE_URL", message);
        }
        if let Err(error) = postgres.check() {
            reader.refuse("DATABASE_URL", sentence(&error));
        }
        return Database::Postgres(postgres);
    }
    let path = adapter_sqlite::path_from_url(url).unwrap_or_else(|error| {
        let message = format!("{error}; or be a URL that begins with postgresql://");
        reader.refuse("DATABASE_URL", message);
        PathBuf::new()
    });
    Database::Sqlite(SqliteSettings {
        readers: u32::try_from(readers).unwrap_or(u32::MAX),
        ..SqliteSettings::at(path)
    })
}

/// Read, and checked, also where the database is another: what is wrong shows before it is needed.
fn postgres(reader: &mut Reader<'_>) -> PostgresSettings {
    let modes = [
        ("session", PoolMode::Session),
        ("transaction", PoolMode::Transaction),
    ];
    let connections = reader.number("POSTGRES_MAX_CONNECTIONS", 1, 1_000);
    PostgresSettings {
        max_connections: u32::try_from(connections).unwrap_or(u32::MAX),
        pool_mode: reader.choice("POSTGRES_POOL_MODE", &modes, PoolMode::Transaction),
        connection_timeout: reader.seconds("POSTGRES_CONNECTION_TIMEOUT", 1, 3_600),
        idle_timeout: reader.seconds("POSTGRES_IDLE_TIMEOUT", 1, 86_400),
        query_timeout: reader.seconds("POSTGRES_QUERY_TIMEOUT", 1, 3_600),
        ..PostgresSettings::new(reader.text("DATABASE_URL"))
    }
}

/// Beside the store where that is a file.
pub(super) fn index_file(reader: &Reader<'_>, database: &Database) -> PathBuf {
    match (reader.optional("INDEX_FILE"), database) {
        (Some(path), _) => path.into(),
        (None, Database::Postgres(_)) => POSTGRES_INDEX_FILE.into(),
        (None, Database::Sqlite(settings)) => {
            let mut path = settings.path.clone().into_os_string();
            path.push(".index");
            path.into()
        }
    }
}

/// `None` without `REDIS_URL`.
pub(super) fn redis(reader: &mut Reader<'_>, database: &Database) -> Option<RedisSettings> {
    let url = reader.optional("REDIS_URL");
    let connections = reader.number("REDIS_MAX_CONNECTIONS", 1, 10_000);
    let settings = RedisSettings {
        certificate_authorities: certificate_authorities(reader),
        max_connections: u32::try_from(connections).unwrap_or(u32::MAX),
        connection_timeout: reader.seconds("REDIS_CONNECTION_TIMEOUT", 1, 3_600),
        socket_timeout: reader.seconds("REDIS_SOCKET_TIMEOUT", 1, 3_600),
        ttl_default: reader.seconds("REDIS_TTL_DEFAULT", 1, 31 * 86_400),
        eviction_policy: eviction_policy(reader),
        key_prefix: reader.text("REDIS_KEY_PREFIX"),
        keeps_guards: matches!(database, Database::Sqlite(_)),
        ..RedisSettings::at(url.clone().unwrap_or_default())
    };
    url?;
    if let Err(error) = settings.check() {
        reader.refuse("REDIS_URL", sentence(&error));
    }
    Some(settings)
}

/// The plan names the policy twice, once as a line of Redis' own configuration: both must say the same.
fn eviction_policy(reader: &mut Reader<'_>) -> String {
    let policy = reader.text("REDIS_EVICTION_POLICY");
    let line = reader.optional("REDIS_MEMORY_POLICY");
    let named = line
        .as_deref()
        .map(|line| line.trim_start_matches("maxmemory-policy").trim());
    if named.is_some_and(|named| named != policy) {
        let message =
            format!("must be `maxmemory-policy {policy}`, as REDIS_EVICTION_POLICY has it");
        reader.refuse("REDIS_MEMORY_POLICY", message);
    }
    policy
}

fn certificate_authorities(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    let path = reader.optional("REDIS_CERTIFICATE_AUTHORITIES")?;
    let read = std::fs::metadata(&path).and_then(|file| {
        if file.len() > MOST_CERTIFICATE_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(&path)
    });
    read.inspect_err(|error| {
        let message = format!("{path} cannot be read: {error}");
        reader.refuse("REDIS_CERTIFICATE_AUTHORITIES", message);
    })
    .ok()
}

/// Names and values in effect, for people.
pub(super) fn shown(
    database: &Database,
    index_file: &std::path::Path,
    redis: Option<&RedisSettings>,
) -> Vec<(&'static str, String)> {
    let mut shown = vec![("DATABASE_URL", database.url())];
    match database {
        Database::Sqlite(settings) => shown.push(("SQLITE_READERS", settings.readers.to_string())),
        Database::Postgres(settings) => {
            let mode = format!("{:?}", settings.pool_mode).to_ascii_lowercase();
            let seconds = |duration: std::time::Duration| duration.as_secs().to_string();
            shown.extend([
                (
                    "POSTGRES_MAX_CONNECTIONS",
                    settings.max_connections.to_string(),
                ),
                ("POSTGRES_POOL_MODE", mode),
                (
                    "POSTGRES_CONNECTION_TIMEOUT",
                    seconds(settings.connection_timeout),
                ),
                ("POSTGRES_IDLE_TIMEOUT", seconds(settings.idle_timeout)),
                ("POSTGRES_QUERY_TIMEOUT", seconds(settings.query_timeout)),
            ]);
        }
    }
    shown.push(("INDEX_FILE", index_file.display().to_string()));
    if let Some(settings) = redis {
        let seconds = |duration: std::time::Duration| duration.as_secs().to_string();
        shown.extend([
            ("REDIS_URL", without_secrets(&settings.url)),
            (
                "REDIS_MAX_CONNECTIONS",
                settings.max_connections.to_string(),
            ),
            (
                "REDIS_CONNECTION_TIMEOUT",
                seconds(settings.connection_timeout),
            ),
            ("REDIS_SOCKET_TIMEOUT", seconds(settings.socket_timeout)),
            ("REDIS_TTL_DEFAULT", seconds(settings.ttl_default)),
            ("REDIS_EVICTION_POLICY", settings.eviction_policy.clone()),
            ("REDIS_KEY_PREFIX", settings.key_prefix.clone()),
        ]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, shown) in [
            (
                "postgresql://ann:p%40ss@h:5432/d?sslmode=require&connect_timeout=30",
                "postgresql://h:5432/d?sslmode=require",
            ),
            ("postgres://a:b@c/d@h/d?password=x", "postgres://h/d"),
            ("rediss://:hidden@h:6380/1", "rediss://h:6380/1"),
            ("redis://h", "redis://h"),
        ] {
            assert_eq!(without_secrets(&SecretString::from(url)), shown);
        }
    }
}
