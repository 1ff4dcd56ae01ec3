//! Counts what happens with the language model.

use std::time::Duration;

use app::assistant::{AssistantEvents, FallbackReason, Source};
use ports::{MicroUsd, ModelError};
use telemetry::Metrics;

pub(crate) struct CountedEvents(Metrics);

impl CountedEvents {
    /// Every series is there from the start.
    pub(crate) fn new(metrics: Metrics) -> Self {
        metrics.prepare_assistant(FallbackReason::ALL.map(FallbackReason::code));
        Self(metrics)
    }
}

impl AssistantEvents for CountedEvents {
    fn model_called(&self, _: Option<&ModelError>, took: Duration) {
        self.0.model_called(took);
    }

    fn model_asked(&self, is_usable: bool) {
        self.0.model_asked(is_usable);
    }

    fn answered(&self, source: Source) {
        let reason = source.fallback_reason().map(FallbackReason::code);
        self.0.assistant_answered(source.name(), reason);
    }

    fn money_spent(&self, cost: MicroUsd) {
        self.0.model_cost(cost.0);
    }

    fn budget_warned(&self) {
        self.0.model_budget_warned();
    }
}
