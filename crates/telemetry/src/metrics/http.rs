//! Requests by method, route, status and version, within a bounded number of label sets.
//!
//! Each thread counts for itself, so that answering a request waits for no other one; who reads the metrics adds up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{
    EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::per_thread::PerThread;

/// Seconds. The edges at 0.15, 0.2, 0.22 and 0.3 stand where the latency objectives and the rollout gates are judged.
const DURATION_EDGES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.22, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0,
];

/// The service has a few dozen routes. Should a caller pass paths for templates, memory stays bounded all the same.
const MAXIMUM_ROUTES: usize = 256;
const OTHER: &str = "other";

pub(super) struct HttpMetrics {
    counts: AllCounts,
    /// Asked only when a thread meets a route for the first time.
    routes: Mutex<HashSet<Arc<str>>>,
    other_route: Arc<str>,
}

/// Of each part of the threads; its lock is free but for the moment in which the metrics are read.
type AllCounts = Arc<PerThread<Mutex<Counts>>>;

#[derive(Debug, Default)]
struct Counts(HashMap<Arc<str>, Vec<MethodCounts>>);

/// The requests of one method to one route.
#[derive(Debug)]
struct MethodCounts {
    method: Method,
    by_status: Vec<(u16, u64)>,
    seconds: f64,
    /// How many took at most as long as each edge and longer than the one before; the last: longer than all.
    buckets: [u64; DURATION_EDGES.len() + 1],
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
        let counts = AllCounts::default();
        registry.register(
            "http_requests",
            "Requests answered",
            Requests(Arc::clone(&counts)),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time from the first byte of a request to its answer",
            Durations(Arc::clone(&counts)),
        );
        Self {
            counts,
            routes: Mutex::default(),
            other_route: Arc::from(OTHER),
        }
    }

    pub(super) fn request_finished(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = Method::of(method);
        let mut counts = lock(self.counts.own());
        if let Some(of_route) = counts.0.get_mut(route) {
            MethodCounts::among(of_route, method).add(status, took);
        } else {
            let of_route = counts.0.entry(self.route(route)).or_default();
            MethodCounts::among(of_route, method).add(status, took);
        }
    }

    /// The one copy of a template that all threads share, or that of all further ones when there are too many.
    fn route(&self, template: &str) -> Arc<str> {
        let mut known = lock(&self.routes);
        if let Some(route) = known.get(template) {
            return Arc::clone(route);
        }
        if known.len() >= MAXIMUM_ROUTES {
            return Arc::clone(&self.other_route);
        }
        let route: Arc<str> = Arc::from(template);
        known.insert(Arc::clone(&route));
        route
    }
}

impl MethodCounts {
    fn among(of_route: &mut Vec<Self>, method: Method) -> &mut Self {
        let known = of_route.iter().position(|counts| counts.method == method);
        let at = known.unwrap_or_else(|| {
            of_route.push(Self::of(method));
            of_route.len() - 1
        });
        &mut of_route[at]
    }

    fn of(method: Method) -> Self {
        Self {
            method,
            by_status: Vec::new(),
            seconds: 0.0,
            buckets: [0; DURATION_EDGES.len() + 1],
        }
    }

    fn add(&mut self, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        self.buckets[DURATION_EDGES.partition_point(|edge| *edge < seconds)] += 1;
        self.seconds += seconds;
        self.add_status(status, 1);
    }

    fn add_status(&mut self, status: u16, count: u64) {
        match self
            .by_status
            .iter_mut()
            .find(|(known, _)| *known == status)
        {
            Some((_, counted)) => *counted += count,
            None => self.by_status.push((status, count)),
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (status, count) in &other.by_status {
            self.add_status(*status, *count);
        }
        self.seconds += other.seconds;
        for (bucket, other) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += other;
        }
    }
}

/// What all threads counted, those that ended included.
fn sum(counts: &AllCounts) -> BTreeMap<(Arc<str>, Method), MethodCounts> {
    let mut sums = BTreeMap::new();
    for part in counts.all() {
        for (route, of_route) in &lock(part).0 {
            for counted in of_route {
                let method = counted.method;
                let sum = sums.entry((Arc::clone(route), method));
                sum.or_insert_with(|| MethodCounts::of(method))
                    .add_all(counted);
            }
        }
    }
    sums
}

fn is_empty(counts: &AllCounts) -> bool {
    counts.all().all(|part| lock(part).0.is_empty())
}

/// Counts are sound after every step, so a thread that panicked has broken nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Requests(AllCounts);

impl EncodeMetric for Requests {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        for ((route, method), counts) in sum(&self.0) {
            for (status, count) in counts.by_status {
                let labels = RequestLabels {
                    method,
                    route: Arc::clone(&route),
                    status,
                };
                let mut encoder = encoder.encode_family(&labels)?;
                encoder.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }

    fn is_empty(&self) -> bool {
        is_empty(&self.0)
    }
}

#[derive(Debug)]
struct Durations(AllCounts);

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        for ((route, method), counts) in sum(&self.0) {
            let edges = DURATION_EDGES.into_iter().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = edges.zip(counts.buckets).collect();
            let labels = DurationLabels { method, route };
            let mut encoder = encoder.encode_family(&labels)?;
            let count = counts.buckets.iter().sum();
            encoder.encode_histogram::<NoLabelSet>(counts.seconds, count, &buckets, None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }

    fn is_empty(&self) -> bool {
        is_empty(&self.0)
    }
}
