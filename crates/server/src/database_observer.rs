//! Counts what happens with Postgres.

use std::time::Duration;

use ports::{DatabaseObserver, TransactionOutcome};
use telemetry::Metrics;

pub(crate) struct CountedQueries(Metrics);

impl CountedQueries {
    /// Every series is there from the start.
    pub(crate) fn new(metrics: Metrics) -> Self {
        let outcomes = TransactionOutcome::ALL.map(TransactionOutcome::code);
        metrics.prepare_postgres(adapter_postgres::OPERATIONS, outcomes);
        Self(metrics)
    }
}

impl DatabaseObserver for CountedQueries {
    fn query_ended(&self, operation: &'static str, took: Duration) {
        self.0.postgres_query_ended(operation, took);
    }

    fn transaction_ended(&self, outcome: TransactionOutcome) {
        self.0.postgres_transaction_ended(outcome.code());
    }
}
