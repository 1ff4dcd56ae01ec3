//! Tasks of other programs' agents: what is asked, how far it is, and what its sender is told.

mod backoff;
mod progress;
mod resources;
mod text;

pub use backoff::Backoff;
pub use progress::{Lease, NoticeKind, Outcome, Progress, TaskState};
pub use resources::TaskResources;
pub use text::{InvalidJsonText, InvalidText, JsonText, PlainText};

use crate::identifier::{self, InvalidIdentifier};
use crate::vocabulary;

/// The JSON text that a task comes with, at most 64 KiB.
pub type TaskPayload = JsonText<{ 64 * 1_024 }>;
/// The JSON text that a task was done with, at most 1 MiB.
pub type TaskResult = JsonText<{ 1_024 * 1_024 }>;
/// Details of an error as a JSON text, at most 16 KiB.
pub type ErrorDetails = JsonText<{ 16 * 1_024 }>;
/// One sentence about what went wrong.
pub type ErrorMessage = PlainText<2_000>;

vocabulary!(
    /// What a task asks for.
    TaskAction {
        Search = "scholarship_api.search", EligibilityCheck = "scholarship_api.eligibility_check",
        Recommendations = "scholarship_api.recommendations", Analytics = "scholarship_api.analytics",
    }
);

/// Id of a task, made by its sender: 1 to 64 characters of `[A-Za-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Box<str>);

impl TaskId {
    /// # Errors
    /// [`InvalidIdentifier`] when the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        identifier::check(text)?;
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A task as its sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    pub id: TaskId,
    pub action: TaskAction,
    pub payload: TaskPayload,
    /// The URL that notices go to; without one nobody is told, and the sender asks.
    pub reply_to: Option<PlainText<2_048>>,
    pub trace_id: Option<PlainText<128>>,
    /// Whose token it came with; nobody else, but operators, may see it.
    pub owner: PlainText<256>,
    /// The owner's name for whoever asks; requesters take turns.
    pub requested_by: PlainText<256>,
    pub resources: TaskResources,
}

/// A task and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub spec: TaskSpec,
    pub progress: Progress,
    /// Of a task that succeeded.
    pub result: Option<TaskResult>,
}

/// Why a task, or one attempt at it, failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// A stable word for programs, e.g. `TIMEOUT`.
    pub code: PlainText<64>,
    pub message: ErrorMessage,
    pub details: Option<ErrorDetails>,
}

impl std::fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl TaskError {
    /// Without details; see [`PlainText::lossy`] for what becomes of texts that do not fit.
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            code: PlainText::lossy(code),
            message: PlainText::lossy(message),
            details: None,
        }
    }

    /// Whoever worked at the task was silent again and again: perhaps the task ends the program.
    pub fn worker_lost() -> Self {
        Self::new(
            "WORKER_LOST",
            "every worker that took the task stopped before it was done",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Term as _;

    #[test]
    fn task_ids_have_the_form_of_identifiers() {
        for good in ["a", "task-1", "A_1", &"x".repeat(64)] {
            assert_eq!(TaskId::parse(good).expect(good).as_str(), good);
        }
        for bad in ["", "a b", "é", "a/b", "a.1", &"x".repeat(65)] {
            assert_eq!(TaskId::parse(bad), Err(InvalidIdentifier), "{bad}");
        }
    }

    #[test]
    fn actions_are_known_by_their_words() {
        let action = TaskAction::from_code("scholarship_api.eligibility_check");
        assert_eq!(action, Some(TaskAction::EligibilityCheck));
        assert_eq!(TaskAction::from_code("search"), None);
    }
}
