//! Tasks of agents, and what the Command Center is told.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;

/// Seconds.
const ATTEMPT_EDGES: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// How an attempt at a task may end.
const OUTCOMES: [&str; 6] = [
    "succeeded",
    "failed",
    "retry",
    "dead",
    "released",
    "abandoned",
];

pub(super) struct TaskMetrics {
    received: Counter,
    attempts: Family<OutcomeLabels, Counter>,
    durations: Histogram,
    center_requests: Family<OutcomeLabels, Counter>,
    deliveries: Family<OutcomeLabels, Counter>,
    buried: Counter,
    dropped: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl TaskMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            received: Counter::default(),
            attempts: Family::default(),
            durations: Histogram::new(ATTEMPT_EDGES),
            center_requests: Family::default(),
            deliveries: Family::default(),
            buried: Counter::default(),
            dropped: Counter::default(),
        };
        registry.register(
            "agent_tasks_received",
            "Tasks of agents that were taken in",
            metrics.received.clone(),
        );
        registry.register(
            "agent_tasks",
            "Attempts at tasks of agents, by how they ended",
            metrics.attempts.clone(),
        );
        registry.register(
            "agent_task_duration_seconds",
            "Time of one attempt at a task of an agent",
            metrics.durations.clone(),
        );
        registry.register(
            "command_center_requests",
            "Requests to the Command Center",
            metrics.center_requests.clone(),
        );
        registry.register(
            "agent_notice_deliveries",
            "Attempts at telling senders how far their tasks are",
            metrics.deliveries.clone(),
        );
        registry.register(
            "agent_notices_buried",
            "Notices that senders of tasks will not get",
            metrics.buried.clone(),
        );
        registry.register(
            "agent_events_dropped",
            "Events that the Command Center will not hear of, because too many waited",
            metrics.dropped.clone(),
        );
        for outcome in OUTCOMES {
            drop(metrics.attempts.get_or_create(&OutcomeLabels { outcome }));
        }
        for outcome in ["success", "failure"].map(|outcome| OutcomeLabels { outcome }) {
            drop(metrics.center_requests.get_or_create(&outcome));
            drop(metrics.deliveries.get_or_create(&outcome));
        }
        metrics
    }
}

fn outcome_of(is_success: bool) -> OutcomeLabels {
    let outcome = if is_success { "success" } else { "failure" };
    OutcomeLabels { outcome }
}

impl Metrics {
    /// A task of an agent was taken in.
    pub fn task_received(&self) {
        self.with(|recorded| {
            recorded.tasks.received.inc();
        });
    }

    /// An attempt at a task ended: `succeeded`, `failed`, `retry`, `dead`, `released` or `abandoned`.
    pub fn task_attempt_ended(&self, outcome: &'static str, took: Duration) {
        self.with(|recorded| {
            let labels = OutcomeLabels { outcome };
            recorded.tasks.attempts.get_or_create(&labels).inc();
            recorded.tasks.durations.observe(took.as_secs_f64());
        });
    }

    /// A request to the Command Center ended.
    pub fn command_center_called(&self, is_success: bool) {
        self.with(|recorded| {
            let requests = &recorded.tasks.center_requests;
            requests.get_or_create(&outcome_of(is_success)).inc();
        });
    }

    /// An attempt at delivering a notice ended.
    pub fn task_notice_sent(&self, is_success: bool) {
        self.with(|recorded| {
            let deliveries = &recorded.tasks.deliveries;
            deliveries.get_or_create(&outcome_of(is_success)).inc();
        });
    }

    /// A notice was given up.
    pub fn task_notice_buried(&self) {
        self.with(|recorded| {
            recorded.tasks.buried.inc();
        });
    }

    /// Events for the Command Center were dropped.
    pub fn agent_events_dropped(&self, count: u64) {
        self.with(|recorded| {
            recorded.tasks.dropped.inc_by(count);
        });
    }
}
