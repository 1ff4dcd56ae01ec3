//! Tasks come in, and are looked at, cancelled and queued again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Timestamp;
use domain::task::{Task, TaskId, TaskSpec};
use domain::vocabulary::Term as _;
use ports::{
    AgentEventKind, Claim, Clock, CommandCenter, Commanded, Enqueued, Queued, ReplayGuardError,
    TaskFilter, TaskPage, TaskStoreError,
};
use sha2::{Digest as _, Sha256};
use tracing::{Instrument as _, Span};

use super::allowance::ReachedLimit;
use super::bridge::{Bridge, TaskDependencies};
use super::couriers::Couriers;
use super::presence::Presence;
use super::workers::{TaskRunner, TaskWorkers, Workload};
use crate::readiness::Readiness;

/// The token that a task came with.
#[derive(Debug, Clone, Copy)]
pub struct TokenUse<'a> {
    /// Its `jti`.
    pub id: &'a str,
    /// From when on it is refused, tolerances for clocks included.
    pub refused_from: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Its `reply_to` is not where notices may be sent.
    #[error("is not on an origin that this service was configured to answer to")]
    ReplyToRefused,
    #[error("too many tasks are unfinished")]
    TooMany(ReachedLimit),
    /// The token came with something else before.
    #[error("the token was used for another task")]
    Replayed,
    /// There is another task with the id.
    #[error("another task has this id")]
    Conflict,
    #[error(transparent)]
    Guard(#[from] ReplayGuardError),
    #[error(transparent)]
    Store(#[from] TaskStoreError),
}

pub struct Tasks {
    bridge: Arc<Bridge>,
}

impl Tasks {
    pub fn new(dependencies: TaskDependencies, clock: Arc<dyn Clock>) -> Self {
        Self {
            bridge: Arc::new(Bridge::new(dependencies, clock)),
        }
    }

    /// Whoever works at tasks in this process; `runner` does what they ask for.
    pub fn workers(&self, runner: Arc<dyn TaskRunner>) -> Arc<TaskWorkers> {
        Arc::new(TaskWorkers::new(Arc::clone(&self.bridge), runner))
    }

    /// Whoever tells senders, where there is a Command Center, and removes old tasks.
    pub fn couriers(&self) -> Arc<Couriers> {
        Arc::new(Couriers::new(Arc::clone(&self.bridge)))
    }

    /// Whoever keeps the Command Center informed, where there is one.
    pub fn presence(&self, readiness: &Arc<Readiness>) -> Option<Arc<Presence>> {
        let center = self.bridge.center.clone()?;
        let presence = Presence::new(Arc::clone(&self.bridge), center, Arc::clone(readiness));
        Some(Arc::new(presence))
    }

    pub fn workload(&self) -> Workload {
        Workload {
            workers: self.bridge.settings.at_once,
            busy: self.bridge.busy.load(Ordering::Relaxed),
        }
    }

    /// Whether the Command Center answered lately; `None` where none is configured.
    pub fn is_center_up(&self) -> Option<bool> {
        let is_up = self.bridge.is_center_up.load(Ordering::Relaxed);
        self.bridge.center.as_ref().map(|_| is_up)
    }

    /// A search was answered, by whichever way it came: the Command Center hears of it.
    pub fn search_executed(&self, results: u64) {
        self.bridge.events.search_executed(results);
    }

    /// A request failed for a reason that is ours: the Command Center hears of it.
    pub fn error_occurred(&self, code: &str) {
        self.bridge.events.error_occurred(code);
    }

    /// Takes a task in: when this returns `Ok`, it is durable. The same task from the same owner again changes nothing.
    /// `body` is what the sender sent.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was taken in, but with `Store`, where it may have been: submitting again is harmless.
    pub async fn submit(
        &self,
        spec: TaskSpec,
        body: &[u8],
        token: TokenUse<'_>,
    ) -> Result<(), SubmitError> {
        if let Some(reply_to) = &spec.reply_to {
            let accepts = |center: &Arc<dyn CommandCenter>| center.accepts(reply_to.as_str());
            if !self.bridge.center.as_ref().is_some_and(accepts) {
                return Err(SubmitError::ReplyToRefused);
            }
        }
        let span = span_of(&spec);
        self.take_in(spec, body, token).instrument(span).await
    }

    async fn take_in(
        &self,
        spec: TaskSpec,
        body: &[u8],
        token: TokenUse<'_>,
    ) -> Result<(), SubmitError> {
        let store = &*self.bridge.store;
        let reached = self.bridge.allowance.reached(store, &spec.owner).await?;
        if let Some(limit) = reached {
            // A repetition brings nothing more.
            if store.get(&spec.id).await?.is_none() {
                return Err(SubmitError::TooMany(limit));
            }
        }
        let purpose = purpose(&spec, body);
        let claim = self
            .bridge
            .guard
            .claim(token.id, &purpose, token.refused_from);
        if claim.await? == Claim::UsedForAnother {
            return Err(SubmitError::Replayed);
        }
        let received = self
            .bridge
            .events
            .about(&spec, AgentEventKind::TaskReceived);
        let owner = spec.owner.clone();
        match self
            .bridge
            .store
            .enqueue(spec, purpose, self.bridge.clock.now())
            .await?
        {
            Enqueued::New => {
                self.bridge.allowance.add(owner);
                self.bridge.observer.task_received();
                self.bridge.events.add(received);
                self.bridge.news.notify_waiters();
                Ok(())
            }
            Enqueued::Same(_) => Ok(()),
            Enqueued::Conflict => Err(SubmitError::Conflict),
        }
    }

    /// # Errors
    /// [`TaskStoreError`].
    pub async fn get(&self, id: &TaskId) -> Result<Option<Task>, TaskStoreError> {
        self.bridge.store.get(id).await
    }

    /// At most `limit` tasks, newest first, from before the one with the sequence number `before`.
    ///
    /// # Errors
    /// [`TaskStoreError`].
    pub async fn list(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<TaskPage, TaskStoreError> {
        self.bridge.store.list(filter, before, limit).await
    }

    /// What waits for any replica, each counted up to `most`.
    ///
    /// # Errors
    /// [`TaskStoreError`].
    pub async fn queued(&self, most: usize) -> Result<Queued, TaskStoreError> {
        self.bridge.store.queued(most).await
    }

    /// # Errors
    /// [`TaskStoreError`].
    pub async fn cancel(&self, id: &TaskId) -> Result<Commanded, TaskStoreError> {
        let commanded = self
            .bridge
            .store
            .cancel(id, self.bridge.clock.now())
            .await?;
        self.bridge.news.notify_waiters();
        Ok(commanded)
    }

    /// # Errors
    /// [`TaskStoreError`].
    pub async fn requeue(&self, id: &TaskId) -> Result<Commanded, TaskStoreError> {
        let commanded = self
            .bridge
            .store
            .requeue(id, self.bridge.clock.now())
            .await?;
        self.bridge.news.notify_waiters();
        Ok(commanded)
    }
}

/// Names the task in the trace of the request that brought it.
fn span_of(spec: &TaskSpec) -> Span {
    tracing::info_span!(
        target: "otel",
        "take in task",
        otel.kind = "producer",
        agent.task.id = spec.id.as_str(),
        agent.task.action = spec.action.code(),
    )
}

/// What a token is used for, and what a task is known by when it comes again: nobody gets the answer to another owner's task
/// by sending the same.
fn purpose(spec: &TaskSpec, body: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [
        spec.owner.as_str().as_bytes(),
        spec.id.as_str().as_bytes(),
        body,
    ] {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
