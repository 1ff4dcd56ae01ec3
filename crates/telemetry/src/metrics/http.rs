//! Requests by method, route, status and version, within a bounded number of label sets.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds. The edges at 0.15, 0.2, 0.22 and 0.3 stand where the latency objectives and the rollout gates are judged.
const DURATION_EDGES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.22, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0,
];

/// The service has a few dozen routes. Should a caller pass paths for templates, memory stays bounded all the same.
const MAXIMUM_ROUTES: usize = 256;
const OTHER: &str = "other";

pub(super) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram>,
    routes: RwLock<HashSet<Arc<str>>>,
    other_route: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: Method,
    route: Arc<str>,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    method: Method,
    route: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Method(&'static str);

impl Method {
    fn of(name: &str) -> Self {
        const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        Self(
            KNOWN
                .into_iter()
                .find(|known| *known == name)
                .unwrap_or(OTHER),
        )
    }
}

impl EncodeLabelValue for Method {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry, version: &str) -> Self {
        let registry =
            registry.sub_registry_with_label(("version".into(), version.to_owned().into()));
        let requests = Family::default();
        registry.register(
            "http_requests",
            "Requests answered",
            Family::clone(&requests),
        );
        let durations =
            Family::new_with_constructor((|| Histogram::new(DURATION_EDGES)) as fn() -> Histogram);
        registry.register(
            "http_request_duration_seconds",
            "Time from the first byte of a request to its answer",
            Family::clone(&durations),
        );
        Self {
            requests,
            durations,
            routes: RwLock::default(),
            other_route: Arc::from(OTHER),
        }
    }

    pub(super) fn request_finished(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = Method::of(method);
        let route = self.route(route);
        self.durations
            .get_or_create(&DurationLabels {
                method,
                route: Arc::clone(&route),
            })
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route,
                status,
            })
            .inc();
    }

    /// The one copy of a template that all its labels share.
    fn route(&self, template: &str) -> Arc<str> {
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = known.get(template) {
            return Arc::clone(route);
        }
        drop(known);
        let mut known = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAXIMUM_ROUTES && !known.contains(template) {
            return Arc::clone(&self.other_route);
        }
        let route: Arc<str> = Arc::from(template);
        known.insert(Arc::clone(&route));
        route
    }
}
