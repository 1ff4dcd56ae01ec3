//! Tasks as they come in, and what is answered about them.

use domain::task::{
    NoticeKind, PlainText, Progress, Task, TaskAction, TaskError, TaskId, TaskPayload,
    TaskResources, TaskSpec, TaskState,
};
use domain::{FieldError, Term as _, Timestamp};
use ports::ListedTask;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::actions::Payload;
use crate::answer::{append_open_card, json};
use crate::error::ApiError;

const PRIORITY: i64 = 5;
const TIMEOUT_MS: i64 = 30_000;
const RETRY: i64 = 3;

/// A task.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentTask)]
pub(super) struct TaskBody {
    /// Made by the sender.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    task_id: String,
    action: TaskAction,
    /// What the action takes: see `/agent/capabilities`. At most 64 KiB.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Where notices go, on an origin that this service is configured to answer to. Without it, ask `/agent/tasks/{task_id}`.
    #[schema(max_length = 2048)]
    reply_to: Option<String>,
    /// Comes back in every answer.
    #[schema(max_length = 128)]
    trace_id: Option<String>,
    /// Requesters take turns; another `sub` that gives the same name is another one. The token's `sub` when not given.
    #[schema(max_length = 256)]
    requested_by: Option<String>,
    resources: Option<ResourcesBody>,
}

/// What a task may use.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentTaskResources)]
struct ResourcesBody {
    /// The highest goes first; 5 when not given.
    #[schema(minimum = 1, maximum = 10)]
    priority: Option<i64>,
    /// For one attempt; 30,000 when not given.
    #[schema(minimum = 1_000, maximum = 300_000)]
    timeout_ms: Option<i64>,
    /// Attempts after the first one; 3 when not given.
    #[schema(minimum = 0, maximum = 10)]
    retry: Option<i64>,
}

impl TaskBody {
    /// # Errors
    /// `VALIDATION_FAILED` with everything that is wrong.
    pub(super) fn into_spec(self, owner: &str) -> Result<TaskSpec, ApiError> {
        let mut errors = Vec::new();
        let id = kept("task_id", TaskId::parse(&self.task_id), &mut errors);
        let resources = self.resources.unwrap_or_default();
        let resources = TaskResources::new(
            resources.priority.unwrap_or(PRIORITY),
            resources.timeout_ms.unwrap_or(TIMEOUT_MS),
            resources.retry.unwrap_or(RETRY),
        );
        let resources = resources
            .map_err(|wrong| errors.extend(wrong.into_iter().map(|error| error.below("resources"))))
            .ok();
        let payload = TaskPayload::parse(self.payload.get().to_owned());
        let payload = kept("payload", payload, &mut errors);
        if let Err(wrong) = Payload::read(self.action, self.payload.get()) {
            errors.extend(wrong.into_iter().map(|error| error.below("payload")));
        }
        let reply_to = optional("reply_to", self.reply_to.as_deref(), &mut errors);
        let trace_id = optional("trace_id", self.trace_id.as_deref(), &mut errors);
        let requested_by = self.requested_by.as_deref().unwrap_or(owner);
        let requested_by = optional("requested_by", Some(requested_by), &mut errors);
        match (id, payload, requested_by, resources) {
            (Some(id), Some(payload), Some(requested_by), Some(resources)) if errors.is_empty() => {
                Ok(TaskSpec {
                    id,
                    action: self.action,
                    payload,
                    reply_to,
                    trace_id,
                    owner: PlainText::lossy(owner),
                    requested_by,
                    resources,
                })
            }
            _ => Err(ApiError::invalid(errors)),
        }
    }
}

fn kept<T, E: std::fmt::Display>(
    field: &str,
    read: Result<T, E>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    read.map_err(|error| errors.push(FieldError::new(field, error.to_string())))
        .ok()
}

fn optional<const MAX: usize>(
    field: &str,
    text: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> Option<PlainText<MAX>> {
    kept(field, PlainText::parse(text?), errors)
}

/// How far a task is, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AgentTaskStatus)]
pub(super) struct TaskEnvelope {
    task_id: String,
    #[schema(pattern = "^(accepted|in_progress|succeeded|failed|cancelled)$")]
    status: &'static str,
    /// Of a task that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, required = false)]
    result: Option<Value>,
    /// Of a task that failed, or of the newest attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// What the attempt took that ended the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_time_ms: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AgentTaskError)]
struct ErrorEntry {
    #[schema(example = "TIMEOUT")]
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, required = false)]
    details: Option<Value>,
}

impl From<&TaskError> for ErrorEntry {
    fn from(error: &TaskError) -> Self {
        let details = error.details.as_ref();
        Self {
            code: error.code.to_string(),
            message: error.message.to_string(),
            details: details.and_then(|text| serde_json::from_str(text.as_str()).ok()),
        }
    }
}

/// The answer to a task that was taken in, the first time and each other.
pub(super) fn accepted(spec: &TaskSpec) -> TaskEnvelope {
    TaskEnvelope {
        task_id: spec.id.to_string(),
        status: NoticeKind::Accepted.code(),
        result: None,
        error: None,
        trace_id: spec.trace_id.as_ref().map(ToString::to_string),
        execution_time_ms: None,
    }
}

/// The JSON of a [`TaskEnvelope`]; the result goes in as it is kept.
pub(super) fn envelope(task: &Task) -> Vec<u8> {
    let head = json(&TaskEnvelope {
        // As its sender is told: one that waits for its next attempt is in progress.
        status: task.progress.told.code(),
        error: task.progress.error.as_ref().map(ErrorEntry::from),
        execution_time_ms: task.progress.execution_ms(),
        ..accepted(&task.spec)
    });
    let Some(result) = &task.result else {
        return head;
    };
    let mut body = Vec::with_capacity(head.len() + result.as_str().len() + 16);
    append_open_card(&mut body, &head);
    body.extend_from_slice(b",\"result\":");
    body.extend_from_slice(result.as_str().as_bytes());
    body.push(b'}');
    body
}

/// A task without what was sent and answered.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedAgentTask)]
pub(super) struct ListedEntry {
    sequence: u64,
    task_id: String,
    action: TaskAction,
    requested_by: String,
    state: TaskState,
    priority: u8,
    /// Begun since it was sent, or queued again.
    attempts: u32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>, required)]
    finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorEntry>,
}

impl From<ListedTask> for ListedEntry {
    fn from(task: ListedTask) -> Self {
        let Progress {
            state,
            attempts,
            created_at,
            finished_at,
            error,
            ..
        } = task.progress;
        Self {
            sequence: task.sequence,
            task_id: task.id.to_string(),
            action: task.action,
            requested_by: task.requested_by.to_string(),
            state,
            priority: task.resources.priority(),
            attempts,
            created_at,
            finished_at,
            error: error.as_ref().map(ErrorEntry::from),
        }
    }
}
