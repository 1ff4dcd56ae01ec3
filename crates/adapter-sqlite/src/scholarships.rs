//! The catalogue: `ports::ScholarshipStore` on the file.

mod auditing;
mod reading;
mod record;
mod upserting;
mod writing;

use async_trait::async_trait;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use ports::{
    AuditEntry, AuditLog, CatalogueFingerprint, Change, ChangeBatch, FeedPosition,
    IdempotencyRecord, ScholarshipStore, StoreError, StoreHealth, UpsertItem, UpsertOutcome,
    WriteContext, Written,
};

use self::record::Prepared;
pub(crate) use self::record::{identifier, instant};
use crate::SqliteStore;
use crate::failure::Failure;

/// Instants as the file keeps them.
pub(crate) fn microseconds(instant: Timestamp) -> i64 {
    instant.timestamp_micros()
}

/// The instant that the file will give back.
pub(crate) fn whole_microseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(microseconds(instant)).unwrap_or(instant)
}

/// A bound for SQL.
pub(crate) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl ScholarshipStore for SqliteStore {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError> {
        let id = id.clone();
        self.readers
            .read(move |connection| reading::get_on_conn(connection, &id))
            .await
            .map_err(|failure| failure.of_catalogue("get"))
    }

    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError> {
        let after = after.cloned();
        self.readers
            .read(move |connection| reading::page_on_conn(connection, after.as_ref(), limit))
            .await
            .map_err(|failure| failure.of_catalogue("page"))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.readers
            .read(reading::count_on_conn)
            .await
            .map_err(|failure| failure.of_catalogue("count"))
    }

    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let failed = |failure: Failure| failure.of_catalogue("create");
        let prepared = Prepared::of(&content).map_err(failed)?;
        let new_id = id.clone();
        let written = self.writer.write(4, move |connection| {
            let record = idempotency.as_ref();
            writing::create_in_txn(connection, &new_id, &prepared, record, &context)
        });
        let stamp = written.await.map_err(failed)??;
        Ok(stamp.written(id, content))
    }

    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let failed = |failure: Failure| failure.of_catalogue("replace");
        let prepared = Prepared::of(&content).map_err(failed)?;
        let own_id = id.clone();
        let written = self.writer.write(3, move |connection| {
            writing::replace_in_txn(connection, &own_id, &prepared, expected_version, &context)
        });
        let stamp = written.await.map_err(failed)??;
        Ok(stamp.written(id.clone(), content))
    }

    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError> {
        let id = id.clone();
        self.writer
            .write(3, move |connection| {
                writing::delete_in_txn(connection, &id, expected_version, &context)
            })
            .await
            .map_err(|failure| failure.of_catalogue("delete"))?
    }

    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError> {
        let failed = |failure: Failure| failure.of_catalogue("upsert_many");
        let prepared = tokio::task::spawn_blocking(move || upserting::prepare(items))
            .await
            .map_err(|_| failed(Failure::Panicked))?
            .map_err(failed)?;
        self.writer
            .write(prepared.len() * 3, move |connection| {
                upserting::upsert_many_in_txn(connection, &prepared, &context)
            })
            .await
            .map_err(failed)
    }

    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError> {
        self.readers
            .read(move |connection| reading::changes_since_on_conn(connection, position, limit))
            .await
            .map_err(|failure| failure.of_catalogue("changes_since"))
    }

    async fn head(&self) -> Result<FeedPosition, StoreError> {
        self.readers
            .read(reading::head_on_conn)
            .await
            .map_err(|failure| failure.of_catalogue("head"))
    }

    async fn fingerprint(
        &self,
    ) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError> {
        self.readers
            .read(reading::fingerprint_on_conn)
            .await
            .map(Some)
            .map_err(|failure| failure.of_catalogue("fingerprint"))
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let after = after.cloned();
        self.readers
            .read(move |connection| {
                reading::changed_since_on_conn(connection, since, after.as_ref(), limit)
            })
            .await
            .map_err(|failure| failure.of_catalogue("changed_since"))
    }

    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let key = key.to_owned();
        self.readers
            .read(move |connection| reading::idempotency_record_on_conn(connection, &key, now))
            .await
            .map_err(|failure| failure.of_catalogue("idempotency_record"))
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.look()
            .await
            .map_err(|failure| failure.of_catalogue("health"))
    }
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let id = id.cloned();
        self.readers
            .read(move |connection| auditing::audit_on_conn(connection, since, id.as_ref(), limit))
            .await
            .map_err(|failure| failure.of_catalogue("audit"))
    }

    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        self.readers
            .read(move |connection| auditing::gaps_on_conn(connection, limit))
            .await
            .map_err(|failure| failure.of_catalogue("gaps"))
    }
}
