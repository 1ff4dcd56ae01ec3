//! Tasks come in, are looked at, and are cancelled or queued again.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::task::{Progress, Task, TaskId, TaskSpec, TaskState};
use domain::{Term as _, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{Commanded, Enqueued, Queued, TaskFilter, TaskPage, page_of};

use super::keeping::{self, locked_in_txn, save_in_txn, walk_in_order, walk_indexes};
use super::record::{ListedRow, TaskRow, readable};
use crate::area::Area;
use crate::failure::Failure;
use crate::grouping::{Rule, in_order_of};
use crate::prepared::{Prepared, Value};
use crate::schema::tasks;
use crate::scholarships::bound;

/// The turn after the requester's last one, and after those that were worked at, of the expressions for a priority, an owner and
/// the name that it gave. Requesters who come at the same moment may share one.
macro_rules! turn {
    ($priority:literal, $owner:literal, $name:literal) => {
        concat!(
            "greatest((SELECT max(own.turn) + 1 FROM tasks AS own WHERE own.state = 'queued' AND own.priority = ",
            $priority,
            " AND own.owner = ",
            $owner,
            " AND own.requested_by = ",
            $name,
            "), (SELECT front.turn FROM task_turns AS front WHERE front.priority = ",
            $priority,
            "), 0)"
        )
    };
}

const TURN: &str = concat!("SELECT ", turn!("$1", "$2", "$3"), " AS turn");

/// One statement for a task, its turn, and its first notice. Waits for another task that comes in under its id.
const ENQUEUE: &str = concat!(
    "WITH given (id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, \
       retry, state, told, now) AS ( \
       VALUES (?::text, ?::bytea, ?::text, ?::text, ?::text, ?::text, ?::text COLLATE \"C\", ?::text COLLATE \"C\", ?::bigint, ?::bigint, \
         ?::bigint, ?::text, ?::text, ?::timestamptz)), \
     task AS ( \
       INSERT INTO tasks (id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, retry, \
         state, told, created_at, not_before, attempts, turn) \
       SELECT id, digest, action, payload, reply_to, trace_id, owner, requested_by, priority, timeout_ms, retry, \
         state, told, now, now, 0, ",
    turn!("given.priority", "given.owner", "given.requested_by"),
    " \
       FROM given ON CONFLICT (id) DO NOTHING RETURNING sequence, reply_to, created_at, told), \
     notice AS ( \
       INSERT INTO task_notices (task, kind, created_at, due_at) \
       SELECT sequence, told, created_at, created_at FROM task WHERE reply_to IS NOT NULL) \
     SELECT 1 FROM task"
);

#[derive(QueryableByName)]
struct Turn {
    #[diesel(sql_type = BigInt)]
    turn: i64,
}

async fn turn_on_conn(
    connection: &mut AsyncPgConnection,
    priority: i64,
    owner: &str,
    requested_by: &str,
) -> Result<i64, Failure> {
    let found: Turn = diesel::sql_query(TURN)
        .bind::<BigInt, _>(priority)
        .bind::<Text, _>(owner)
        .bind::<Text, _>(requested_by)
        .get_result(connection)
        .await?;
    Ok(found.turn)
}

/// A task that comes in.
pub(crate) struct Arrival {
    pub(super) spec: TaskSpec,
    pub(super) digest: [u8; 32],
    pub(super) now: Timestamp,
}

pub(crate) const ARRIVALS: Rule<Arrival, Enqueued> = Rule {
    area: Area::Tasks,
    work: enqueue_all_in_txn,
    weight: |_| 1,
    most: 64,
};

fn enqueue_all_in_txn(
    connection: &mut AsyncPgConnection,
    arrivals: Vec<Arc<Arrival>>,
) -> BoxFuture<'_, Result<Vec<Enqueued>, Failure>> {
    async move {
        let connection = &*connection;
        walk_indexes(connection).await?;
        let enqueue = |arrival| enqueue_in_txn(connection, arrival);
        in_order_of(&arrivals, |arrival| arrival.spec.id.as_str(), enqueue).await
    }
    .boxed()
}

