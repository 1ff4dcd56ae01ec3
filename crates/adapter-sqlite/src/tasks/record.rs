//! Tasks as rows.

use diesel::prelude::*;
use domain::task::{
    Lease, NoticeKind, PlainText, Progress, Task, TaskAction, TaskError, TaskId, TaskResources,
    TaskResult, TaskSpec, TaskState,
};
use domain::{Term as _, Timestamp};
use ports::ListedTask;

use crate::failure::{Failure, Unreadable};
use crate::schema::tasks;
use crate::scholarships::microseconds;

/// What a row says, or the column that is out of range.
pub(super) type Read<T> = Result<T, &'static str>;

/// What to say of a row that cannot be read.
pub(super) fn unreadable(of: &str) -> impl Fn(&'static str) -> Failure {
    move |column| Failure::unreadable(of, Unreadable::Column(column))
}

/// What can be read; the rest is logged, and keeps nobody from it.
pub(super) fn readable<T>(rows: impl Iterator<Item = Result<T, Failure>>) -> Vec<T> {
    rows.filter_map(|row| row.map_err(|failure| log_unreadable(&failure)).ok())
        .collect()
}

pub(super) fn log_unreadable(failure: &Failure) {
    tracing::error!(
        error = failure as &dyn std::error::Error,
        "a row of the tasks cannot be read; it is left alone"
    );
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tasks)]
pub(super) struct SpecRow {
    id: String,
    action: String,
    payload: String,
    reply_to: Option<String>,
    trace_id: Option<String>,
    owner: String,
    requested_by: String,
    priority: i64,
    timeout_ms: i64,
    retry: i64,
}

impl From<&TaskSpec> for SpecRow {
    fn from(spec: &TaskSpec) -> Self {
        Self {
            id: spec.id.as_str().to_owned(),
            action: spec.action.code().to_owned(),
            payload: spec.payload.as_str().to_owned(),
            reply_to: spec.reply_to.as_ref().map(ToString::to_string),
            trace_id: spec.trace_id.as_ref().map(ToString::to_string),
            owner: spec.owner.to_string(),
            requested_by: spec.requested_by.to_string(),
            priority: spec.resources.priority().into(),
            timeout_ms: spec.resources.timeout_ms().into(),
            retry: spec.resources.retry().into(),
        }
    }
}

impl SpecRow {
    fn into_spec(self) -> Read<TaskSpec> {
        Ok(TaskSpec {
            id: TaskId::parse(&self.id).map_err(|_| "id")?,
            action: TaskAction::from_code(&self.action).ok_or("action")?,
            payload: domain::task::JsonText::parse(self.payload).map_err(|_| "payload")?,
            reply_to: text(self.reply_to, "reply_to")?,
            trace_id: text(self.trace_id, "trace_id")?,
            owner: PlainText::parse(&self.owner).map_err(|_| "owner")?,
            requested_by: PlainText::parse(&self.requested_by).map_err(|_| "requested_by")?,
            resources: resources(self.priority, self.timeout_ms, self.retry)?,
        })
    }
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tasks, treat_none_as_null = true)]
pub(super) struct ProgressRow {
    state: String,
    attempts: i64,
    created_at: i64,
    not_before: i64,
    worker: Option<String>,
    lease_until: Option<i64>,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    error_code: Option<String>,
    error_message: Option<String>,
    error_details: Option<String>,
    told: String,
    lost: i64,
}

impl From<&Progress> for ProgressRow {
    fn from(progress: &Progress) -> Self {
        let (lease, error) = (progress.lease.as_ref(), progress.error.as_ref());
        Self {
            state: progress.state.code().to_owned(),
            attempts: progress.attempts.into(),
            created_at: microseconds(progress.created_at),
            not_before: microseconds(progress.not_before),
            worker: lease.map(|lease| lease.worker.to_string()),
            lease_until: lease.map(|lease| microseconds(lease.until)),
            started_at: progress.started_at.map(microseconds),
            finished_at: progress.finished_at.map(microseconds),
            error_code: error.map(|error| error.code.to_string()),
            error_message: error.map(|error| error.message.to_string()),
            error_details: error.and_then(details),
            told: progress.told.code().to_owned(),
            lost: progress.lost.into(),
        }
    }
}

