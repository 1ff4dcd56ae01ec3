//! The catalogue: `ports::ScholarshipStore` on Postgres.

mod auditing;
mod feed;
mod reading;
mod record;
mod upserting;
mod writing;

use std::sync::Arc;

use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use domain::{Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{
    AuditEntry, AuditLog, CatalogueFingerprint, Change, ChangeBatch, FeedPosition,
    IdempotencyRecord, ScholarshipStore, StoreError, StoreHealth, UpsertItem, UpsertOutcome,
    WriteContext, Written,
};

pub(crate) use self::feed::{SETTLED_BELOW, is_ahead_on_conn};
pub(crate) use self::record::identifier;
use self::record::{Prepared, Row};
use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;

/// The instant that Postgres will give back.
pub(crate) fn whole_microseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

/// A bound for SQL.
pub(crate) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Rows beyond which decoding is moved away from the threads that answer requests.
const FEW: usize = 64;

/// Decodes rows; many of them on a thread for such work.
async fn decoded<R, T>(rows: Vec<R>, decode: fn(R) -> Result<T, Failure>) -> Result<Vec<T>, Failure>
where
    R: Send + 'static,
    T: Send + 'static,
{
    if rows.len() <= FEW {
        return rows.into_iter().map(decode).collect();
    }
    tokio::task::spawn_blocking(move || rows.into_iter().map(decode).collect())
        .await
        .unwrap_or(Err(Failure::Panicked))
}

impl PostgresStore {
    async fn catalogue<T, W>(
        &self,
        operation: &'static str,
        access: Access,
        work: W,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>
            + Send
            + Sync
            + 'static,
    {
        self.connections
            .run(Area::Catalogue, access, work)
            .await
            .map_err(|failure| failure.of_catalogue(operation))
    }
}

#[async_trait]
impl ScholarshipStore for PostgresStore {
    async fn get(&self, id: &ScholarshipId) -> Result<Option<Scholarship>, StoreError> {
        let id = id.clone();
        let row = self
            .catalogue("get", Access::ReadFew, move |connection| {
                let id = id.clone();
                async move { reading::get_on_conn(connection, &id).await }.boxed()
            })
            .await?;
        row.map(Row::into_scholarship)
            .transpose()
            .map_err(|failure| failure.of_catalogue("get"))
    }

    async fn page(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Scholarship>, StoreError> {
        let after = after.cloned();
        let rows = self
            .catalogue("page", Access::ReadMany, move |connection| {
                let after = after.clone();
                async move { reading::page_on_conn(connection, after.as_ref(), limit).await }
                    .boxed()
            })
            .await?;
        decoded(rows, Row::into_scholarship)
            .await
            .map_err(|failure| failure.of_catalogue("page"))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.catalogue("count", Access::ReadMany, |connection| {
            reading::count_on_conn(connection).boxed()
        })
        .await
    }

    async fn create(
        &self,
        id: ScholarshipId,
        content: ScholarshipContent,
        idempotency: Option<IdempotencyRecord>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let prepared = Prepared::of(&content).map_err(|failure| failure.of_catalogue("create"))?;
        let work = Arc::new((id.clone(), prepared, idempotency, context));
        let stamp = self
            .catalogue("create", Access::WriteFew, move |connection| {
                let work = Arc::clone(&work);
                async move {
                    let (id, prepared, idempotency, context) = &*work;
                    let record = idempotency.as_ref();
                    writing::create_in_txn(connection, id, prepared, record, context).await
                }
                .boxed()
            })
            .await?;
        Ok(stamp.written(id, content))
    }

    async fn replace(
        &self,
        id: &ScholarshipId,
        content: ScholarshipContent,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<Written, StoreError> {
        let prepared = Prepared::of(&content).map_err(|failure| failure.of_catalogue("replace"))?;
        let work = Arc::new((id.clone(), prepared, context));
        let stamp = self
            .catalogue("replace", Access::WriteFew, move |connection| {
                let work = Arc::clone(&work);
                async move {
                    let (id, prepared, context) = &*work;
                    writing::replace_in_txn(connection, id, prepared, expected_version, context)
                        .await
                }
                .boxed()
            })
            .await?;
        Ok(stamp.written(id.clone(), content))
    }

    async fn delete(
        &self,
        id: &ScholarshipId,
        expected_version: Option<u64>,
        context: WriteContext,
    ) -> Result<FeedPosition, StoreError> {
        let work = Arc::new((id.clone(), context));
        self.catalogue("delete", Access::WriteFew, move |connection| {
            let work = Arc::clone(&work);
            async move {
                let (id, context) = &*work;
                writing::delete_in_txn(connection, id, expected_version, context).await
            }
            .boxed()
        })
        .await
    }

    async fn upsert_many(
        &self,
        items: Vec<UpsertItem>,
        context: WriteContext,
    ) -> Result<(Vec<UpsertOutcome>, FeedPosition), StoreError> {
        let prepared = tokio::task::spawn_blocking(move || upserting::prepare(items))
            .await
            .unwrap_or(Err(Failure::Panicked))
            .map_err(|failure| failure.of_catalogue("upsert_many"))?;
        let work = Arc::new((prepared, context));
        self.catalogue("upsert_many", Access::WriteMany, move |connection| {
            let work = Arc::clone(&work);
            async move {
                let (prepared, context) = &*work;
                upserting::upsert_many_in_txn(connection, prepared, context).await
            }
            .boxed()
        })
        .await
    }

    async fn changes_since(
        &self,
        position: FeedPosition,
        limit: usize,
    ) -> Result<ChangeBatch, StoreError> {
        let (rows, position) = self
            .catalogue("changes_since", Access::ReadMany, move |connection| {
                feed::changes_since_on_conn(connection, position, limit).boxed()
            })
            .await?;
        let changes = decoded(rows, feed::change)
            .await
            .map_err(|failure| failure.of_catalogue("changes_since"))?;
        Ok(ChangeBatch { changes, position })
    }

    async fn head(&self) -> Result<FeedPosition, StoreError> {
        self.catalogue("head", Access::ReadFew, |connection| {
            feed::head_on_conn(connection).boxed()
        })
        .await
    }

    async fn fingerprint(
        &self,
    ) -> Result<Option<(CatalogueFingerprint, FeedPosition)>, StoreError> {
        self.catalogue("fingerprint", Access::ReadMany, |connection| {
            feed::fingerprint_on_conn(connection).boxed()
        })
        .await
    }

    async fn changed_since(
        &self,
        since: Timestamp,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let since = whole_microseconds(since);
        let after = after.cloned();
        let rows = self
            .catalogue("changed_since", Access::ReadMany, move |connection| {
                let after = after.clone();
                async move {
                    feed::changed_since_on_conn(connection, since, after.as_ref(), limit).await
                }
                .boxed()
            })
            .await?;
        decoded(rows, feed::change)
            .await
            .map_err(|failure| failure.of_catalogue("changed_since"))
    }

    async fn idempotency_record(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let key = key.to_owned();
        let now = whole_microseconds(now);
        self.catalogue("idempotency_record", Access::ReadFew, move |connection| {
            let key = key.clone();
            async move { reading::idempotency_record_on_conn(connection, &key, now).await }.boxed()
        })
        .await
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        self.look()
            .await
            .map_err(|failure| failure.of_catalogue("health"))
    }
}

#[async_trait]
impl AuditLog for PostgresStore {
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let id = id.cloned();
        let rows = self
            .catalogue("audit", Access::ReadMany, move |connection| {
                let id = id.clone();
                async move { auditing::audit_on_conn(connection, since, id.as_ref(), limit).await }
                    .boxed()
            })
            .await?;
        decoded(rows, auditing::Row::into_entry)
            .await
            .map_err(|failure| failure.of_catalogue("audit"))
    }

    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError> {
        let ids = self
            .catalogue("gaps", Access::ReadMany, move |connection| {
                async move { auditing::gaps_on_conn(connection, limit).await }.boxed()
            })
            .await?;
        let ids: Result<_, _> = ids.iter().map(|id| identifier(id)).collect();
        ids.map_err(|failure| failure.of_catalogue("gaps"))
    }
}
