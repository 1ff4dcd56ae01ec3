//! What is asked of a language model, and what it costs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds.
const CALL_EDGES: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

pub(super) struct AssistantMetrics {
    requests: Counter,
    failed: Counter,
    calls: Histogram,
    answers: Family<AnswerLabels, Counter>,
    fallbacks: Family<FallbackLabels, Counter>,
    cost: Counter<f64, AtomicU64>,
    budget_warnings: Counter,
    breaker: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FallbackLabels {
    reason: &'static str,
}

impl AssistantMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Counter::default(),
            failed: Counter::default(),
            calls: Histogram::new(CALL_EDGES),
            answers: Family::default(),
            fallbacks: Family::default(),
            cost: Counter::default(),
            budget_warnings: Counter::default(),
            breaker: Gauge::default(),
        };
        registry.register(
            "openai_requests",
            "Questions to the language model, each with its retries",
            metrics.requests.clone(),
        );
        registry.register(
            "openai_requests_failed",
            "Questions to the language model without an answer that can be used",
            metrics.failed.clone(),
        );
        registry.register(
            "openai_request_duration_seconds",
            "Time of one call to the language model",
            metrics.calls.clone(),
        );
        registry.register(
            "ai_answers",
            "Answers of the AI endpoints, by whose they are",
            metrics.answers.clone(),
        );
        registry.register(
            "ai_fallbacks",
            "Answers by rules of our own, by reason",
            metrics.fallbacks.clone(),
        );
        registry.register(
            "openai_cost_usd",
            "What calls to the language model cost, in US dollars",
            metrics.cost.clone(),
        );
        registry.register(
            "openai_budget_warnings",
            "Days on which four fifths of the money for the language model were spent",
            metrics.budget_warnings.clone(),
        );
        registry.register(
            "openai_circuit_breaker_open",
            "1 while the language model is left alone because it failed too often",
            metrics.breaker.clone(),
        );
        for source in ["model", "cache", "fallback"] {
            drop(metrics.answers.get_or_create(&AnswerLabels { source }));
        }
        metrics
    }

    pub(super) fn prepare(&self, reasons: impl IntoIterator<Item = &'static str>) {
        for reason in reasons {
            drop(self.fallbacks.get_or_create(&FallbackLabels { reason }));
        }
    }

    pub(super) fn called(&self, took: Duration) {
        self.calls.observe(took.as_secs_f64());
    }

    pub(super) fn asked(&self, is_usable: bool) {
        self.requests.inc();
        if !is_usable {
            self.failed.inc();
        }
    }

    pub(super) fn answered(&self, source: &'static str, reason: Option<&'static str>) {
        self.answers.get_or_create(&AnswerLabels { source }).inc();
        if let Some(reason) = reason {
            self.fallbacks
                .get_or_create(&FallbackLabels { reason })
                .inc();
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a call costs less than 2^52 millionths of a dollar"
    )]
    pub(super) fn cost(&self, micro_usd: u64) {
        self.cost.inc_by(micro_usd as f64 / 1_000_000.0);
    }

    pub(super) fn budget_warned(&self) {
        self.budget_warnings.inc();
    }

    pub(super) fn set_breaker(&self, is_open: bool) {
        self.breaker
            .inner()
            .store(is_open.into(), Ordering::Relaxed);
    }
}