impl ProgressRow {
    pub(super) fn into_progress(self) -> Read<Progress> {
        let lease = match (text(self.worker, "worker")?, self.lease_until) {
            (Some(worker), Some(until)) => Some(Lease {
                worker,
                until: time(until, "lease_until")?,
            }),
            (None, None) => None,
            _ => return Err("lease_until"),
        };
        Ok(Progress {
            state: TaskState::from_code(&self.state).ok_or("state")?,
            attempts: self.attempts.try_into().map_err(|_| "attempts")?,
            created_at: time(self.created_at, "created_at")?,
            not_before: time(self.not_before, "not_before")?,
            lease,
            started_at: self
                .started_at
                .map(|at| time(at, "started_at"))
                .transpose()?,
            finished_at: self
                .finished_at
                .map(|at| time(at, "finished_at"))
                .transpose()?,
            error: error(self.error_code, self.error_message, self.error_details)?,
            told: NoticeKind::from_code(&self.told).ok_or("told")?,
            lost: self.lost.try_into().map_err(|_| "lost")?,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct TaskRow {
    pub(super) sequence: i64,
    #[diesel(embed)]
    spec: SpecRow,
    #[diesel(embed)]
    progress: ProgressRow,
    result: Option<String>,
}

impl TaskRow {
    /// What cannot be read is no more suspect than the rest.
    pub(super) fn is_suspect(&self) -> bool {
        let read = self.progress.clone().into_progress();
        read.is_ok_and(|progress| progress.is_suspect())
    }

    pub(super) fn into_task(self) -> Result<Task, Failure> {
        let of = format!("task {}", self.spec.id);
        self.read().map_err(unreadable(&of))
    }

    fn read(self) -> Read<Task> {
        Ok(Task {
            spec: self.spec.into_spec()?,
            progress: self.progress.into_progress()?,
            result: result(self.result)?,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct ListedRow {
    pub(super) sequence: i64,
    id: String,
    action: String,
    requested_by: String,
    priority: i64,
    timeout_ms: i64,
    retry: i64,
    #[diesel(embed)]
    progress: ProgressRow,
}

impl ListedRow {
    pub(super) fn into_listed(self) -> Result<ListedTask, Failure> {
        let of = format!("task {}", self.id);
        self.read().map_err(unreadable(&of))
    }

    fn read(self) -> Read<ListedTask> {
        Ok(ListedTask {
            sequence: self.sequence.try_into().map_err(|_| "sequence")?,
            id: TaskId::parse(&self.id).map_err(|_| "id")?,
            action: TaskAction::from_code(&self.action).ok_or("action")?,
            requested_by: PlainText::parse(&self.requested_by).map_err(|_| "requested_by")?,
            resources: resources(self.priority, self.timeout_ms, self.retry)?,
            progress: self.progress.into_progress()?,
        })
    }
}

pub(super) fn details(error: &TaskError) -> Option<String> {
    let details = error.details.as_ref()?;
    Some(details.as_str().to_owned())
}

pub(super) fn error(
    code: Option<String>,
    message: Option<String>,
    details: Option<String>,
) -> Read<Option<TaskError>> {
    let Some(code) = text(code, "error_code")? else {
        return Ok(None);
    };
    let details = details.map(domain::task::JsonText::parse).transpose();
    Ok(Some(TaskError {
        code,
        message: text(message, "error_message")?.ok_or("error_message")?,
        details: details.map_err(|_| "error_details")?,
    }))
}

pub(super) fn result(result: Option<String>) -> Read<Option<TaskResult>> {
    let result = result.map(TaskResult::parse).transpose();
    result.map_err(|_| "result")
}

pub(super) fn text<const MAX: usize>(
    text: Option<String>,
    column: &'static str,
) -> Read<Option<PlainText<MAX>>> {
    let text = text.as_deref().map(PlainText::parse).transpose();
    text.map_err(|_| column)
}

pub(super) fn resources(priority: i64, timeout_ms: i64, retry: i64) -> Read<TaskResources> {
    TaskResources::new(priority, timeout_ms, retry).map_err(|_| "priority, timeout_ms or retry")
}

pub(super) fn time(microseconds: i64, column: &'static str) -> Read<Timestamp> {
    Timestamp::from_timestamp_micros(microseconds).ok_or(column)
}
