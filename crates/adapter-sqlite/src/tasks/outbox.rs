//! `ports::TaskOutbox` on the file.

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{ErrorMessage, Lease};
use ports::{BuriedPage, Delivery, NoticeKey, TaskOutbox, TaskStoreError};

use super::burying;
use super::delivering::{self, Undelivered};
use super::unavailable;
use crate::SqliteStore;

impl SqliteStore {
    async fn undelivered(
        &self,
        operation: &'static str,
        undelivered: Undelivered,
    ) -> Result<bool, TaskStoreError> {
        self.writer
            .write(1, move |connection| {
                delivering::undelivered_in_txn(connection, &undelivered)
            })
            .await
            .map_err(unavailable(operation))
    }
}

#[async_trait]
impl TaskOutbox for SqliteStore {
    async fn claim_deliveries(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        self.writer
            .write(limit, move |connection| {
                delivering::claim_in_txn(connection, &lease, limit, now)
            })
            .await
            .map_err(unavailable("claim_deliveries"))
    }

    async fn delivered(&self, keys: &[NoticeKey]) -> Result<u64, TaskStoreError> {
        let keys = keys.to_vec();
        self.writer
            .write(keys.len(), move |connection| {
                delivering::delivered_in_txn(connection, &keys)
            })
            .await
            .map_err(unavailable("delivered"))
    }

    async fn delivered_and_next(
        &self,
        keys: &[NoticeKey],
        lease: Lease,
    ) -> Result<Vec<Delivery>, TaskStoreError> {
        let keys = keys.to_vec();
        self.writer
            .write(keys.len(), move |connection| {
                delivering::delivered_and_next_in_txn(connection, &keys, &lease)
            })
            .await
            .map_err(unavailable("delivered_and_next"))
    }

    async fn held_deliveries(&self, lease: Lease) -> Result<Vec<Delivery>, TaskStoreError> {
        self.writer
            .write(1, move |connection| {
                delivering::held_in_txn(connection, &lease)
            })
            .await
            .map_err(unavailable("held_deliveries"))
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
            due_at: at,
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
        self.readers
            .read(move |connection| burying::buried_on_conn(connection, before, limit))
            .await
            .map_err(unavailable("buried"))
    }

    async fn redeliver(&self, key: &NoticeKey, now: Timestamp) -> Result<bool, TaskStoreError> {
        let key = key.clone();
        self.writer
            .write(1, move |connection| {
                burying::redeliver_in_txn(connection, &key, now)
            })
            .await
            .map_err(unavailable("redeliver"))
    }

    async fn forget_finished(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, TaskStoreError> {
        self.writer
            .write(limit, move |connection| {
                delivering::forget_in_txn(connection, before, limit)
            })
            .await
            .map_err(unavailable("forget_finished"))
    }
}
