//! Tasks come in, are looked at, and are cancelled or queued again.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::task::{Progress, Task, TaskId, TaskSpec};
use domain::{Term as _, Timestamp};
use ports::{Commanded, Enqueued, ListedTask, TaskFilter};

use super::keeping::{locked_in_txn, save_in_txn, tell_in_txn};
use super::record::{ListedRow, ProgressRow, SpecRow, TaskRow, readable};
use crate::failure::Failure;
use crate::schema::tasks;
use crate::scholarships::bound;

/// The turn after the sender's last one, and not before the one that is being worked at. Senders who come at the same moment
/// may share one.
const TURN: &str = "SELECT greatest( \
       (SELECT max(turn) + 1 FROM tasks WHERE state = 'queued' AND priority = $1 AND requested_by = $2), \
       (SELECT max(turn) FROM tasks WHERE state = 'running' AND priority = $1), \
       (SELECT min(turn) FROM tasks WHERE state = 'queued' AND priority = $1 AND not_before <= $3), \
       0) AS turn";

#[derive(QueryableByName)]
struct Turn {
    #[diesel(sql_type = BigInt)]
    turn: i64,
}

async fn turn_on_conn(
    connection: &mut AsyncPgConnection,
    priority: i64,
    requested_by: &str,
    now: Timestamp,
) -> Result<i64, Failure> {
    let found: Turn = diesel::sql_query(TURN)
        .bind::<BigInt, _>(priority)
        .bind::<Text, _>(requested_by)
        .bind::<Timestamptz, _>(now)
        .get_result(connection)
        .await?;
    Ok(found.turn)
}

pub(super) async fn enqueue_in_txn(
    connection: &mut AsyncPgConnection,
    spec: Arc<TaskSpec>,
    digest: [u8; 32],
    now: Timestamp,
) -> Result<Enqueued, Failure> {
    let priority = spec.resources.priority().into();
    let turn = turn_on_conn(connection, priority, spec.requested_by.as_str(), now).await?;
    let progress = Progress::queued(now);
    // Waits for another task that comes in under this id.
    let added: Option<i64> = diesel::insert_into(tasks::table)
        .values((
            SpecRow::from(&*spec),
            ProgressRow::from(&progress),
            tasks::digest.eq(&digest[..]),
            tasks::turn.eq(turn),
        ))
        .on_conflict(tasks::id)
        .do_nothing()
        .returning(tasks::sequence)
        .get_result(connection)
        .await
        .optional()?;
    let Some(sequence) = added else {
        return known_on_conn(connection, &spec.id, &digest).await;
    };
    if spec.reply_to.is_some() {
        tell_in_txn(connection, sequence, &progress, now).await?;
    }
    Ok(Enqueued::New)
}

/// The task that has the id already.
async fn known_on_conn(
    connection: &mut AsyncPgConnection,
    id: &TaskId,
    digest: &[u8],
) -> Result<Enqueued, Failure> {
    let known: Option<(Vec<u8>, TaskRow)> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select((tasks::digest, TaskRow::as_select()))
        .get_result(connection)
        .await
        .optional()?;
    match known {
        Some((known, row)) if known == digest => Ok(Enqueued::Same(Box::new(row.into_task()?))),
        Some(_) => Ok(Enqueued::Conflict),
        // Forgotten at this moment.
        None => Err(Failure::Contended),
    }
}

pub(super) async fn cancel_in_txn(
    connection: &mut AsyncPgConnection,
    id: TaskId,
    now: Timestamp,
) -> Result<Commanded, Failure> {
    let Some(task) = locked_in_txn(connection, &id).await? else {
        return Ok(Commanded::NotFound);
    };
    let Some(cancelled) = task.progress.clone().cancelled(now) else {
        return Ok(Commanded::Refused(task.progress.state));
    };
    save_in_txn(connection, &task, &cancelled, None, now).await?;
    Ok(Commanded::Done)
}

pub(super) async fn requeue_in_txn(
    connection: &mut AsyncPgConnection,
    id: TaskId,
    now: Timestamp,
) -> Result<Commanded, Failure> {
    let Some(task) = locked_in_txn(connection, &id).await? else {
        return Ok(Commanded::NotFound);
    };
    let Some(requeued) = task.progress.clone().requeued(now) else {
        return Ok(Commanded::Refused(task.progress.state));
    };
    let own = tasks::table.find(task.sequence);
    let (priority, requested_by): (i64, String) = own
        .select((tasks::priority, tasks::requested_by))
        .get_result(connection)
        .await?;
    let turn = turn_on_conn(connection, priority, &requested_by, now).await?;
    diesel::update(own)
        .set(tasks::turn.eq(turn))
        .execute(connection)
        .await?;
    save_in_txn(connection, &task, &requeued, None, now).await?;
    Ok(Commanded::Done)
}

pub(super) async fn get_on_conn(
    connection: &mut AsyncPgConnection,
    id: TaskId,
) -> Result<Option<Task>, Failure> {
    let row: Option<TaskRow> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select(TaskRow::as_select())
        .get_result(connection)
        .await
        .optional()?;
    row.map(TaskRow::into_task).transpose()
}

pub(super) async fn list_on_conn(
    connection: &mut AsyncPgConnection,
    filter: TaskFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<ListedTask>, Failure> {
    let mut query = tasks::table
        .order(tasks::sequence.desc())
        .limit(bound(limit))
        .select(ListedRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(tasks::sequence.lt(i64::try_from(before).unwrap_or(i64::MAX)));
    }
    if let Some(state) = filter.state {
        query = query.filter(tasks::state.eq(state.code()));
    }
    if let Some(action) = filter.action {
        query = query.filter(tasks::action.eq(action.code()));
    }
    if let Some(requested_by) = filter.requested_by {
        query = query.filter(tasks::requested_by.eq(requested_by.to_string()));
    }
    let rows: Vec<ListedRow> = query.load(connection).await?;
    Ok(readable(rows.into_iter().map(ListedRow::into_listed)))
}
