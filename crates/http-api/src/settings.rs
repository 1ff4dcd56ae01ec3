//! What an operator decides about the HTTP shell.

use std::time::Duration;

use crate::admission::TrustedProxies;

/// Settings of the public listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// Names that requests may be addressed to, with or without a port; empty: any. Probes are exempt.
    pub allowed_hosts: Vec<String>,
    /// Origins of browsers that may read answers; empty: any origin, without credentials.
    pub cors_origins: Vec<String>,
    /// Who may say for whom a request is.
    pub trusted_proxies: TrustedProxies,
    /// From the head of a request to the head of its answer.
    pub request_timeout: Duration,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// Bytes of an import's body.
    pub max_import_body: u64,
    /// How long an import may send nothing.
    pub import_idle_timeout: Duration,
    /// Searches over the whole catalogue for one student (recommendations, unlocks, checks) that may run or wait at once.
    pub max_heavy_requests: usize,
    /// Whether rules of our own answer when the language model does not.
    pub ai_fallback: bool,
    /// Shown by `/` and `/health`.
    pub version: String,
}

impl ApiSettings {
    /// Longest path with query, in bytes.
    pub const MAX_URL: usize = 2_048;
    /// Headers of one request, and the bytes of all their names and values together.
    pub const MAX_HEADERS: usize = 64;
    pub const MAX_HEADER_BYTES: usize = 16 * 1024;
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            request_timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            max_import_body: 256 * 1024 * 1024,
            import_idle_timeout: Duration::from_secs(30),
            max_heavy_requests: 64,
            ai_fallback: true,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
