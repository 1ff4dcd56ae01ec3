//! One task under lock, and how its change is kept together with the notice for its sender.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use domain::Timestamp;
use domain::task::{Progress, TaskId, TaskResult};

use super::record::{ProgressRow, unreadable};
use crate::failure::Failure;
use crate::prepared::{Prepared, Value};
use crate::schema::tasks;

/// A task that nobody else changes until the transaction ends.
pub(super) struct LockedTask {
    pub(super) sequence: i64,
    /// Whether its sender wants to be told.
    pub(super) has_address: bool,
    pub(super) retry: u8,
    pub(super) progress: Progress,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct LockedRow {
    pub(super) sequence: i64,
    reply_to: Option<String>,
    retry: i64,
    #[diesel(embed)]
    progress: ProgressRow,
}

impl LockedRow {
    pub(super) fn into_locked(self) -> Result<LockedTask, Failure> {
        let of = format!("task number {}", self.sequence);
        let unreadable = unreadable(&of);
        Ok(LockedTask {
            sequence: self.sequence,
            has_address: self.reply_to.is_some(),
            retry: self.retry.try_into().map_err(|_| unreadable("retry"))?,
            progress: self.progress.into_progress().map_err(unreadable)?,
        })
    }
}

/// Spelled out, so that Postgres sees that the index of waiting tasks will do.
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

pub(super) async fn locked_in_txn(
    mut connection: &AsyncPgConnection,
    id: &TaskId,
) -> Result<Option<LockedTask>, Failure> {
    let row: Option<LockedRow> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select(LockedRow::as_select())
        .for_update()
        .get_result(&mut connection)
        .await
        .optional()?;
    row.map(LockedRow::into_locked).transpose()
}

/// Its notice goes with it, when there is news to tell. It is due when the older ones of its task are gone; until somebody has
/// said so, it is out of the way for a while. Whoever says so holds the task's lock, as whoever saves does: neither misses the other.
/// Buried ones are left out by `FILTER`, for the reason that [`super::delivering`] has.
const SAVE: &str = "WITH saved AS ( \
       UPDATE tasks SET state = ?, attempts = ?, created_at = ?, not_before = ?, worker = ?, lease_until = ?, started_at = ?, \
         finished_at = ?, error_code = ?, error_message = ?, error_details = ?, told = ?, lost = ?, result = coalesce(?, result) \
       WHERE sequence = ? RETURNING sequence, told, error_code, error_message, error_details) \
     INSERT INTO task_notices (task, kind, error_code, error_message, error_details, execution_ms, created_at, due_at) \
     SELECT sequence, told, error_code, error_message, error_details, news.took, news.now, \
       CASE (SELECT count(*) FILTER (WHERE older.buried_at IS NULL) FROM task_notices AS older WHERE older.task = saved.sequence) \
         WHEN 0 THEN news.now ELSE news.now + interval '1 minute' END \
     FROM saved, (VALUES (?::bigint, ?::timestamptz, ?::boolean)) AS news (took, now, is_told) WHERE news.is_told";

/// Keeps what became of a task that is under lock; its sender is told when there is news.
pub(super) async fn save_in_txn(
    mut connection: &AsyncPgConnection,
    task: &LockedTask,
    progress: &Progress,
    result: Option<&TaskResult>,
    now: Timestamp,
) -> Result<(), Failure> {
    let row = ProgressRow::from(progress);
    let took = progress.execution_ms();
    let mut values = row.values();
    values.extend([
        Value::OptionalText(result.map(|result| result.as_str())),
        Value::Number(task.sequence),
        Value::OptionalNumber(took.map(|took| i64::try_from(took).unwrap_or(i64::MAX))),
        Value::Instant(now),
        Value::Truth(task.has_address && task.progress.told != progress.told),
    ]);
    let save = Prepared { text: SAVE, values };
    save.execute(&mut connection).await?;
    Ok(())
}

/// Until the transaction ends, whatever is looked for is looked for in an index. The planner knows the table as it was some minutes
/// ago, when it may have been empty, and would read all of it.
pub(super) async fn walk_indexes(mut connection: &AsyncPgConnection) -> Result<(), Failure> {
    let settings = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off";
    connection.batch_execute(settings).await?;
    Ok(())
}

/// The same, and what has an order is read in the order of an index: only where there is one for each statement that follows.
pub(super) async fn walk_in_order(mut connection: &AsyncPgConnection) -> Result<(), Failure> {
    let settings = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off";
    connection.batch_execute(settings).await?;
    Ok(())
}
