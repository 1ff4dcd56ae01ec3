//! Whom to ask, for how long, and how the metrics are labelled.

use std::time::Duration;

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

impl Default for ServiceMetrics {
    fn default() -> Self {
        let list = |routes: &[&str]| routes.iter().map(|route| (*route).to_owned()).collect();
        Self {
            job: "scholarship-api".to_owned(),
            probe_routes: list(&["/healthz", "/readyz"]),
            slow_routes: list(&[
                "/ai/analyze-eligibility",
                "/ai/enhance-search",
                "/ai/scholarship-summary/{id}",
                "/ai/search-suggestions",
                "/ai/trends-analysis",
                "/api/v1/scholarships/export",
                "/api/v1/scholarships/import",
            ]),
            search_routes: list(&["/api/v1/search"]),
            recommendation_routes: list(&["/api/v1/recommendations"]),
            search_within_ms: 1_000,
        }
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
