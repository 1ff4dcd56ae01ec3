//! What the senders of tasks are still to be told.

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{ErrorMessage, Lease, NoticeKind, PlainText, TaskError, TaskId, TaskResult};

use crate::TaskStoreError;

/// Hands out the notices that changes of tasks have left in a [`TaskStore`](crate::TaskStore), at least once each. Tasks
/// without an address leave none.
///
/// # Errors
/// Every method: [`TaskStoreError::Unavailable`].
#[async_trait]
pub trait TaskOutbox: Send + Sync {
    /// Lends at most `limit` notices that are due: of each task its oldest one only, so that its sender learns things in
    /// their order. The next one is due when that is delivered or buried.
    async fn claim_deliveries(
        &self,
        lease: Lease,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, TaskStoreError>;

    /// Their senders have them; whoever delivered them, they are forgotten. Answers how many were not yet.
    async fn delivered(&self, keys: &[NoticeKey]) -> Result<u64, TaskStoreError>;

    /// As [`Self::delivered`], and lends what is the next notice of each of these tasks now, unless somebody has it: a look at
    /// all that is due is not needed for it.
    async fn delivered_and_next(
        &self,
        keys: &[NoticeKey],
        lease: Lease,
    ) -> Result<Vec<Delivery>, TaskStoreError>;

    /// What `lease.worker` has from a call whose answer it never had, with its new lease.
    async fn held_deliveries(&self, lease: Lease) -> Result<Vec<Delivery>, TaskStoreError>;

    /// Tries again at `at`. False when `worker` does not hold the notice's lease, and nothing was changed.
    async fn retry_delivery(
        &self,
        key: &NoticeKey,
        worker: &str,
        at: Timestamp,
        error: ErrorMessage,
    ) -> Result<bool, TaskStoreError>;

    /// Gives it up; it stays beside its task for people to see. False when `worker` does not hold the notice's lease, and
    /// nothing was changed.
    async fn bury(
        &self,
        key: &NoticeKey,
        worker: &str,
        error: ErrorMessage,
        now: Timestamp,
    ) -> Result<bool, TaskStoreError>;

    /// At most `limit` notices that were given up, the newest first, from before the one with the number `before`.
    async fn buried(&self, before: Option<u64>, limit: usize)
    -> Result<BuriedPage, TaskStoreError>;

    /// Tries a notice again that was given up, as if it had not been lent yet: it is due at once, unless an older one of its
    /// task waits. False when no such notice is given up, and nothing was changed.
    async fn redeliver(&self, key: &NoticeKey, now: Timestamp) -> Result<bool, TaskStoreError>;

    /// Removes at most `limit` tasks that ended before an instant, with all their notices: whoever asks leaves senders more
    /// time than notices are tried for. Answers how many went.
    async fn forget_finished(&self, before: Timestamp, limit: usize)
    -> Result<u64, TaskStoreError>;
}

/// What a receiver knows a notice by when it comes twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoticeKey {
    pub task: TaskId,
    /// Grows from notice to notice of one task and is never given twice; gaps mean nothing.
    pub sequence: u64,
}

impl std::fmt::Display for NoticeKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No id of a task holds a dot.
        write!(formatter, "{}.{}", self.task, self.sequence)
    }
}

impl NoticeKey {
    /// As it is written; `None` when the text is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let (task, sequence) = text.rsplit_once('.')?;
        Some(Self {
            task: TaskId::parse(task).ok()?,
            sequence: sequence.parse().ok()?,
        })
    }
}

/// A notice that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuriedNotice {
    pub key: NoticeKey,
    pub kind: NoticeKind,
    pub reply_to: PlainText<2_048>,
    /// When what it tells happened.
    pub at: Timestamp,
    pub buried_at: Timestamp,
    /// How often it was lent since it was left, or told to be tried again.
    pub attempts: u32,
    /// What became of the newest attempt.
    pub error: ErrorMessage,
}

/// Notices that were given up, the newest first. One that cannot be read is logged and left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuriedPage {
    pub notices: Vec<BuriedNotice>,
    /// Where the next page begins; `None` after the last one.
    pub next_before: Option<u64>,
}

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub key: NoticeKey,
    pub kind: NoticeKind,
    pub reply_to: PlainText<2_048>,
    pub trace_id: Option<PlainText<128>>,
    /// When what it tells happened.
    pub at: Timestamp,
    /// How often it was lent, this time included.
    pub attempts: u32,
    /// Of a task that succeeded.
    pub result: Option<TaskResult>,
    /// Of a task that failed; of a cancelled one, that of its newest attempt.
    pub error: Option<TaskError>,
    /// What the attempt took that ended the task.
    pub execution_ms: Option<u64>,
}
