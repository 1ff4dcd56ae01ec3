//! Durable tasks of agents: taken in once, worked at by one worker at a time, never lost.

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{
    Lease, Outcome, PlainText, Progress, Task, TaskAction, TaskId, TaskResources, TaskSpec,
    TaskState,
};

/// Keeps tasks and lends them to workers. [`Progress`] says how a task may change; each change keeps a notice for its sender
/// in the same transaction, which [`TaskOutbox`](crate::TaskOutbox) hands out.
///
/// # Errors
/// Every method: [`TaskStoreError::Unavailable`].
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Takes a task in. When this returns `Ok`, the task survives the loss of power. `digest` is that of what the sender
    /// sent, so that a repetition is told from another task of the same id.
    async fn enqueue(
        &self,
        spec: TaskSpec,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Enqueued, TaskStoreError>;

    /// Lends at most `limit` tasks that wait, and those whose lease has run out: the highest priority first. Within one
    /// priority requesters take turns, so that none waits for another's long queue, and each one's go by age. A requester is a
    /// name that an owner gives: the same name of another owner is another requester.
    ///
    /// Each claim needs a worker's name of its own: who holds a lease is told by it. A task that
    /// [is suspect](Progress::is_suspect) comes alone. A task that cannot be read is put off and logged, and keeps nobody else
    /// from theirs.
    async fn claim(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Task>, TaskStoreError>;

    /// What the lease's worker holds, with this lease instead of its own: for whoever claimed and had no answer.
    async fn held(&self, lease: Lease) -> Result<Vec<Task>, TaskStoreError>;

    /// Prolongs a lease. When the answer is false, the task was cancelled or is somebody else's: stop working at it.
    async fn renew(&self, id: &TaskId, lease: Lease) -> Result<bool, TaskStoreError>;

    /// Ends an attempt; answers the state that the task has come to, or `None` when `worker` does not hold its lease, and
    /// nothing was changed.
    async fn finish(
        &self,
        id: &TaskId,
        worker: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<TaskState>, TaskStoreError>;

    /// Ends a task that waits or is worked at.
    async fn cancel(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError>;

    /// Gives a task that failed or was given up all its attempts again; it waits behind its requester's others.
    async fn requeue(&self, id: &TaskId, now: Timestamp) -> Result<Commanded, TaskStoreError>;

    /// Tasks that wait or are worked at, of one owner or of all; counting ends at `limit`.
    async fn count_unfinished(
        &self,
        owner: Option<&PlainText<256>>,
        limit: u64,
    ) -> Result<u64, TaskStoreError>;

    async fn get(&self, id: &TaskId) -> Result<Option<Task>, TaskStoreError>;

    /// At most `limit` tasks, newest first, that came before the one with the sequence number `before`.
    async fn list(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<TaskPage, TaskStoreError>;

    /// What waits; nothing is counted beyond `most`, so that a long queue costs no more than that.
    async fn queued(&self, most: usize) -> Result<Queued, TaskStoreError>;
}

/// What waits in a store for any of its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// Tasks that nobody works at, also those that wait for their next attempt.
    pub tasks: u64,
    /// Notices that are not delivered, those under way included, and not given up.
    pub notices: u64,
}

/// What became of a task that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    New,
    /// It was there already.
    Same(Box<Task>),
    /// Another task has this id.
    Conflict,
}

/// What became of an order to change a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commanded {
    Done,
    NotFound,
    /// Nothing was changed: a task in this state cannot be.
    Refused(TaskState),
}

/// Only the tasks that have all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    pub state: Option<TaskState>,
    pub action: Option<TaskAction>,
    pub requested_by: Option<PlainText<256>>,
}

/// Tasks, newest first. One that cannot be read is logged and left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskPage {
    pub tasks: Vec<ListedTask>,
    /// Where the next page begins; `None` after the last one.
    pub next_before: Option<u64>,
}

/// Of entries that were read with one more than go on a page: those that do, and before which number the next page begins.
pub fn page_of<T>(
    read: impl IntoIterator<Item = T>,
    limit: usize,
    number: impl Fn(&T) -> u64,
) -> (Vec<T>, Option<u64>) {
    let mut page: Vec<T> = read.into_iter().take(limit.saturating_add(1)).collect();
    let is_last = page.len() <= limit;
    page.truncate(limit);
    let last = page.last().filter(|_| !is_last).map(number);
    (page, last)
}

/// A task without what was sent and what it was done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTask {
    /// Grows from task to task; gaps mean nothing.
    pub sequence: u64,
    pub id: TaskId,
    pub action: TaskAction,
    pub requested_by: PlainText<256>,
    pub resources: TaskResources,
    pub progress: Progress,
}

#[derive(Debug, thiserror::Error)]
pub enum TaskStoreError {
    /// It may have been done or not; asking again is harmless.
    #[error("the task store does not answer ({operation})")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
