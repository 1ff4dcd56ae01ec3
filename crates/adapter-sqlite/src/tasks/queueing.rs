//! Tasks come in, are looked at, and are cancelled or queued again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use domain::task::{Progress, Task, TaskId, TaskSpec, TaskState};
use domain::{Term as _, Timestamp};
use ports::{Commanded, Enqueued, Queued, TaskFilter, TaskPage, page_of};

use super::keeping::{is_failed, save_in_txn, stored_in_txn, tell_in_txn};
use super::record::{ListedRow, ProgressRow, SpecRow, TaskRow, readable};
use crate::failure::Failure;
use crate::schema::tasks;
use crate::scholarships::{bound, microseconds};

/// The turn after the requester's last one, and not before the one that is being worked at.
const TURN: &str = "SELECT max( \
       coalesce((SELECT max(turn) + 1 FROM tasks WHERE state = 'queued' AND priority = ?1 AND owner = ?4 AND requested_by = ?2), 0), \
       coalesce((SELECT max(turn) FROM tasks WHERE state = 'running' AND priority = ?1), 0), \
       coalesce((SELECT min(turn) FROM tasks WHERE state = 'queued' AND priority = ?1 AND not_before <= ?3), 0)) AS turn";

#[derive(QueryableByName)]
struct Turn {
    #[diesel(sql_type = BigInt)]
    turn: i64,
}

fn turn_on_conn(
    connection: &mut SqliteConnection,
    priority: i64,
    owner: &str,
    requested_by: &str,
    now: Timestamp,
) -> Result<i64, Failure> {
    let found: Turn = diesel::sql_query(TURN)
        .bind::<BigInt, _>(priority)
        .bind::<Text, _>(requested_by)
        .bind::<BigInt, _>(microseconds(now))
        .bind::<Text, _>(owner)
        .get_result(connection)?;
    Ok(found.turn)
}

pub(super) fn enqueue_in_txn(
    connection: &mut SqliteConnection,
    spec: &TaskSpec,
    digest: [u8; 32],
    now: Timestamp,
) -> Result<Enqueued, Failure> {
    let priority = spec.resources.priority().into();
    let (owner, name) = (spec.owner.as_str(), spec.requested_by.as_str());
    let turn = turn_on_conn(connection, priority, owner, name, now)?;
    let progress = Progress::queued(now);
    let added = diesel::insert_into(tasks::table)
        .values((
            SpecRow::from(spec),
            ProgressRow::from(&progress),
            tasks::digest.eq(&digest[..]),
            tasks::turn.eq(turn),
        ))
        .on_conflict(tasks::id)
        .do_nothing()
        .execute(connection)?;
    if added == 0 {
        return known_on_conn(connection, &spec.id, &digest);
    }
    if spec.reply_to.is_some() {
        let sequence = tasks::table
            .filter(tasks::id.eq(spec.id.as_str()))
            .select(tasks::sequence)
            .get_result(connection)?;
        tell_in_txn(connection, sequence, &progress, now)?;
    }
    Ok(Enqueued::New)
}

/// The task that has the id already.
fn known_on_conn(
    connection: &mut SqliteConnection,
    id: &TaskId,
    digest: &[u8],
) -> Result<Enqueued, Failure> {
    let (known, row): (Vec<u8>, TaskRow) = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select((tasks::digest, TaskRow::as_select()))
        .get_result(connection)?;
    if known == digest {
        Ok(Enqueued::Same(Box::new(row.into_task()?)))
    } else {
        Ok(Enqueued::Conflict)
    }
}

pub(super) fn cancel_in_txn(
    connection: &mut SqliteConnection,
    id: &TaskId,
    now: Timestamp,
) -> Result<Commanded, Failure> {
    let Some(task) = stored_in_txn(connection, id)? else {
        return Ok(Commanded::NotFound);
    };
    let Some(cancelled) = task.progress.clone().cancelled(now) else {
        return Ok(Commanded::Refused(task.progress.state));
    };
    save_in_txn(connection, &task, &cancelled, None, now)?;
    Ok(Commanded::Done)
}

