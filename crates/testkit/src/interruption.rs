//! Stores that stop answering when the test says so.

mod coordination;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{Interaction, Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use ports::{
    AuditEntry, AuditLog, CatalogueFingerprint, Change, ChangeBatch, FeedPosition,
    IdempotencyRecord, InteractionCount, InteractionStore, InteractionStoreError, ScholarshipStore,
    SearchCount, StoreError, StoreHealth, UpsertItem, UpsertOutcome, WriteContext, Written,
};

/// A switch; its clones share the state. Stores answer until it is begun, and again when it has ended.
#[derive(Debug, Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

/// The cause in the errors of an interrupted store.
#[derive(Debug, thiserror::Error)]
#[error("the test interrupted the store")]
pub(crate) struct Interrupted;

impl Interruption {
    pub fn begin(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn end(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Box<Interrupted>> {
        if self.0.load(Ordering::SeqCst) {
            Err(Box::new(Interrupted))
        } else {
            Ok(())
        }
    }
}

/// The store behind it, as long as there is no interruption; `Unavailable` during one.
#[derive(Debug, Clone)]
pub struct Interruptible<S> {
    store: S,
    interruption: Interruption,
}

impl<S> Interruptible<S> {
    pub fn new(store: S, interruption: &Interruption) -> Self {
        Self {
            store,
            interruption: interruption.clone(),
        }
    }

    fn catalogue(&self, operation: &'static str) -> Result<&S, StoreError> {
        match self.interruption.check() {
            Ok(()) => Ok(&self.store),
            Err(source) => Err(StoreError::Unavailable { operation, source }),
        }
    }

    fn interactions(&self, operation: &'static str) -> Result<&S, InteractionStoreError> {
        match self.interruption.check() {
            Ok(()) => Ok(&self.store),
            Err(source) => Err(InteractionStoreError::Unavailable { operation, source }),
        }
    }
}

#[async_trait]
impl<S: ScholarshipStore> ScholarshipStore for Interruptible<S> {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError> {
        self.catalogue("get")?.get(id).await
    }

    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError> {
        self.catalogue("page")?.page(after, limit).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.catalogue("count")?.count().await
    }

    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let store = self.catalogue("create")?;
        store.create(id, content, idempotency, context).await
    }

    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let store = self.catalogue("replace")?;
        store.replace(id, content, expected_version, context).await
    }

    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError> {
        let store = self.catalogue("delete")?;
        store.delete(id, expected_version, context).await
    }

    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError> {
        self.catalogue("upsert_many")?
            .upsert_many(items, context)
            .await
    }

    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError> {
        let store = self.catalogue("changes_since")?;
        store.changes_since(position, limit).await
    }

    async fn head(&self) -> Result<FeedPosition, StoreError> {
        self.catalogue("head")?.head().await
    }

    async fn fingerprint(
        &self,
    ) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError> {
        self.catalogue("fingerprint")?.fingerprint().await
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let store = self.catalogue("changed_since")?;
        store.changed_since(since, after, limit).await
    }

    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let store = self.catalogue("idempotency_record")?;
        store.idempotency_record(key, now).await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.catalogue("health")?.health().await
    }
}

#[async_trait]
impl<S: InteractionStore> InteractionStore for Interruptible<S> {
    async fn append(
        &self,
        interactions: Vec<Interaction>,
        recorded_at: Timestamp,
    ) -> Result<Vec<bool>, InteractionStoreError> {
        let store = self.interactions("append")?;
        store.append(interactions, recorded_at).await
    }

    async fn of_pseudonym(
        &self,
        pseudonym: &str,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let store = self.interactions("of_pseudonym")?;
        store.of_pseudonym(pseudonym, limit).await
    }

    async fn forget(&self, pseudonym: &str) -> Result<u64, InteractionStoreError> {
        self.interactions("forget")?.forget(pseudonym).await
    }

    async fn count_by_scholarship(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<InteractionCount>, InteractionStoreError> {
        let store = self.interactions("count_by_scholarship")?;
        store.count_by_scholarship(since, until).await
    }

    async fn recent(
        &self,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let store = self.interactions("recent")?;
        store.recent(since, until, limit).await
    }

    async fn add_searches(
        &self,
        day: NaiveDate,
        counts: Vec<SearchCount>,
    ) -> Result<(), InteractionStoreError> {
        let store = self.interactions("add_searches")?;
        store.add_searches(day, counts).await
    }

    async fn searches(
        &self,
        since: NaiveDate,
        until: NaiveDate,
        limit: usize,
    ) -> Result<Vec<SearchCount>, InteractionStoreError> {
        let store = self.interactions("searches")?;
        store.searches(since, until, limit).await
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32], InteractionStoreError> {
        self.interactions("pseudonym_key")?.pseudonym_key().await
    }
}

#[async_trait]
impl<S: AuditLog> AuditLog for Interruptible<S> {
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.catalogue("audit")?.audit(since, id, limit).await
    }

    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        self.catalogue("gaps")?.gaps(limit).await
    }
}
