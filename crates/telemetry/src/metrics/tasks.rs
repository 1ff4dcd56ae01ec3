//! Tasks of agents, and what the Command Center is told.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

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
        for outcome in ["success", "failure"] {
            drop(
                metrics
                    .center_requests
                    .get_or_create(&OutcomeLabels { outcome }),
            );
        }
        metrics
    }

    pub(super) fn received(&self) {
        self.received.inc();
    }

    pub(super) fn attempt_ended(&self, outcome: &'static str, took: Duration) {
        self.attempts
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
        self.durations.observe(took.as_secs_f64());
    }

    pub(super) fn center_called(&self, is_success: bool) {
        let outcome = if is_success { "success" } else { "failure" };
        self.center_requests
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    pub(super) fn buried(&self) {
        self.buried.inc();
    }

    pub(super) fn dropped(&self, count: u64) {
        self.dropped.inc_by(count);
    }
}
