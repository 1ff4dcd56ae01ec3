//! Tasks of agents: `ports::TaskStore` on the file.

mod burying;
mod delivering;
mod keeping;
mod outbox;
mod queueing;
mod record;
mod working;

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{Lease, Outcome, PlainText, Task, TaskId, TaskSpec, TaskState};
use ports::{Commanded, Enqueued, Queued, TaskFilter, TaskPage, TaskStore, TaskStoreError};

use crate::SqliteStore;
use crate::failure::Failure;
use crate::scholarships::whole_microseconds;

/// Of one change: its task and its notice.
const ROWS: usize = 2;

fn unavailable(operation: &'static str) -> impl Fn(Failure) -> TaskStoreError {
    move |failure| TaskStoreError::Unavailable {
        operation,
        source: Box::new(failure),
    }
}

#[async_trait]
impl TaskStore for SqliteStore {
    async fn enqueue(
        &self,
        spec: TaskSpec,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Enqueued, TaskStoreError> {
        self.writer
            .write(ROWS, move |connection| {
                queueing::enqueue_in_txn(connection, &spec, digest, now)
            })
            .await
            .map_err(unavailable("enqueue"))
    }

    async fn claim(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Task>, TaskStoreError> {
        // Claimed tasks are answered as the file will give them back.
        let (now, until) = (whole_microseconds(now), whole_microseconds(lease.until));
        let lease = Lease { until, ..lease };
        self.writer
            .write(limit.saturating_mul(ROWS), move |connection| {
                working::claim_in_txn(connection, &lease, limit, now)
            })
            .await
            .map_err(unavailable("claim"))
    }

    async fn held(&self, lease: Lease) -> Result<Vec<Task>, TaskStoreError> {
        let until = whole_microseconds(lease.until);
        let lease = Lease { until, ..lease };
        self.writer
            .write(1, move |connection| {
                working::held_in_txn(connection, &lease)
            })
            .await
            .map_err(unavailable("held"))
    }

    async fn renew(&self, id: &TaskId, lease: Lease) -> Result<bool, TaskStoreError> {
        let id = id.clone();
        self.writer
            .write(1, move |connection| {
                working::renew_in_txn(connection, &id, &lease)
            })
            .await
            .map_err(unavailable("renew"))
    }

    async fn finish(
        &self,
        id: &TaskId,
        worker: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<TaskState>, TaskStoreError> {
        let (id, worker) = (id.clone(), worker.to_owned());
        self.writer
            .write(ROWS, move |connection| {
                working::finish_in_txn(connection, &id, &worker, &outcome, now)
            })
            .await
            .map_err(unavailable("finish"))
    }

    async fn cancel(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let id = id.clone();
        self.writer
            .write(ROWS, move |connection| {
                queueing::cancel_in_txn(connection, &id, now)
            })
            .await
            .map_err(unavailable("cancel"))
    }

    async fn requeue(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let id = id.clone();
        self.writer
            .write(ROWS, move |connection| {
                queueing::requeue_in_txn(connection, &id, now)
            })
            .await
            .map_err(unavailable("requeue"))
    }

    async fn count_unfinished(
        &self,
        owner: Option<&PlainText<256>>,
        limit: u64,
    ) -> Result<u64, TaskStoreError> {
        let owner = owner.map(ToString::to_string);
        self.readers
            .read(move |connection| queueing::count_on_conn(connection, owner.as_deref(), limit))
            .await
            .map_err(unavailable("count_unfinished"))
    }

    async fn get(&self, id: &TaskId) -> Result<Option<Task>, TaskStoreError> {
        let id = id.clone();
        self.readers
            .read(move |connection| queueing::get_on_conn(connection, &id))
            .await
            .map_err(unavailable("get"))
    }

    async fn list(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<TaskPage, TaskStoreError> {
        self.readers
            .read(move |connection| queueing::list_on_conn(connection, &filter, before, limit))
            .await
            .map_err(unavailable("list"))
    }

    async fn queued(&self, most: usize) -> Result<Queued, TaskStoreError> {
        self.readers
            .read(move |connection| queueing::queued_on_conn(connection, most))
            .await
            .map_err(unavailable("queued"))
    }
}
