//! How far a task is, and how that may change.

use super::{PlainText, TaskError, TaskResult};
use crate::{Timestamp, vocabulary};

/// Leases that a task may lose: a crash is no fault of the task and uses up no attempt, but a task that ends every program which
/// takes it must not go round for ever.
const LOST_AT_MOST: u32 = 5;
/// From so many lost leases on a task is not worked at beside others, which it may drag down with it.
const SUSPECT_FROM: u32 = 2;

vocabulary!(
    /// Where a task stands. `dead` means that it was given up: its attempts are used up.
    TaskState {
        Queued = "queued", Running = "running", Succeeded = "succeeded", Failed = "failed", Cancelled = "cancelled",
        Dead = "dead",
    }
);

impl TaskState {
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Running | Self::Cancelled),
            Self::Running => next != Self::Running,
            Self::Failed | Self::Dead => next == Self::Queued,
            Self::Succeeded | Self::Cancelled => false,
        }
    }

    /// Nobody works at it any more, or will by himself.
    pub fn is_finished(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

vocabulary!(
    /// What the sender of a task is told.
    NoticeKind {
        Accepted = "accepted", InProgress = "in_progress", Succeeded = "succeeded", Failed = "failed", Cancelled = "cancelled",
    }
);

/// The right to work at something. It goes to somebody else when it has run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub worker: PlainText<128>,
    pub until: Timestamp,
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Succeeded(TaskResult),
    /// It would fail again.
    Failed(TaskError),
    /// It may succeed later. The task is given up when its attempts are used up.
    Retry {
        at: Timestamp,
        error: TaskError,
    },
    /// It was given back before its end, as when a program stops; the attempt does not count.
    Released,
}

/// Everything about a task that changes, but its result. Every change is made by a function here, which answers `None` when
/// it is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub state: TaskState,
    /// Begun since the task was queued by its sender or an operator.
    pub attempts: u32,
    /// Leases that ran out since then. They are no attempts.
    pub lost: u32,
    pub created_at: Timestamp,
    /// Nobody takes it before.
    pub not_before: Timestamp,
    /// Of a running task.
    pub lease: Option<Lease>,
    /// When the attempt began that is under way or ended the task.
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Of the newest attempt that failed.
    pub error: Option<TaskError>,
    /// The newest notice. The sender is told whenever it changes.
    pub told: NoticeKind,
}

impl Progress {
    pub fn queued(now: Timestamp) -> Self {
        Self {
            state: TaskState::Queued,
            attempts: 0,
            lost: 0,
            created_at: now,
            not_before: now,
            lease: None,
            started_at: None,
            finished_at: None,
            error: None,
            told: NoticeKind::Accepted,
        }
    }

    /// A worker takes the task.
    pub fn claimed(self, lease: Lease, now: Timestamp) -> Option<Self> {
        Some(Self {
            lease: Some(lease),
            attempts: self.attempts.saturating_add(1),
            started_at: Some(now),
            told: NoticeKind::InProgress,
            ..self.moved(TaskState::Running)?
        })
    }

    /// Whether this worker may say what becomes of the task. A lease that has run out counts until somebody else notices.
    pub fn is_held_by(&self, worker: &str) -> bool {
        let holder = self.lease.as_ref().map(|lease| lease.worker.as_str());
        self.state == TaskState::Running && holder == Some(worker)
    }

    /// The worker who holds the lease is done with its attempt. `retry` is the task's.
    pub fn finished(self, outcome: &Outcome, retry: u8, now: Timestamp) -> Option<Self> {
        match outcome {
            Outcome::Succeeded(_) => self.ended(TaskState::Succeeded, None, now),
            Outcome::Failed(error) => self.ended(TaskState::Failed, Some(error.clone()), now),
            Outcome::Retry { error, .. } if self.attempts > u32::from(retry) => {
                self.ended(TaskState::Dead, Some(error.clone()), now)
            }
            Outcome::Retry { at, error } => Some(Self {
                not_before: *at,
                error: Some(error.clone()),
                ..self.returned()?
            }),
            Outcome::Released => Some(Self {
                attempts: self.attempts.saturating_sub(1),
                ..self.returned()?
            }),
        }
    }

    /// The lease has run out: somebody else may take the task, unless it has lost too many. The attempt does not count.
    pub fn lost(self, now: Timestamp) -> Option<Self> {
        let counted = Self {
            attempts: self.attempts.saturating_sub(1),
            lost: self.lost.saturating_add(1),
            ..self
        };
        if counted.lost > LOST_AT_MOST {
            let error = TaskError::worker_lost();
            counted.ended(TaskState::Dead, Some(error), now)
        } else {
            counted.returned()
        }
    }

    /// Whether the task may be what ended those who worked at it: it is lent alone.
    pub fn is_suspect(&self) -> bool {
        self.lost >= SUSPECT_FROM
    }

    pub fn cancelled(self, now: Timestamp) -> Option<Self> {
        let error = self.error.clone();
        self.ended(TaskState::Cancelled, error, now)
    }

    /// An operator gives a task that failed all its attempts again.
    pub fn requeued(self, now: Timestamp) -> Option<Self> {
        let Self { created_at, .. } = self.moved(TaskState::Queued)?;
        Some(Self {
            created_at,
            ..Self::queued(now)
        })
    }

    /// What the attempt took that ended the task, in milliseconds.
    pub fn execution_ms(&self) -> Option<u64> {
        let took = self.finished_at? - self.started_at?;
        Some(u64::try_from(took.num_milliseconds()).unwrap_or(0))
    }

    /// What is worked at waits again. What has ended does so only by an operator's order.
    fn returned(self) -> Option<Self> {
        if self.state != TaskState::Running {
            return None;
        }
        Some(Self {
            lease: None,
            started_at: None,
            ..self.moved(TaskState::Queued)?
        })
    }

    fn ended(self, state: TaskState, error: Option<TaskError>, now: Timestamp) -> Option<Self> {
        let told = match state {
            TaskState::Succeeded => NoticeKind::Succeeded,
            TaskState::Cancelled => NoticeKind::Cancelled,
            _ => NoticeKind::Failed,
        };
        Some(Self {
            lease: None,
            finished_at: Some(now),
            error,
            told,
            ..self.moved(state)?
        })
    }

    fn moved(self, next: TaskState) -> Option<Self> {
        let allowed = self.state.may_become(next);
        allowed.then_some(Self {
            state: next,
            ..self
        })
    }
}

#[cfg(test)]
mod tests;
