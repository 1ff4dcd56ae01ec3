//! Tasks of agents: `ports::TaskStore` on Postgres.
//!
//! Each change takes the lock of its task, lets the domain decide, and leaves the sender's notice in the same transaction.
//! Whoever looks for work steps over what others have locked.

mod burying;
mod delivering;
mod keeping;
mod outbox;
mod queueing;
mod record;
mod working;

pub(crate) use queueing::{ARRIVALS, Arrival};
pub(crate) use working::{ENDINGS, Ending};

use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use domain::Timestamp;
use domain::task::{Lease, Outcome, PlainText, Task, TaskId, TaskSpec, TaskState};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{Commanded, Enqueued, Queued, TaskFilter, TaskPage, TaskStore, TaskStoreError};

use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;
use crate::scholarships::whole_microseconds;

impl PostgresStore {
    async fn tasks<T, W>(
        &self,
        operation: &'static str,
        access: Access,
        work: W,
    ) -> Result<T, TaskStoreError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let outcome = self.connections.run(Area::Tasks, access, work).await;
        outcome.map_err(unavailable(operation))
    }
}

fn unavailable(operation: &'static str) -> impl Fn(Failure) -> TaskStoreError {
    move |failure| TaskStoreError::Unavailable {
        operation,
        source: Box::new(failure),
    }
}

/// As Postgres will give it back.
fn kept(lease: Lease) -> Lease {
    Lease {
        until: whole_microseconds(lease.until),
        ..lease
    }
}

#[async_trait]
impl TaskStore for PostgresStore {
    async fn enqueue(
        &self,
        spec: TaskSpec,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Enqueued, TaskStoreError> {
        let arrival = Arrival {
            spec,
            digest,
            now: whole_microseconds(now),
        };
        let arrived = self.arrived_tasks.add(arrival).await;
        arrived.map_err(unavailable("enqueue"))
    }

    async fn claim(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Task>, TaskStoreError> {
        let (lease, now) = (kept(lease), whole_microseconds(now));
        self.tasks("claim", Access::WriteFew, move |connection| {
            working::claim_in_txn(connection, lease.clone(), limit, now).boxed()
        })
        .await
    }

    async fn held(&self, lease: Lease) -> Result<Vec<Task>, TaskStoreError> {
        let lease = kept(lease);
        self.tasks("held", Access::WriteFew, move |connection| {
            working::held_in_txn(connection, lease.clone()).boxed()
        })
        .await
    }

    async fn renew(&self, id: &TaskId, lease: Lease) -> Result<bool, TaskStoreError> {
        let (id, lease) = (id.clone(), kept(lease));
        self.tasks("renew", Access::WriteFew, move |connection| {
            working::renew_in_txn(connection, id.clone(), lease.clone()).boxed()
        })
        .await
    }

    async fn finish(
        &self,
        id: &TaskId,
        worker: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<TaskState>, TaskStoreError> {
        let ending = Ending {
            id: id.clone(),
            worker: worker.to_owned(),
            outcome,
            now: whole_microseconds(now),
        };
        let ended = self.ended_attempts.add(ending).await;
        ended.map_err(unavailable("finish"))
    }

    async fn cancel(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let (id, now) = (id.clone(), whole_microseconds(now));
        self.tasks("cancel", Access::WriteFew, move |connection| {
            queueing::cancel_in_txn(connection, id.clone(), now).boxed()
        })
        .await
    }

    async fn requeue(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError> {
        let (id, now) = (id.clone(), whole_microseconds(now));
        self.tasks("requeue", Access::WriteFew, move |connection| {
            queueing::requeue_in_txn(connection, id.clone(), now).boxed()
        })
        .await
    }

    async fn count_unfinished(
        &self,
        owner: Option<&PlainText<256>>,
        limit: u64,
    ) -> Result<u64, TaskStoreError> {
        let owner = owner.map(ToString::to_string);
        self.tasks("count_unfinished", Access::ReadFew, move |connection| {
            queueing::count_on_conn(connection, owner.clone(), limit).boxed()
        })
        .await
    }

    async fn get(&self, id: &TaskId) -> Result<Option<Task>, TaskStoreError> {
        let id = id.clone();
        self.tasks("get", Access::ReadFew, move |connection| {
            queueing::get_on_conn(connection, id.clone()).boxed()
        })
        .await
    }

    async fn list(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<TaskPage, TaskStoreError> {
        self.tasks("list", Access::ReadFew, move |connection| {
            queueing::list_on_conn(connection, filter.clone(), before, limit).boxed()
        })
        .await
    }

    async fn queued(&self, most: usize) -> Result<Queued, TaskStoreError> {
        self.tasks("queued", Access::ReadFew, move |connection| {
            queueing::queued_on_conn(connection, most).boxed()
        })
        .await
    }
}
