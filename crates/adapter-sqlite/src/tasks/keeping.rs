//! One task in a transaction, and how its change is kept together with the notice for its sender.

use chrono::TimeDelta;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;
use domain::task::{Progress, TaskId, TaskResult};
use domain::{Term as _, Timestamp};

use super::record::{ProgressRow, details, unreadable};
use crate::failure::Failure;
use crate::schema::{task_notices, tasks};
use crate::scholarships::microseconds;

/// How long a notice that waits for an older one is out of the way at first.
const BLOCKED: TimeDelta = TimeDelta::seconds(1);

/// What a change must know of a task.
pub(super) struct StoredTask {
    pub(super) sequence: i64,
    /// Whether its sender wants to be told.
    pub(super) has_address: bool,
    pub(super) retry: u8,
    pub(super) progress: Progress,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct StoredRow {
    pub(super) sequence: i64,
    reply_to: Option<String>,
    retry: i64,
    #[diesel(embed)]
    progress: ProgressRow,
}

impl StoredRow {
    pub(super) fn into_stored(self) -> Result<StoredTask, Failure> {
        let of = format!("task number {}", self.sequence);
        let unreadable = unreadable(&of);
        Ok(StoredTask {
            sequence: self.sequence,
            has_address: self.reply_to.is_some(),
            retry: self.retry.try_into().map_err(|_| unreadable("retry"))?,
            progress: self.progress.into_progress().map_err(unreadable)?,
        })
    }
}

/// Spelled out, so that SQLite sees that the index of waiting tasks will do.
pub(super) fn waits() -> SqlLiteral<Bool> {
    sql("tasks.state = 'queued'")
}

pub(super) fn runs() -> SqlLiteral<Bool> {
    sql("tasks.state = 'running'")
}

/// In the words of the index of failed and dead tasks.
pub(super) fn is_failed() -> SqlLiteral<Bool> {
    sql("tasks.state IN ('failed', 'dead')")
}

pub(super) fn stored_in_txn(
    connection: &mut SqliteConnection,
    id: &TaskId,
) -> Result<Option<StoredTask>, Failure> {
    let row: Option<StoredRow> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select(StoredRow::as_select())
        .get_result(connection)
        .optional()?;
    row.map(StoredRow::into_stored).transpose()
}

/// Keeps what became of a task; its sender is told when there is news.
pub(super) fn save_in_txn(
    connection: &mut SqliteConnection,
    task: &StoredTask,
    progress: &Progress,
    result: Option<&TaskResult>,
    now: Timestamp,
) -> Result<(), Failure> {
    let result = result.map(|result| tasks::result.eq(result.as_str()));
    diesel::update(tasks::table.find(task.sequence))
        .set((ProgressRow::from(progress), result))
        .execute(connection)?;
    if task.has_address && task.progress.told != progress.told {
        tell_in_txn(connection, task.sequence, progress, now)?;
    }
    Ok(())
}

/// Leaves a notice of how far a task is. It is due when the older ones of its task are gone; until somebody has said so, it is
/// out of the way.
pub(super) fn tell_in_txn(
    connection: &mut SqliteConnection,
    sequence: i64,
    progress: &Progress,
    now: Timestamp,
) -> Result<(), Failure> {
    let error = progress.error.as_ref();
    let took = progress.execution_ms();
    let older: i64 = task_notices::table
        .filter(task_notices::task.eq(sequence))
        .filter(task_notices::buried_at.is_null())
        .count()
        .get_result(connection)?;
    let due_at = if older == 0 { now } else { now + BLOCKED };
    diesel::insert_into(task_notices::table)
        .values((
            task_notices::task.eq(sequence),
            task_notices::kind.eq(progress.told.code()),
            task_notices::error_code.eq(error.map(|error| error.code.as_str())),
            task_notices::error_message.eq(error.map(|error| error.message.as_str())),
            task_notices::error_details.eq(error.and_then(details)),
            task_notices::execution_ms.eq(took.map(|took| i64::try_from(took).unwrap_or(i64::MAX))),
            task_notices::created_at.eq(microseconds(now)),
            task_notices::due_at.eq(microseconds(due_at)),
        ))
        .execute(connection)?;
    Ok(())
}
