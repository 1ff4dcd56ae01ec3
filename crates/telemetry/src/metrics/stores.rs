//! Postgres and Redis as this process meets them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::optional::{OptionalGauge, Switched};

/// Seconds.
const QUERY_EDGES: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// Absent where neither is used.
pub(super) struct StoreMetrics {
    connections_active: OptionalGauge,
    connections_max: OptionalGauge,
    queries: Family<OperationLabels, Histogram, fn() -> Histogram>,
    transactions: Family<OutcomeLabels, Counter>,
    lookups: Switched<Counter>,
    hits: Switched<Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl StoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            connections_active: OptionalGauge::default(),
            connections_max: OptionalGauge::default(),
            queries: Family::new_with_constructor(|| Histogram::new(QUERY_EDGES)),
            transactions: Family::default(),
            lookups: Switched::default(),
            hits: Switched::default(),
        };
        registry.register(
            "postgres_connections_active",
            "Connections of the pool that are lent now",
            metrics.connections_active.clone(),
        );
        registry.register(
            "postgres_connections_max",
            "Connections that the pool may have",
            metrics.connections_max.clone(),
        );
        registry.register(
            "postgres_query_duration_seconds",
            "Time of one transaction's statements and its commit, the wait for a connection left out",
            metrics.queries.clone(),
        );
        registry.register(
            "postgres_transactions",
            "Attempts at transactions, by how they ended",
            metrics.transactions.clone(),
        );
        registry.register(
            "redis_lookups",
            "Lookups of values that this process wrote and that have not expired",
            metrics.lookups.clone(),
        );
        registry.register(
            "redis_hits",
            "Those lookups that found the value",
            metrics.hits.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Makes the series of Postgres: of these operations, and of these outcomes of transactions.
    pub fn prepare_postgres(
        &self,
        operations: impl IntoIterator<Item = &'static str>,
        outcomes: impl IntoIterator<Item = &'static str>,
    ) {
        self.with(|recorded| {
            for operation in operations {
                let labels = OperationLabels { operation };
                drop(recorded.stores.queries.get_or_create(&labels));
            }
            for outcome in outcomes {
                let labels = OutcomeLabels { outcome };
                drop(recorded.stores.transactions.get_or_create(&labels));
            }
        });
    }

    /// `operation` is one of those that were prepared.
    pub fn postgres_query_ended(&self, operation: &'static str, took: Duration) {
        self.with(|recorded| {
            let labels = OperationLabels { operation };
            let kept = &recorded.stores.queries;
            kept.get_or_create(&labels).observe(took.as_secs_f64());
        });
    }

    /// `outcome` is one of those that were prepared.
    pub fn postgres_transaction_ended(&self, outcome: &'static str) {
        self.with(|recorded| {
            let labels = OutcomeLabels { outcome };
            recorded.stores.transactions.get_or_create(&labels).inc();
        });
    }

    /// How many connections are lent, and how many there may be.
    pub fn set_postgres_pool(&self, active: u32, max: u32) {
        self.with(|recorded| {
            let stores = &recorded.stores;
            stores.connections_active.set(Some(active.into()));
            stores.connections_max.set(Some(max.into()));
        });
    }

    /// Since the start; neither ever falls.
    pub fn set_redis_lookups(&self, lookups: u64, hits: u64) {
        self.with(|recorded| {
            let stores = &recorded.stores;
            for (counter, value) in [(&stores.lookups, lookups), (&stores.hits, hits)] {
                counter.metric.inner().store(value, Ordering::Relaxed);
                counter.switch_on();
            }
        });
    }
}
