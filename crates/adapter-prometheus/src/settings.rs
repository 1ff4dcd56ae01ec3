//! Whom to ask, for how long, and how the metrics are labelled.

use std::collections::BTreeSet;
use std::time::Duration;

use rollout::policy::{Monitoring, Operation};
use secrecy::SecretString;

/// How Prometheus is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What stands before `/api/v1`, such as `http://localhost:9090` or `https://metrics.example.org/prometheus`.
    pub url: String,
    /// Sent as `Authorization: Bearer ..`. Never printed.
    pub bearer_token: Option<SecretString>,
    /// Sent with each question, such as the tenant's name that some proxies ask for. Never printed.
    pub headers: Vec<(String, SecretString)>,
    /// Certificates (PEM) of the authorities to trust instead of the machine's own.
    pub authorities: Option<Vec<u8>>,
    pub limits: Limits,
}

/// What one snapshot may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one question; Prometheus is told to give up by then.
    pub query: Duration,
    /// For the whole snapshot.
    pub total: Duration,
    /// Questions at a time, at least 1.
    pub concurrency: usize,
    /// Bytes of one answer.
    pub answer: usize,
    /// Ended processes in the longest window that are looked up one by one. With more, the windows that reach back to the
    /// older ones have no counts.
    pub ended_processes: usize,
    /// How far our clock may be from that of Prometheus.
    pub clock_difference: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            query: Duration::from_secs(10),
            total: Duration::from_secs(30),
            concurrency: 4,
            answer: 32 * 1024 * 1024,
            ended_processes: 64,
            clock_difference: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Without credentials, with the machine's authorities and the default limits.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            bearer_token: None,
            headers: Vec::new(),
            authorities: None,
            limits: Limits::default(),
        }
    }
}

/// How the servers' metrics are labelled. Routes are templates, as the label `route` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceMetrics {
    pub job: String,
    /// Probes are no requests of anybody: a server that says "not ready" fails nobody.
    pub probe_routes: Vec<String>,
    /// Answers that wait for a language model or stream a whole catalogue: never counted as slow.
    pub slow_routes: Vec<String>,
    pub search_routes: Vec<String>,
    pub recommendation_routes: Vec<String>,
    /// A search or a recommendation that took longer has failed, whatever it answered. An edge of the histogram.
    pub search_within_ms: u32,
}

/// A search that takes longer than a second has failed.
const SEARCH_WITHIN_MS: u32 = 1_000;

impl From<&Monitoring> for ServiceMetrics {
    /// What the policy says, so that alerts and the judge look at the same requests. Methods are left out: a write to the route of
    /// a search counts as one.
    fn from(monitoring: &Monitoring) -> Self {
        let routes = |operations: &[Operation]| {
            let routes: BTreeSet<&String> = operations.iter().map(|one| &one.route).collect();
            routes.into_iter().cloned().collect()
        };
        Self {
            job: monitoring.job.clone(),
            probe_routes: monitoring.probe_routes.clone(),
            slow_routes: monitoring.slow_routes.clone(),
            search_routes: routes(&monitoring.searches),
            recommendation_routes: routes(&monitoring.recommendations),
            search_within_ms: SEARCH_WITHIN_MS,
        }
    }
}

#[cfg(test)]
impl ServiceMetrics {
    pub(crate) fn shipped() -> Self {
        let policy = include_str!("../../../config/rollout.toml");
        Self::from(&rollout::Policy::parse(policy).unwrap().monitoring)
    }
}

/// How the metrics of HAProxy's own exporter are labelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterMetrics {
    pub job: String,
    /// The names of both versions' backends: the label `proxy`.
    pub canary: String,
    pub stable: String,
}

impl Default for RouterMetrics {
    fn default() -> Self {
        Self {
            job: "haproxy".to_owned(),
            canary: "canary".to_owned(),
            stable: "stable".to_owned(),
        }
    }
}
