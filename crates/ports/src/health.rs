//! How a dependency says that it works.

use async_trait::async_trait;

/// One look at a dependency. A probe answers within one second, whatever its dependency does.
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// Stable lower-case name, e.g. `store`.
    fn name(&self) -> &'static str;
    async fn check(&self) -> Health;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Up,
    /// Down; the sentence is for operators and names no secret.
    Down(String),
}

/// The state of a store's connections, for `/db/status`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreHealth {
    /// Connections that exist or may be opened.
    pub pool_size: u32,
    pub in_use: u32,
    pub idle: u32,
    /// One trivial query, in milliseconds.
    pub latency_ms: f64,
    /// The newest migration that was applied.
    pub migration: String,
}
