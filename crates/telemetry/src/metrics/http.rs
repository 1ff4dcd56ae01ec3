//! Requests by method, route and status, within a bounded number of label sets.
//!
//! Each thread counts for itself, so that answering a request waits for no other one; who reads the metrics adds up.

mod counts;
mod routes;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Metrics;
use super::per_thread::PerThread;
use super::text::{Sample, family, labels};
pub(super) use counts::Exemplar;
use counts::{Counts, DURATION_EDGES};
use routes::Routes;

/// Older ones lead to traces that may be gone.
const EXEMPLAR_AGE: Duration = Duration::from_secs(600);

/// They are asked by machines about the machine: no requests of anybody.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Of all routes but those of probes, since the start.
pub(super) struct Totals {
    pub(super) requests: u64,
    pub(super) failed: u64,
    pub(super) slow: u64,
}

pub(super) struct HttpMetrics {
    version: String,
    routes: Routes,
    /// By place among the routes. The lock of each part is free but for the moment in which the metrics are read.
    counts: PerThread<Mutex<Vec<Option<Box<Counts>>>>>,
}

impl HttpMetrics {
    pub(super) fn new<'a>(
        version: &str,
        routes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self {
            version: version.to_owned(),
            routes: Routes::new(routes),
            counts: PerThread::default(),
        }
    }

    fn request_finished(
        &self,
        (method, route): (&str, &str),
        status: u16,
        took: Duration,
        trace_id: Option<&str>,
    ) {
        let place = self.routes.place(method, route);
        let exemplar = trace_id.and_then(|id| Exemplar::of(id, took));
        let mut all = lock(self.counts.own());
        if all.len() <= place {
            all.resize_with(self.routes.len(), || None);
        }
        all[place]
            .get_or_insert_default()
            .add(status, took, exemplar);
    }

    /// What all threads counted, those that ended included. Declared routes are there from the start.
    fn sums(&self) -> Vec<Option<Counts>> {
        let mut sums: Vec<Option<Counts>> = (0..self.routes.len())
            .map(|place| self.routes.is_declared(place).then(Counts::declared))
            .collect();
        for part in self.counts.all() {
            for (sum, counted) in sums.iter_mut().zip(lock(part).iter()) {
                if let Some(counted) = counted {
                    sum.get_or_insert_default().add_all(counted);
                }
            }
        }
        sums
    }

    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals {
            requests: 0,
            failed: 0,
            slow: 0,
        };
        for (place, counts) in self.sums().iter().enumerate() {
            if let Some(counts) = counts
                && !PROBES.contains(&self.routes.names(place).1)
            {
                totals.requests += counts.requests();
                totals.failed += counts.failed();
                totals.slow += counts.above_objective();
            }
        }
        totals
    }

    pub(super) fn encode(&self, text: &mut String) {
        let sums = self.sums();
        let series: Vec<(String, &Counts)> = sums
            .iter()
            .enumerate()
            .filter_map(|(place, sum)| Some((self.labels(place), sum.as_ref()?)))
            .collect();
        family(text, "http_requests", "counter", "Requests answered.");
        for (labels, counts) in &series {
            for (status, count) in counts.by_status() {
                let status = format!("{labels},status=\"{status}\"");
                Sample::new("http_requests_total", &status).write(text, *count);
            }
        }
        family(
            text,
            "http_slow_answers",
            "counter",
            "Answers without a server error that took longer than a second.",
        );
        for (labels, counts) in &series {
            Sample::new("http_slow_answers_total", labels).write(text, counts.slow());
        }
        family(
            text,
            "http_request_duration_seconds",
            "histogram",
            "Time from the head of a request to the head of its answer.",
        );
        let not_before = Exemplar::now().saturating_sub(EXEMPLAR_AGE);
        for (labels, counts) in &series {
            histogram(text, labels, counts, not_before);
        }
    }

    fn labels(&self, place: usize) -> String {
        let (method, route) = self.routes.names(place);
        labels(&[
            ("version", &self.version),
            ("method", method),
            ("route", route),
        ])
    }
}

fn histogram(text: &mut String, labels: &str, counts: &Counts, not_before: Duration) {
    let mut cumulated = 0;
    let edges = DURATION_EDGES.iter().map(Some).chain([None]);
    for (at, edge) in edges.enumerate() {
        let (count, exemplar) = counts.bucket(at);
        cumulated += count;
        let edge = edge.map_or_else(|| "+Inf".to_owned(), |edge| format!("{edge:?}"));
        let labels = format!("{labels},le=\"{edge}\"");
        let sample = Sample::new("http_request_duration_seconds_bucket", &labels);
        match exemplar.filter(|exemplar| exemplar.at >= not_before) {
            Some(exemplar) => sample.write_with(text, cumulated, exemplar),
            None => sample.write(text, cumulated),
        }
    }
    Sample::new("http_request_duration_seconds_count", labels).write(text, cumulated);
    Sample::new("http_request_duration_seconds_sum", labels).write(text, counts.seconds());
}

/// Counts are sound after every step, so a thread that panicked has broken nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    /// Counts one answered request and the time it took. `route` is the template, as `/api/v1/scholarships/{id}`; a pair of
    /// method and route that was not declared counts as `unmatched`, and HEAD as the GET whose answer it is.
    ///
    /// `trace_id` is that of a trace that is kept, in 32 hexadecimal digits: an example for the bucket of this time.
    pub fn http_request_finished(
        &self,
        method: &str,
        route: &str,
        status: u16,
        took: Duration,
        trace_id: Option<&str>,
    ) {
        self.with(|recorded| {
            let request = (method, route);
            recorded
                .http
                .request_finished(request, status, took, trace_id);
        });
    }
}
