//! Counts what happens with tasks of agents.

use std::time::Duration;

use app::tasks::TaskObserver;
use telemetry::Metrics;

pub(crate) struct CountedTasks(pub(crate) Metrics);

impl TaskObserver for CountedTasks {
    fn task_received(&self) {
        self.0.task_received();
    }

    fn attempt_ended(&self, outcome: &'static str, took: Duration) {
        self.0.task_attempt_ended(outcome, took);
    }

    fn center_called(&self, is_success: bool) {
        self.0.command_center_called(is_success);
    }

    fn notice_sent(&self, is_success: bool) {
        self.0.task_notice_sent(is_success);
    }

    fn notice_buried(&self) {
        self.0.task_notice_buried();
    }

    fn events_dropped(&self, count: u64) {
        self.0.agent_events_dropped(count);
    }
}
