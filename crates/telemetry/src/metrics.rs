//! What is counted and measured, and its OpenMetrics form.

mod assistant;
mod exporting;
mod http;
mod per_thread;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter as SharedCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use assistant::AssistantMetrics;
pub(crate) use exporting::ExportCounters;
use http::HttpMetrics;
use per_thread::Counter;
use tasks::TaskMetrics;

/// The media type of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every metric of the process. Clones share their values; recording neither waits for another thread nor allocates once a
/// thread has seen a combination of labels.
#[derive(Clone)]
pub struct Metrics(Arc<Recorded>);

struct Recorded {
    registry: Registry,
    http: HttpMetrics,
    assistant: AssistantMetrics,
    tasks: TaskMetrics,
    searches: Counter,
    searches_without_result: Counter,
    eligibility_checks: Counter,
    interactions: Family<InteractionLabels, SharedCounter>,
    index_scholarships: Gauge<u64, AtomicU64>,
    index_lag: Gauge<f64, AtomicU64>,
    index_healed: SharedCounter,
    change_feed_held_back: Gauge<f64, AtomicU64>,
    index_segments: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InteractionLabels {
    kind: &'static str,
}

impl Metrics {
    /// `version` becomes a label of `build_info` and of the HTTP metrics, so that versions side by side can be compared.
    pub fn new(version: &str) -> Self {
        let mut registry = Registry::default();
        registry.register(
            "build",
            "The version that runs",
            Info::new(vec![("version", version.to_owned())]),
        );
        let http = HttpMetrics::register(&mut registry, version);
        let assistant = AssistantMetrics::register(&mut registry);
        let tasks = TaskMetrics::register(&mut registry);
        exporting::register(&mut registry);
        let searches = Counter::default();
        registry.register("search_requests", "Searches answered", searches.clone());
        let searches_without_result = Counter::default();
        registry.register(
            "search_zero_results",
            "Searches answered without any scholarship",
            searches_without_result.clone(),
        );
        let eligibility_checks = Counter::default();
        registry.register(
            "eligibility_checks",
            "Requests that checked a profile against scholarships",
            eligibility_checks.clone(),
        );
        let interactions = Family::default();
        registry.register(
            "interactions_recorded",
            "Interactions made durable, by kind",
            Family::clone(&interactions),
        );
        let index_scholarships = Gauge::default();
        registry.register(
            "index_scholarships",
            "Scholarships in the search index",
            index_scholarships.clone(),
        );
        let index_lag = Gauge::default();
        registry.register(
            "index_lag_seconds",
            "Since the search index was last in step with the store; 0 while it is",
            index_lag.clone(),
        );
        let index_healed = SharedCounter::default();
        registry.register(
            "index_healed_records",
            "Records that the search index held otherwise than the store, made equal",
            index_healed.clone(),
        );
        let change_feed_held_back = Gauge::default();
        registry.register(
            "change_feed_held_back_seconds",
            "Since committed changes were first seen that open transactions keep from the index; 0 while there are none",
            change_feed_held_back.clone(),
        );
        let index_segments = Gauge::default();
        registry.register(
            "index_segments",
            "Parts that the search index is in",
            index_segments.clone(),
        );
        Self(Arc::new(Recorded {
            registry,
            http,
            assistant,
            tasks,
            searches,
            searches_without_result,
            eligibility_checks,
            interactions,
            index_scholarships,
            index_lag,
            index_healed,
            change_feed_held_back,
            index_segments,
        }))
    }

    /// Counts one answered request and the time it took. `route` must be the template, as `/api/v1/scholarships/{id}`,
    /// never the path; `method` and `status` are those of the request and the answer.
    pub fn http_request_finished(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.0.http.request_finished(method, route, status, took);
    }

    pub fn search_answered(&self, found_any: bool) {
        self.0.searches.increment();
        if !found_any {
            self.0.searches_without_result.increment();
        }
    }

    /// A task of an agent was taken in.
    pub fn task_received(&self) {
        self.0.tasks.received();
    }

    /// An attempt at a task ended: `succeeded`, `failed`, `retry`, `dead`, `released` or `abandoned`.
    pub fn task_attempt_ended(&self, outcome: &'static str, took: Duration) {
        self.0.tasks.attempt_ended(outcome, took);
    }

    /// A request to the Command Center ended.
    pub fn command_center_called(&self, is_success: bool) {
        self.0.tasks.center_called(is_success);
    }

    /// A notice was given up.
    pub fn task_notice_buried(&self) {
        self.0.tasks.buried();
    }

    /// Events for the Command Center were dropped.
    pub fn agent_events_dropped(&self, count: u64) {
        self.0.tasks.dropped(count);
    }

    /// Makes the series of these reasons for which rules of our own may answer.
    pub fn prepare_assistant(&self, reasons: impl IntoIterator<Item = &'static str>) {
        self.0.assistant.prepare(reasons);
    }

    /// One call to the language model has ended, well or not.
    pub fn model_called(&self, took: Duration) {
        self.0.assistant.called(took);
    }

    /// A question to the language model has ended, after its retries.
    pub fn model_asked(&self, is_usable: bool) {
        self.0.assistant.asked(is_usable);
    }

    /// `source` and `reason` are codes, not text from a request.
    pub fn assistant_answered(&self, source: &'static str, reason: Option<&'static str>) {
        self.0.assistant.answered(source, reason);
    }

    /// In millionths of a US dollar.
    pub fn model_cost(&self, micro_usd: u64) {
        self.0.assistant.cost(micro_usd);
    }

    pub fn model_budget_warned(&self) {
        self.0.assistant.budget_warned();
    }

    pub fn set_model_breaker(&self, is_open: bool) {
        self.0.assistant.set_breaker(is_open);
    }

    pub fn eligibility_checked(&self) {
        self.0.eligibility_checks.increment();
    }

    /// `kind` is the code of an interaction kind, not text from a request.
    pub fn interactions_recorded(&self, kind: &'static str, count: u64) {
        self.0
            .interactions
            .get_or_create(&InteractionLabels { kind })
            .inc_by(count);
    }

    /// What is in the search index, and in how many parts.
    pub fn set_index(&self, scholarships: u64, segments: u64) {
        self.0.index_scholarships.set(scholarships);
        self.0.index_segments.set(segments);
    }

    pub fn set_index_lag(&self, lag: Duration) {
        self.0.index_lag.set(lag.as_secs_f64());
    }

    pub fn set_change_feed_held_back(&self, age: Duration) {
        self.0.change_feed_held_back.set(age.as_secs_f64());
    }

    /// `records` since the start; it never falls.
    pub fn set_index_healed(&self, records: u64) {
        self.0
            .index_healed
            .inner()
            .store(records, Ordering::Relaxed);
    }

    /// All metrics in the OpenMetrics text format, to be served as [`METRICS_CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        if let Err(error) = encode(&mut text, &self.0.registry) {
            // Writing to a `String` does not fail; should the encoder ever refuse, a gap in the graphs is right.
            tracing::error!(%error, "the metrics could not be encoded");
        }
        text
    }
}
