//! `ports::TaskOutbox` on Postgres.

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{ErrorMessage, Lease};
use futures_util::FutureExt as _;
use ports::{BuriedPage, Delivery, NoticeKey, TaskOutbox, TaskStoreError};

use super::burying;
use super::delivering::{self, Undelivered};
use super::kept;
use crate::PostgresStore;
use crate::connections::Access;
use crate::scholarships::whole_microseconds;

impl PostgresStore {
    async fn undelivered(
        &self,
        operation: &'static str,
        undelivered: Undelivered,
    ) -> Result<bool, TaskStoreError> {
        self.tasks(operation, Access::WriteFew, move |connection| {
            delivering::undelivered_in_txn(connection, undelivered.clone()).boxed()
        })
        .await
    }
}

#[async_trait]
impl TaskOutbox for PostgresStore {
    async fn claim_deliveries(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        let (lease, now) = (kept(lease), whole_microseconds(now));
        self.tasks("claim_deliveries", Access::WriteFew, move |connection| {
            delivering::claim_in_txn(connection, lease.clone(), limit, now).boxed()
        })
        .await
    }

    async fn delivered(&self, keys: &[NoticeKey]) -> Result<u64, TaskStoreError> {
        let keys = keys.to_vec();
        self.tasks("delivered", Access::WriteFew, move |connection| {
            delivering::delivered_in_txn(connection, keys.clone()).boxed()
        })
        .await
    }

    async fn delivered_and_next(
        &self,
        keys: &[NoticeKey],
        lease: Lease,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        let (keys, lease) = (keys.to_vec(), kept(lease));
        self.tasks("delivered_and_next", Access::WriteFew, move |connection| {
            delivering::delivered_and_next_in_txn(connection, keys.clone(), lease.clone()).boxed()
        })
        .await
    }

    async fn held_deliveries(&self, lease: Lease) -> Result<Vec<Delivery>, TaskStoreError> {
        let lease = kept(lease);
        self.tasks("held_deliveries", Access::WriteFew, move |connection| {
            delivering::held_in_txn(connection, lease.clone()).boxed()
        })
        .await
    }

    async fn retry_delivery(
        &self,
        key: &NoticeKey,
        worker: &str,
        at: Timestamp,
        error: ErrorMessage,
    ) -> Result<bool, TaskStoreError> {
        let undelivered = Undelivered {
            key: key.clone(),
            worker: worker.to_owned(),
            error,
            due_at: whole_microseconds(at),
            buried_at: None,
        };
        self.undelivered("retry_delivery", undelivered).await
    }

    async fn bury(
        &self,
        key: &NoticeKey,
        worker: &str,
        error: ErrorMessage,
        now: Timestamp,
    ) -> Result<bool, TaskStoreError> {
        let now = whole_microseconds(now);
        let undelivered = Undelivered {
            key: key.clone(),
            worker: worker.to_owned(),
            error,
            due_at: now,
            buried_at: Some(now),
        };
        self.undelivered("bury", undelivered).await
    }

    async fn buried(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<BuriedPage, TaskStoreError> {
        self.tasks("buried", Access::ReadFew, move |connection| {
            burying::buried_on_conn(connection, before, limit).boxed()
        })
        .await
    }

    async fn redeliver(&self, key: &NoticeKey, now: Timestamp) -> Result<bool, TaskStoreError> {
        let (key, now) = (key.clone(), whole_microseconds(now));
        self.tasks("redeliver", Access::WriteFew, move |connection| {
            burying::redeliver_in_txn(connection, key.clone(), now).boxed()
        })
        .await
    }

    async fn forget_finished(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, TaskStoreError> {
        let before = whole_microseconds(before);
        self.tasks("forget_finished", Access::WriteMany, move |connection| {
            delivering::forget_in_txn(connection, before, limit).boxed()
        })
        .await
    }
}
