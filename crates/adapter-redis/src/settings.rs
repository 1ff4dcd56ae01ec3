//! What the adapter needs to know to use a Redis.

use std::time::Duration;

use secrecy::SecretString;

use crate::OpenError;
use crate::connections::Connector;

/// Where Redis is, how patient to be with it, and what it is used for.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `REDIS_URL`: `redis://` or `rediss://` (TLS), with user, password and database where needed. Never printed.
    pub url: SecretString,
    /// PEM of the authorities that may have signed the server's certificate; the system's when `None`. With `rediss://` only.
    pub certificate_authorities: Option<Vec<u8>>,
    /// `REDIS_MAX_CONNECTIONS`, 1 or more.
    pub max_connections: u32,
    /// `REDIS_CONNECTION_TIMEOUT`: the most that opening a connection may take, in the background. No request waits so long.
    pub connection_timeout: Duration,
    /// `REDIS_SOCKET_TIMEOUT`: the most that any answer may take. The deadlines below are shorter.
    pub socket_timeout: Duration,
    /// `REDIS_TTL_DEFAULT`: how long use cases that have no reason for another time keep values.
    pub ttl_default: Duration,
    /// `REDIS_EVICTION_POLICY`: what the server is expected to be set to. It is compared, never set.
    pub eviction_policy: String,
    /// Begins every key, so that several environments may share a server.
    pub key_prefix: String,
    /// What the cached values mean. Raise it with every change, so that no release reads the values of another wrongly.
    pub values_version: u32,
    /// The bound for one value of the cache, in bytes.
    pub max_value_bytes: usize,
    /// The most that a request waits for what has a stand-in: limits and cached values.
    pub deadline: Duration,
    /// The most that a request waits for what has none: the replay guard and the spend meter.
    pub guard_deadline: Duration,
    /// Whether the replay guard or the spend meter live here, which a server that evicts may lose.
    pub keeps_guards: bool,
}

impl RedisSettings {
    /// The plan's defaults.
    pub fn at(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            certificate_authorities: None,
            max_connections: 50,
            connection_timeout: Duration::from_secs(5),
            socket_timeout: Duration::from_secs(5),
            ttl_default: Duration::from_secs(3_600),
            eviction_policy: "allkeys-lru".to_owned(),
            key_prefix: "scholarship-api".to_owned(),
            values_version: 1,
            max_value_bytes: 1024 * 1024,
            deadline: Duration::from_millis(50),
            guard_deadline: Duration::from_millis(250),
            keeps_guards: false,
        }
    }

    /// Whether these settings can ever work, without connecting.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong.
    pub fn check(&self) -> Result<(), OpenError> {
        Connector::new(self).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_print_no_secret() {
        let settings = RedisSettings::at("redis://user:hidden@host:1");
        let printed = format!("{settings:?}");
        assert!(!printed.contains("hidden"), "{printed}");
    }
}