pub(super) fn requeue_in_txn(
    connection: &mut SqliteConnection,
    id: &TaskId,
    now: Timestamp,
) -> Result<Commanded, Failure> {
    let Some(task) = stored_in_txn(connection, id)? else {
        return Ok(Commanded::NotFound);
    };
    let Some(requeued) = task.progress.clone().requeued(now) else {
        return Ok(Commanded::Refused(task.progress.state));
    };
    let own = tasks::table.find(task.sequence);
    let (priority, owner, requested_by): (i64, String, String) = own
        .select((tasks::priority, tasks::owner, tasks::requested_by))
        .get_result(connection)?;
    let turn = turn_on_conn(connection, priority, &owner, &requested_by, now)?;
    diesel::update(own)
        .set(tasks::turn.eq(turn))
        .execute(connection)?;
    save_in_txn(connection, &task, &requeued, None, now)?;
    Ok(Commanded::Done)
}

/// Each reads the index of unfinished tasks, and of it no more than was asked for.
const COUNT: &str =
    "SELECT count(*) AS count FROM (SELECT 1 FROM tasks WHERE finished_at IS NULL LIMIT ?1)";
const COUNT_OF_OWNER: &str = "SELECT count(*) AS count FROM ( \
       SELECT 1 FROM tasks WHERE finished_at IS NULL AND owner = ?2 LIMIT ?1)";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) fn count_on_conn(
    connection: &mut SqliteConnection,
    owner: Option<&str>,
    limit: u64,
) -> Result<u64, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let counted: Counted = match owner {
        None => {
            let count = diesel::sql_query(COUNT).bind::<BigInt, _>(limit);
            count.get_result(connection)?
        }
        Some(owner) => {
            let count = diesel::sql_query(COUNT_OF_OWNER).bind::<BigInt, _>(limit);
            count.bind::<Text, _>(owner).get_result(connection)?
        }
    };
    Ok(u64::try_from(counted.count).unwrap_or(0))
}

pub(super) fn get_on_conn(
    connection: &mut SqliteConnection,
    id: &TaskId,
) -> Result<Option<Task>, Failure> {
    let row: Option<TaskRow> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select(TaskRow::as_select())
        .get_result(connection)
        .optional()?;
    row.map(TaskRow::into_task).transpose()
}

pub(super) fn list_on_conn(
    connection: &mut SqliteConnection,
    filter: &TaskFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<TaskPage, Failure> {
    let mut query = tasks::table
        .order(tasks::sequence.desc())
        .limit(bound(limit.saturating_add(1)))
        .select(ListedRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(tasks::sequence.lt(i64::try_from(before).unwrap_or(i64::MAX)));
    }
    if let Some(TaskState::Failed | TaskState::Dead) = filter.state {
        query = query.filter(is_failed());
    }
    if let Some(state) = filter.state {
        query = query.filter(tasks::state.eq(state.code()));
    }
    if let Some(action) = filter.action {
        query = query.filter(tasks::action.eq(action.code()));
    }
    if let Some(requested_by) = &filter.requested_by {
        query = query.filter(tasks::requested_by.eq(requested_by.to_string()));
    }
    let rows: Vec<ListedRow> = query.load(connection)?;
    let (rows, next_before) = page_of(rows, limit, |row| row.sequence.unsigned_abs());
    Ok(TaskPage {
        tasks: readable(rows.into_iter().map(ListedRow::into_listed)),
        next_before,
    })
}

/// Each from the index of those that wait.
const QUEUED: &str = "SELECT (SELECT count(*) FROM (SELECT 1 FROM tasks WHERE state = 'queued' LIMIT ?1) AS waiting) AS tasks, \
       (SELECT count(*) FROM (SELECT 1 FROM task_notices WHERE buried_at IS NULL LIMIT ?1) AS waiting) AS notices";

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    tasks: i64,
    #[diesel(sql_type = BigInt)]
    notices: i64,
}

impl From<Waiting> for Queued {
    fn from(waiting: Waiting) -> Self {
        Self {
            tasks: waiting.tasks.unsigned_abs(),
            notices: waiting.notices.unsigned_abs(),
        }
    }
}

pub(super) fn queued_on_conn(
    connection: &mut SqliteConnection,
    most: usize,
) -> Result<Queued, Failure> {
    let waiting: Waiting = diesel::sql_query(QUEUED)
        .bind::<BigInt, _>(bound(most))
        .get_result(connection)?;
    Ok(waiting.into())
}
