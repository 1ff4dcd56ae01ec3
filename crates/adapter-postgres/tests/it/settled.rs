//! The store, each of whose writes waits until the log shows it.
//!
//! A log entry is handed out once every older transaction of the whole server has ended, and this server runs other tests,
//! too. The contracts look right after a write; a follower looks again.

use std::time::Duration;

use adapter_postgres::PostgresStore;
use async_trait::async_trait;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use ports::{
    AuditEntry, AuditLog, CatalogueFingerprint, Change, ChangeBatch, FeedPosition,
    IdempotencyRecord, ScholarshipStore, StoreError, StoreHealth, UpsertItem, UpsertOutcome,
    WriteContext, Written,
};

pub(crate) struct Settled(pub(crate) PostgresStore);

impl Settled {
    async fn settle(&self, position: FeedPosition) -> Result<(), StoreError> {
        while self.0.head().await? < position {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

#[async_trait]
impl ScholarshipStore for Settled {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError> {
        self.0.get(id).await
    }

    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError> {
        self.0.page(after, limit).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.0.count().await
    }

    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let written = self.0.create(id, content, idempotency, context).await?;
        self.settle(written.position).await?;
        Ok(written)
    }

    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let written = self
            .0
            .replace(id, content, expected_version, context)
            .await?;
        self.settle(written.position).await?;
        Ok(written)
    }

    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError> {
        let position = self.0.delete(id, expected_version, context).await?;
        self.settle(position).await?;
        Ok(position)
    }

    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError> {
        let (outcomes, position) = self.0.upsert_many(items, context).await?;
        self.settle(position).await?;
        Ok((outcomes, position))
    }

    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError> {
        self.0.changes_since(position, limit).await
    }

    async fn head(&self) -> Result<FeedPosition, StoreError> {
        self.0.head().await
    }

    async fn fingerprint(
        &self,
    ) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError> {
        self.0.fingerprint().await
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        self.0.changed_since(since, after, limit).await
    }

    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.0.idempotency_record(key, now).await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.0.health().await
    }
}

#[async_trait]
impl AuditLog for Settled {
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.0.audit(since, id, limit).await
    }

    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        self.0.gaps(limit).await
    }
}
