//! The Command Center: whoever coordinates agents, hands them tasks, and is told what became of them.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use domain::task::{PlainText, TaskAction, TaskId};

use crate::Delivery;

/// Speaks to the Command Center. Each method is one request with a timeout; whoever calls decides about another try.
#[async_trait]
pub trait CommandCenter: Send + Sync {
    /// Whether notices may be sent to this URL: only to origins that were configured.
    fn accepts(&self, reply_to: &str) -> bool;

    /// Tells the sender of a task. The same delivery may come again: its key stays the same.
    ///
    /// # Errors
    /// [`CommandCenterError`].
    async fn deliver(&self, delivery: &Delivery) -> Result<(), CommandCenterError>;

    /// # Errors
    /// [`CommandCenterError`].
    async fn register(&self, registration: &Registration) -> Result<(), CommandCenterError>;

    /// # Errors
    /// [`CommandCenterError`].
    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CommandCenterError>;

    /// # Errors
    /// [`CommandCenterError`].
    async fn send_events(&self, events: &[AgentEvent]) -> Result<(), CommandCenterError>;
}

/// A process that takes tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub agent_id: String,
    pub version: String,
    pub capabilities: Vec<TaskAction>,
    /// Tasks that it works at at once.
    pub max_concurrent: u32,
    pub started_at: Timestamp,
}

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStatus {
    Healthy,
    /// Something that it depends on is away, and bridged.
    Degraded,
    /// It is about to end, and takes no more tasks.
    Draining,
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub agent_id: String,
    pub status: AgentStatus,
    pub at: Timestamp,
    /// Tasks that can be worked at at once.
    pub workers: u32,
    /// Tasks that are.
    pub busy: u32,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentEventKind {
    TaskReceived,
    TaskStarted,
    TaskCompleted,
    TaskFailed,
    SearchExecuted,
    ErrorOccurred,
}

/// Something that happened, without anything personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEvent {
    /// Never given twice.
    pub id: String,
    pub kind: AgentEventKind,
    pub at: Timestamp,
    pub agent_id: String,
    pub task_id: Option<TaskId>,
    pub action: Option<TaskAction>,
    pub trace_id: Option<PlainText<128>>,
    pub error_code: Option<String>,
    /// What the attempt took, in milliseconds.
    pub execution_ms: Option<u64>,
    /// What a search found.
    pub results: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandCenterError {
    /// Nothing was sent: the URL is on no configured origin.
    #[error("the address is on no configured origin")]
    NotAllowed,
    /// Asking the same again will hardly help.
    #[error("the Command Center refused the request with {status}")]
    Refused { status: u16 },
    #[error("the Command Center failed with {status}")]
    Failed {
        status: u16,
        /// How long it asked us to wait.
        retry_after: Option<Duration>,
    },
    #[error("the Command Center cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It may have received the request.
    #[error("the Command Center did not answer in time")]
    TimedOut,
}

impl CommandCenterError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::NotAllowed | Self::Refused { .. })
    }

    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