async fn enqueue_in_txn(
    mut connection: &AsyncPgConnection,
    arrival: &Arrival,
) -> Result<Enqueued, Failure> {
    let Arrival { spec, digest, now } = arrival;
    let resources = spec.resources;
    let queued = Progress::queued(*now);
    let enqueue = Prepared {
        text: ENQUEUE,
        values: vec![
            Value::Text(spec.id.as_str()),
            Value::Bytes(digest),
            Value::Text(spec.action.code()),
            Value::Text(spec.payload.as_str()),
            Value::OptionalText(spec.reply_to.as_ref().map(|text| text.as_str())),
            Value::OptionalText(spec.trace_id.as_ref().map(|text| text.as_str())),
            Value::Text(spec.owner.as_str()),
            Value::Text(spec.requested_by.as_str()),
            Value::Number(resources.priority().into()),
            Value::Number(resources.timeout_ms().into()),
            Value::Number(resources.retry().into()),
            Value::Text(queued.state.code()),
            Value::Text(queued.told.code()),
            Value::Instant(queued.created_at),
        ],
    };
    let added = enqueue.execute(&mut connection).await?;
    if added == 0 {
        return known_on_conn(connection, &spec.id, digest).await;
    }
    Ok(Enqueued::New)
}

/// The task that has the id already.
async fn known_on_conn(
    mut connection: &AsyncPgConnection,
    id: &TaskId,
    digest: &[u8],
) -> Result<Enqueued, Failure> {
    let known: Option<(Vec<u8>, TaskRow)> = tasks::table
        .filter(tasks::id.eq(id.as_str()))
        .select((tasks::digest, TaskRow::as_select()))
        .get_result(&mut connection)
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
    let (priority, owner, requested_by): (i64, String, String) = own
        .select((tasks::priority, tasks::owner, tasks::requested_by))
        .get_result(connection)
        .await?;
    let turn = turn_on_conn(connection, priority, &owner, &requested_by).await?;
    diesel::update(own)
        .set(tasks::turn.eq(turn))
        .execute(connection)
        .await?;
    save_in_txn(connection, &task, &requeued, None, now).await?;
    Ok(Commanded::Done)
}

/// Each reads the index of unfinished tasks, and of it no more than was asked for.
const COUNT: &str = "SELECT count(*) AS count FROM (SELECT 1 FROM tasks WHERE finished_at IS NULL LIMIT $1) AS counted";
const COUNT_OF_OWNER: &str = "SELECT count(*) AS count FROM ( \
       SELECT 1 FROM tasks WHERE finished_at IS NULL AND owner = $2 LIMIT $1) AS counted";

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) async fn count_on_conn(
    connection: &mut AsyncPgConnection,
    owner: Option<String>,
    limit: u64,
) -> Result<u64, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let counted: Counted = match owner {
        None => {
            let count = diesel::sql_query(COUNT).bind::<BigInt, _>(limit);
            count.get_result(connection).await?
        }
        Some(owner) => {
            let count = diesel::sql_query(COUNT_OF_OWNER).bind::<BigInt, _>(limit);
            count.bind::<Text, _>(owner).get_result(connection).await?
        }
    };
    Ok(u64::try_from(counted.count).unwrap_or(0))
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
) -> Result<TaskPage, Failure> {
    let is_failed = matches!(filter.state, Some(TaskState::Failed | TaskState::Dead));
    if is_failed {
        walk_in_order(connection).await?;
    }
    let mut query = tasks::table
        .order(tasks::sequence.desc())
        .limit(bound(limit.saturating_add(1)))
        .select(ListedRow::as_select())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(tasks::sequence.lt(i64::try_from(before).unwrap_or(i64::MAX)));
    }
    if let Some(state) = filter.state {
        query = query.filter(tasks::state.eq(state.code()));
    }
    if is_failed {
        query = query.filter(keeping::is_failed());
    }
    if let Some(action) = filter.action {
        query = query.filter(tasks::action.eq(action.code()));
    }
    if let Some(requested_by) = filter.requested_by {
        query = query.filter(tasks::requested_by.eq(requested_by.to_string()));
    }
    let rows: Vec<ListedRow> = query.load(connection).await?;
    let (rows, next_before) = page_of(rows, limit, |row| row.sequence.unsigned_abs());
    Ok(TaskPage {
        tasks: readable(rows.into_iter().map(ListedRow::into_listed)),
        next_before,
    })
}

/// Each from the index of those that wait.
const QUEUED: &str = "SELECT (SELECT count(*) FROM (SELECT 1 FROM tasks WHERE state = 'queued' LIMIT $1) AS waiting) AS tasks, \
       (SELECT count(*) FROM (SELECT 1 FROM task_notices WHERE buried_at IS NULL LIMIT $1) AS waiting) AS notices";

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

pub(super) async fn queued_on_conn(
    connection: &mut AsyncPgConnection,
    most: usize,
) -> Result<Queued, Failure> {
    let waiting: Waiting = diesel::sql_query(QUEUED)
        .bind::<BigInt, _>(bound(most))
        .get_result(connection)
        .await?;
    Ok(waiting.into())
}
