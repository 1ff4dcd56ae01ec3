//! What is asked of a language model, and what it costs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;

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
}

impl Metrics {
    /// Makes the series of these reasons for which rules of our own may answer.
    pub fn prepare_assistant(&self, reasons: impl IntoIterator<Item = &'static str>) {
        self.with(|recorded| {
            for reason in reasons {
                let labels = FallbackLabels { reason };
                drop(recorded.assistant.fallbacks.get_or_create(&labels));
            }
        });
    }

    /// One call to the language model has ended, well or not.
    pub fn model_called(&self, took: Duration) {
        self.with(|recorded| recorded.assistant.calls.observe(took.as_secs_f64()));
    }

    /// A question to the language model has ended, after its retries.
    pub fn model_asked(&self, is_usable: bool) {
        self.with(|recorded| {
            recorded.assistant.requests.inc();
            if !is_usable {
                recorded.assistant.failed.inc();
            }
        });
    }

    /// `source` and `reason` are codes, not text from a request.
    pub fn assistant_answered(&self, source: &'static str, reason: Option<&'static str>) {
        self.with(|recorded| {
            let assistant = &recorded.assistant;
            assistant
                .answers
                .get_or_create(&AnswerLabels { source })
                .inc();
            if let Some(reason) = reason {
                let labels = FallbackLabels { reason };
                assistant.fallbacks.get_or_create(&labels).inc();
            }
        });
    }

    /// In millionths of a US dollar.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a call costs less than 2^52 millionths of a dollar"
    )]
    pub fn model_cost(&self, micro_usd: u64) {
        self.with(|recorded| {
            recorded
                .assistant
                .cost
                .inc_by(micro_usd as f64 / 1_000_000.0);
        });
    }

    pub fn model_budget_warned(&self) {
        self.with(|recorded| {
            recorded.assistant.budget_warnings.inc();
        });
    }

    pub fn set_model_breaker(&self, is_open: bool) {
        self.with(|recorded| {
            let breaker = recorded.assistant.breaker.inner();
            breaker.store(is_open.into(), Ordering::Relaxed);
        });
    }
}
