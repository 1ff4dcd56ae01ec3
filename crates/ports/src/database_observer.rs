//! What is counted about a database; adapters do not know how.

use std::time::Duration;

pub trait DatabaseObserver: Send + Sync {
    /// The statements of one transaction, and its commit if it came to that, have ended, well or not. `operation` is one of
    /// the few that the adapter lists.
    fn query_ended(&self, operation: &'static str, took: Duration);

    /// An attempt at a transaction ended.
    fn transaction_ended(&self, outcome: TransactionOutcome);
}

/// How an attempt at a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionOutcome {
    Committed,
    /// Its work failed or was refused, and nothing of it stayed.
    RolledBack,
    /// It could not begin, broke off, or did not say whether it was committed.
    Failed,
}

impl TransactionOutcome {
    pub const ALL: [Self; 3] = [Self::Committed, Self::RolledBack, Self::Failed];

    pub fn code(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::RolledBack => "rolled_back",
            Self::Failed => "failed",
        }
    }
}
