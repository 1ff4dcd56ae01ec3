//! What the process depends on and how it stands: what is up, what waits, what the model may cost, what runs out when.

use prometheus_client::registry::Registry;

use super::Metrics;
use super::optional::OptionalGauge;

/// Something else that may be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    Postgres,
    Redis,
    CommandCenter,
}

/// All absent until they are set.
#[derive(Default)]
pub(super) struct DependencyMetrics {
    postgres_up: OptionalGauge,
    redis_up: OptionalGauge,
    command_center_up: OptionalGauge,
    tasks_queued: OptionalGauge,
    notices_queued: OptionalGauge,
    interactions_queued: OptionalGauge,
    model_configured: OptionalGauge,
    budget: OptionalGauge,
    budget_spent: OptionalGauge,
    certificate_expiry: OptionalGauge,
    token_key_since: OptionalGauge,
}

impl DependencyMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        for (name, help, gauge) in [
            (
                "postgres_up",
                "1 while Postgres answers",
                &metrics.postgres_up,
            ),
            ("redis_up", "1 while Redis answers", &metrics.redis_up),
            (
                "command_center_up",
                "1 while the Command Center answers",
                &metrics.command_center_up,
            ),
            (
                "agent_tasks_queued",
                "Tasks of agents that wait in the store, for any replica",
                &metrics.tasks_queued,
            ),
            (
                "agent_notices_queued",
                "Notices that wait in the store for their delivery, by any replica",
                &metrics.notices_queued,
            ),
            (
                "interactions_queued",
                "Calls that wait in this process for their interactions to be written",
                &metrics.interactions_queued,
            ),
            (
                "openai_configured",
                "1 where a language model is configured",
                &metrics.model_configured,
            ),
            (
                "openai_budget_usd",
                "What the language model may cost in a day, for all replicas together, in US dollars",
                &metrics.budget,
            ),
            (
                "openai_budget_spent_usd",
                "What of it is spent or set aside today, as last known, in US dollars",
                &metrics.budget_spent,
            ),
            (
                "certificate_expiry_timestamp_seconds",
                "When the first certificate of TLS_CERTIFICATE_FILE expires",
                &metrics.certificate_expiry,
            ),
            (
                "token_key_since_timestamp_seconds",
                "Since when JWT_SECRET is in use",
                &metrics.token_key_since,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
        metrics
    }
}

/// Of amounts of money and of counts; what is lost above 2^53 nobody sees.
#[expect(
    clippy::cast_precision_loss,
    reason = "amounts and counts stay far below 2^53"
)]
fn number(value: u64) -> f64 {
    value as f64
}

impl Metrics {
    /// To be called only for what is configured.
    pub fn set_up(&self, dependency: Dependency, is_up: bool) {
        self.with(|recorded| {
            let dependencies = &recorded.dependencies;
            let gauge = match dependency {
                Dependency::Postgres => &dependencies.postgres_up,
                Dependency::Redis => &dependencies.redis_up,
                Dependency::CommandCenter => &dependencies.command_center_up,
            };
            gauge.set(Some(if is_up { 1.0 } else { 0.0 }));
        });
    }

    /// `None` when the store does not say.
    pub fn set_agent_queues(&self, tasks_and_notices: Option<(u64, u64)>) {
        self.with(|recorded| {
            let dependencies = &recorded.dependencies;
            let queued = tasks_and_notices.map(|(tasks, notices)| (number(tasks), number(notices)));
            dependencies.tasks_queued.set(queued.map(|queued| queued.0));
            dependencies
                .notices_queued
                .set(queued.map(|queued| queued.1));
        });
    }

    pub fn set_interactions_queued(&self, calls: u64) {
        self.with(|recorded| {
            let queued = &recorded.dependencies.interactions_queued;
            queued.set(Some(number(calls)));
        });
    }

    pub fn set_model_configured(&self, is_configured: bool) {
        self.with(|recorded| {
            let configured = &recorded.dependencies.model_configured;
            configured.set(Some(if is_configured { 1.0 } else { 0.0 }));
        });
    }

    /// In millionths of a US dollar. What is spent keeps its last value while nobody can say.
    pub fn set_model_budget(&self, limit: u64, spent: Option<u64>) {
        self.with(|recorded| {
            let dependencies = &recorded.dependencies;
            dependencies.budget.set(Some(number(limit) / 1e6));
            if let Some(spent) = spent {
                dependencies.budget_spent.set(Some(number(spent) / 1e6));
            }
        });
    }

    /// Seconds since 1970; `None` while the file cannot be read.
    pub fn set_certificate_expiry(&self, seconds: Option<f64>) {
        self.with(|recorded| recorded.dependencies.certificate_expiry.set(seconds));
    }

    /// Seconds since 1970.
    pub fn set_token_key_since(&self, seconds: f64) {
        self.with(|recorded| recorded.dependencies.token_key_since.set(Some(seconds)));
    }
}
