//! Durable interactions and the counts made from them.

use async_trait::async_trait;
use domain::{Interaction, InteractionKind, ScholarshipId, Timestamp};

/// Keeps what students did. Rows hold pseudonyms, never personal data.
#[async_trait]
pub trait InteractionStore: Send + Sync {
    /// Appends all or nothing. When this returns `Ok`, the rows survive the loss of power. An interaction whose
    /// (`pseudonym`, `id`) is known already changes nothing. Answers, in order, whether each was new.
    ///
    /// # Errors
    /// [`InteractionStoreError`]: nothing of the batch can be relied on; the caller may send it again.
    async fn append(
        &self,
        interactions: Vec<Interaction>,
        recorded_at: Timestamp,
    ) -> Result<Vec<bool>, InteractionStoreError>;

    /// The newest interactions of one student, at most `limit`, newest first.
    async fn of_pseudonym(
        &self,
        pseudonym: &str,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError>;

    /// Forgets one student; answers how many rows went.
    async fn forget(&self, pseudonym: &str) -> Result<u64, InteractionStoreError>;

    /// How often each scholarship met each kind of interaction that occurred in `since..until`, in no order.
    async fn count_by_scholarship(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<InteractionCount>, InteractionStoreError>;

    /// The newest interactions that occurred in `since..until`, at most `limit`, newest first, without pseudonyms.
    async fn recent(
        &self,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError>;

    /// Adds to the counts of the searches of one UTC day. Queries hold only words of the catalogue.
    async fn add_searches(
        &self,
        day: chrono::NaiveDate,
        counts: Vec<SearchCount>,
    ) -> Result<(), InteractionStoreError>;

    /// Sums of the searches of the days `since..=until`, most frequent first, at most `limit`.
    async fn searches(
        &self,
        since: chrono::NaiveDate,
        until: chrono::NaiveDate,
        limit: usize,
    ) -> Result<Vec<SearchCount>, InteractionStoreError>;

    /// Thirty-two random bytes made when the store was, from which pseudonyms are keyed. All replicas get the same.
    async fn pseudonym_key(&self) -> Result<[u8; 32], InteractionStoreError>;
}

/// One cell of the popularity table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionCount {
    pub scholarship_id: ScholarshipId,
    pub kind: InteractionKind,
    pub count: u64,
}

/// How often a query was asked, and how often it found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchCount {
    pub query: String,
    pub count: u64,
    pub without_results: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum InteractionStoreError {
    /// Nothing was written.
    #[error("the interaction store does not answer ({operation})")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The write was made as a whole, or will be, or never: nobody knows which.
    #[error("the interaction store did not say whether it wrote ({operation})")]
    Undecided {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
