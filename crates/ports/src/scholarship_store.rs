//! The durable catalogue and its change log.

use async_trait::async_trait;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::audit::WriteContext;

/// Keeps scholarships, and a log of their changes from which every replica keeps its index in step.
///
/// Every successful write appends to the log in the same transaction. The log keeps, per scholarship, its newest entry, so
/// it is never longer than the number of ids that ever existed. The same transaction adds an [`AuditEntry`](crate::AuditEntry), which nothing
/// changes or removes any more.
#[async_trait]
pub trait ScholarshipStore: Send + Sync {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError>;

    /// At most `limit` scholarships with ids above `after`, in the byte order of their ids.
    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError>;

    async fn count(&self) -> Result<u64, StoreError>;

    /// Adds a new scholarship with version 1. With an idempotency record, that record is kept in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when the id, or (source, source_id), is taken;
    /// [`StoreError::IdempotencyKeyTaken`] when the record's key is.
    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError>;

    /// Replaces the content of an existing scholarship, if its version is `expected_version` (when given).
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::AlreadyExists`] when the new
    /// (source, source_id) belongs to another.
    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError>;

    /// Deletes an existing scholarship, if its version is `expected_version` (when given). The log keeps a tombstone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError>;

    /// Creates or updates in one transaction, in order; one outcome per item. An item meets an existing record by
    /// (source, source_id) when it has both, else by id. Equal content is [`UpsertOutcome::Unchanged`], and neither logged nor
    /// audited.
    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError>;

    /// At most `limit` log entries after `position`, in commit order. Entries of transactions that are not yet settled stay
    /// out until they are, so that a reader who goes on from [`ChangeBatch::position`] misses nothing.
    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError>;

    /// The position after the newest settled log entry. Cheap enough to ask five times a second.
    async fn head(&self) -> Result<FeedPosition, StoreError>;

    /// What the whole catalogue comes to at one moment, and where the log stood then. `None` when a write that is committed
    /// already is not settled in the log yet, so that no place in the log is this moment: ask again later.
    ///
    /// Reads everything: for a check now and then, not for each request.
    async fn fingerprint(&self)
    -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError>;

    /// The log's newest entries since an instant, at most `limit` ids above `after`, in the byte order of their ids: what a
    /// consumer that keeps a copy needs, deletions included.
    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError>;

    /// The answer kept under an idempotency key, unless it has expired.
    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Connections, latency and schema, within one second.
    async fn health(&self) -> Result<crate::StoreHealth, StoreError>;
}

/// A place in the change log; the log's start is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeedPosition {
    /// Orders entries by transaction where the store numbers them (0 where it does not).
    pub transaction: u64,
    pub sequence: u64,
}

/// What a catalogue comes to: copies that hold the same versions of the same records have the same one, and others, but for
/// one in 2^64, have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CatalogueFingerprint {
    pub count: u64,
    /// Sum, modulo 2^64, of the first eight bytes, most significant first, of SHA-256 over `id:version:updated_at` of each
    /// record, `updated_at` in whole microseconds since 1970: a record that was deleted and made again has its old version.
    pub sum: u64,
}

impl CatalogueFingerprint {
    /// Takes in one record; the order does not matter.
    pub fn add(&mut self, id: &ScholarshipId, version: u64, updated_at: Timestamp) {
        self.add_mark(RevisionMark::of(id, version, updated_at));
    }

    /// Takes in one record by its mark.
    pub fn add_mark(&mut self, mark: RevisionMark) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(mark.0);
    }

    /// Takes out one record that was taken in before.
    pub fn remove(&mut self, id: &ScholarshipId, version: u64, updated_at: Timestamp) {
        self.count = self.count.saturating_sub(1);
        self.sum = self
            .sum
            .wrapping_sub(RevisionMark::of(id, version, updated_at).0);
    }
}

/// Tells revisions of records apart: a record's share of [`CatalogueFingerprint::sum`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevisionMark(pub u64);

impl RevisionMark {
    pub fn of(id: &ScholarshipId, version: u64, updated_at: Timestamp) -> Self {
        let text = format!("{id}:{version}:{}", updated_at.timestamp_micros());
        let digest = Sha256::digest(text.as_bytes());
        let beginning = digest.iter().take(8);
        Self(beginning.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    pub fn of_record(record: &Scholarship) -> Self {
        Self::of(&record.id, record.version, record.updated_at)
    }
}

/// What happened to one scholarship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Upserted(Box<Scholarship>),
    Deleted { id: ScholarshipId, at: Timestamp },
}

impl Change {
    pub fn id(&self) -> &ScholarshipId {
        match self {
            Self::Upserted(scholarship) => &scholarship.id,
            Self::Deleted { id, .. } => id,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBatch {
    pub changes: Vec<Change>,
    /// Where to go on; equal to what was asked when nothing is new.
    pub position: FeedPosition,
}

/// A write that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub scholarship: Scholarship,
    pub position: FeedPosition,
}

/// One record of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertItem {
    /// The id to give when the record is new.
    pub id: ScholarshipId,
    pub content: ScholarshipContent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpsertOutcome {
    Created(ScholarshipId),
    Updated(ScholarshipId),
    Unchanged(ScholarshipId),
    /// The id is taken by a record of another (source, source_id).
    IdTaken(ScholarshipId),
}

/// The remembered answer to a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Caller and key in one opaque text.
    pub key: String,
    /// Digest of the request's body: the same key with another one is a mistake of the caller.
    pub fingerprint: String,
    /// The scholarship that the first request made.
    pub scholarship_id: ScholarshipId,
    pub expires_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no scholarship with this id")]
    NotFound,
    #[error("the scholarship is at version {actual}")]
    VersionMismatch { actual: u64 },
    #[error("{id} exists already")]
    AlreadyExists { id: ScholarshipId },
    #[error("the idempotency key was used meanwhile")]
    IdempotencyKeyTaken,
    /// Nothing was written.
    #[error("the catalogue's store does not answer ({operation})")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The write was made as a whole, or will be, or never: nobody knows which.
    #[error("the catalogue's store did not say whether it wrote ({operation})")]
    Undecided {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
