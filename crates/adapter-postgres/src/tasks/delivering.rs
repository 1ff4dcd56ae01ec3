//! Notices are lent to those who deliver them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::task::{ErrorMessage, Lease, NoticeKind, TaskId};
use domain::{Term as _, Timestamp};
use ports::{Delivery, NoticeKey};

use super::keeping::{walk_in_order, walk_indexes};
use super::record::{Read, error, readable, result, text, unreadable};
use crate::failure::Failure;
use crate::schema::{task_notices, tasks};
use crate::scholarships::bound;

/// What is due by its time.
const DUE: &str = "SELECT sequence FROM task_notices \
     WHERE buried_at IS NULL AND due_at <= $1 ORDER BY due_at, sequence LIMIT $2 FOR UPDATE SKIP LOCKED";

/// Of notices that are under lock those that wait for an older one of their task. Only now: had it been asked while they were
/// locked, an older one that was delivered meanwhile would still have been seen. The inner query is asked for each row,
/// whatever the planner believes about the table.
///
/// Here and below buried notices are sorted out by `FILTER`: as a condition it would be that of the index by time, which the
/// planner believes to be small, and all of that would be read for each task.
const BLOCKED: &str = "SELECT sequence FROM task_notices AS notice WHERE sequence = ANY ($1) AND 0 < ( \
       SELECT count(*) FILTER (WHERE older.buried_at IS NULL) FROM task_notices AS older \
       WHERE older.task = notice.task AND older.sequence < notice.sequence)";

/// Of these tasks the notice that is the oldest now was due since there was something to tell, unless somebody has it.
const NEXT: &str = "UPDATE task_notices AS next SET due_at = created_at \
     WHERE next.worker IS NULL AND next.sequence = ANY (ARRAY( \
       SELECT (SELECT min(waiting.sequence) FILTER (WHERE waiting.buried_at IS NULL) FROM task_notices AS waiting \
         WHERE waiting.task = told.task) \
       FROM unnest($1) AS told (task)))";

/// Of these tasks the notice that is the oldest now is lent, unless somebody has it.
const LEND_NEXT: &str = "UPDATE task_notices AS next SET worker = $2, due_at = $3, attempts = attempts + 1 \
     WHERE next.worker IS NULL AND next.sequence = ANY (ARRAY( \
       SELECT (SELECT min(waiting.sequence) FILTER (WHERE waiting.buried_at IS NULL) FROM task_notices AS waiting \
         WHERE waiting.task = told.task) \
       FROM unnest($1) AS told (task))) \
     RETURNING next.sequence";

/// Whoever saves one of these tasks, and leaves a notice with it, is waited for, and then waits. In the order in which all lock tasks.
const LOCK: &str =
    "SELECT sequence FROM tasks WHERE sequence = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

/// How long a notice that waits for an older one is out of the way, should nobody have said that it is the next.
const PUT_OFF: TimeDelta = TimeDelta::minutes(10);
/// Looks at what is due, and how many each but the first takes in hand: what waits for something else is put off, so that
/// each claim ends soon and the next one begins behind it.
const LOOKS: usize = 3;
const LOOKED_AT: usize = 1_000;

/// Notices go with their tasks.
const FORGET: &str = "WITH old AS ( \
       SELECT sequence FROM tasks WHERE finished_at < $1 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
     DELETE FROM tasks WHERE sequence IN (SELECT sequence FROM old)";

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = task_notices)]
struct NoticeRow {
    sequence: i64,
    kind: String,
    error_code: Option<String>,
    error_message: Option<String>,
    error_details: Option<String>,
    execution_ms: Option<i64>,
    created_at: Timestamp,
    attempts: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
struct AddressRow {
    id: String,
    reply_to: Option<String>,
    trace_id: Option<String>,
    result: Option<String>,
}

fn into_delivery((notice, address): (NoticeRow, AddressRow)) -> Result<Delivery, Failure> {
    let of = format!("notice {} of task {}", notice.sequence, address.id);
    read(notice, address).map_err(unreadable(&of))
}

fn read(notice: NoticeRow, address: AddressRow) -> Read<Delivery> {
    let kind = NoticeKind::from_code(&notice.kind).ok_or("kind")?;
    let took = notice.execution_ms.map(u64::try_from).transpose();
    Ok(Delivery {
        key: NoticeKey {
            task: TaskId::parse(&address.id).map_err(|_| "id")?,
            sequence: notice.sequence.try_into().map_err(|_| "sequence")?,
        },
        kind,
        reply_to: text(address.reply_to, "reply_to")?.ok_or("reply_to")?,
        trace_id: text(address.trace_id, "trace_id")?,
        at: notice.created_at,
        attempts: notice.attempts.try_into().map_err(|_| "attempts")?,
        result: match kind {
            NoticeKind::Succeeded => result(address.result)?,
            _ => None,
        },
        error: error(
            notice.error_code,
            notice.error_message,
            notice.error_details,
        )?,
        execution_ms: took.map_err(|_| "execution_ms")?,
    })
}

pub(super) async fn claim_in_txn(
    connection: &mut AsyncPgConnection,
    lease: Lease,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Delivery>, Failure> {
    walk_in_order(connection).await?;
    let mut due = Vec::new();
    for look in 0..LOOKS {
        let missing = limit.saturating_sub(due.len());
        let most = if look == 0 { limit } else { LOOKED_AT };
        let seen = due_in_txn(connection, most, now).await?;
        let is_all = seen.len() < most;
        let blocked = put_off_in_txn(connection, &seen, now).await?;
        let heads = seen.into_iter().filter(|notice| !blocked.contains(notice));
        let heads: Vec<i64> = heads.take(missing).collect();
        lend_in_txn(connection, &heads, &lease).await?;
        due.extend(heads);
        if is_all || due.len() >= limit {
            break;
        }
    }
    deliveries_on_conn(connection, &due).await
}

async fn deliveries_on_conn(
    connection: &mut AsyncPgConnection,
    notices: &[i64],
) -> Result<Vec<Delivery>, Failure> {
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<(NoticeRow, AddressRow)> = task_notices::table
        .inner_join(tasks::table.on(tasks::sequence.eq(task_notices::task)))
        .filter(task_notices::sequence.eq_any(notices))
        .select((NoticeRow::as_select(), AddressRow::as_select()))
        .load(connection)
        .await?;
    // Not by Postgres: where it may not sort, it would read all notices in their order.
    rows.sort_unstable_by_key(|(notice, _)| notice.sequence);
    Ok(readable(rows.into_iter().map(into_delivery)))
}

async fn due_in_txn(
    connection: &mut AsyncPgConnection,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<i64>, Failure> {
    let due: Vec<Numbered> = diesel::sql_query(DUE)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(bound(limit))
        .load(connection)
        .await?;
    Ok(due.into_iter().map(|notice| notice.sequence).collect())
}

/// Takes out of the way what waits for an older notice; answers which of these do.
async fn put_off_in_txn(
    connection: &mut AsyncPgConnection,
    due: &[i64],
    now: Timestamp,
) -> Result<BTreeSet<i64>, Failure> {
    if due.is_empty() {
        return Ok(BTreeSet::new());
    }
    let blocked: Vec<Numbered> = diesel::sql_query(BLOCKED)
        .bind::<Array<BigInt>, _>(due)
        .load(connection)
        .await?;
    let blocked: BTreeSet<i64> = blocked.into_iter().map(|notice| notice.sequence).collect();
    if !blocked.is_empty() {
        let waiting = task_notices::sequence.eq_any(Vec::from_iter(blocked.iter().copied()));
        diesel::update(task_notices::table.filter(waiting))
            .set((
                task_notices::worker.eq(None::<String>),
                task_notices::due_at.eq(now + PUT_OFF),
            ))
            .execute(connection)
            .await?;
    }
    Ok(blocked)
}

async fn lend_in_txn(
    connection: &mut AsyncPgConnection,
    notices: &[i64],
    lease: &Lease,
) -> Result<(), Failure> {
    if notices.is_empty() {
        return Ok(());
    }
    diesel::update(task_notices::table.filter(task_notices::sequence.eq_any(notices)))
        .set((
            task_notices::worker.eq(lease.worker.as_str()),
            task_notices::due_at.eq(lease.until),
            task_notices::attempts.eq(task_notices::attempts + 1),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// No number of a row is so large.
pub(super) fn number(key: &NoticeKey) -> i64 {
    i64::try_from(key.sequence).unwrap_or(i64::MAX)
}

pub(super) async fn delivered_in_txn(
    connection: &mut AsyncPgConnection,
    keys: Vec<NoticeKey>,
) -> Result<u64, Failure> {
    walk_indexes(connection).await?;
    let told = forget_notices_in_txn(connection, &keys).await?;
    next_in_txn(connection, &told).await?;
    Ok(u64::try_from(told.len()).unwrap_or(u64::MAX))
}

pub(super) async fn delivered_and_next_in_txn(
    connection: &mut AsyncPgConnection,
    keys: Vec<NoticeKey>,
    lease: Lease,
) -> Result<Vec<Delivery>, Failure> {
    walk_indexes(connection).await?;
    let told = forget_notices_in_txn(connection, &keys).await?;
    if told.is_empty() {
        return Ok(Vec::new());
    }
    lock_in_txn(connection, &told).await?;
    let next: Vec<Numbered> = diesel::sql_query(LEND_NEXT)
        .bind::<Array<BigInt>, _>(&told)
        .bind::<Text, _>(lease.worker.as_str())
        .bind::<Timestamptz, _>(lease.until)
        .load(connection)
        .await?;
    let next: Vec<i64> = next.into_iter().map(|notice| notice.sequence).collect();
    deliveries_on_conn(connection, &next).await
}

pub(super) async fn held_in_txn(
    connection: &mut AsyncPgConnection,
    lease: Lease,
) -> Result<Vec<Delivery>, Failure> {
    let held = task_notices::table
        .filter(task_notices::worker.eq(lease.worker.as_str()))
        .filter(task_notices::buried_at.is_null());
    let held: Vec<i64> = diesel::update(held)
        .set(task_notices::due_at.eq(lease.until))
        .returning(task_notices::sequence)
        .get_results(connection)
        .await?;
    deliveries_on_conn(connection, &held).await
}

/// Answers whose they were.
async fn forget_notices_in_txn(
    connection: &mut AsyncPgConnection,
    keys: &[NoticeKey],
) -> Result<Vec<i64>, Failure> {
    let numbers = keys.iter().map(number);
    let delivered = task_notices::sequence.eq_any(numbers.collect::<Vec<_>>());
    let told = diesel::delete(task_notices::table.filter(delivered))
        .returning(task_notices::task)
        .get_results(connection)
        .await?;
    Ok(told)
}

async fn lock_in_txn(connection: &mut AsyncPgConnection, tasks: &[i64]) -> Result<(), Failure> {
    diesel::sql_query(LOCK)
        .bind::<Array<BigInt>, _>(tasks)
        .execute(connection)
        .await?;
    Ok(())
}

/// What waited for the oldest notice of these tasks, which is gone, is due. The transaction walks indexes.
async fn next_in_txn(connection: &mut AsyncPgConnection, tasks: &[i64]) -> Result<(), Failure> {
    if tasks.is_empty() {
        return Ok(());
    }
    lock_in_txn(connection, tasks).await?;
    diesel::sql_query(NEXT)
        .bind::<Array<BigInt>, _>(tasks)
        .execute(connection)
        .await?;
    Ok(())
}

/// What becomes of a notice that could not be delivered.
#[derive(Clone)]
pub(super) struct Undelivered {
    pub(super) key: NoticeKey,
    pub(super) worker: String,
    pub(super) error: ErrorMessage,
    pub(super) due_at: Timestamp,
    pub(super) buried_at: Option<Timestamp>,
}

pub(super) async fn undelivered_in_txn(
    connection: &mut AsyncPgConnection,
    undelivered: Undelivered,
) -> Result<bool, Failure> {
    walk_indexes(connection).await?;
    let told: Option<i64> = diesel::update(task_notices::table.find(number(&undelivered.key)))
        .filter(task_notices::worker.eq(undelivered.worker))
        .set((
            task_notices::worker.eq(None::<String>),
            task_notices::due_at.eq(undelivered.due_at),
            task_notices::delivery_error.eq(undelivered.error.as_str()),
            task_notices::buried_at.eq(undelivered.buried_at),
        ))
        .returning(task_notices::task)
        .get_result(connection)
        .await
        .optional()?;
    if undelivered.buried_at.is_some() {
        next_in_txn(connection, told.as_slice()).await?;
    }
    Ok(told.is_some())
}

pub(super) async fn forget_in_txn(
    connection: &mut AsyncPgConnection,
    before: Timestamp,
    limit: usize,
) -> Result<u64, Failure> {
    let gone = diesel::sql_query(FORGET)
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(bound(limit))
        .execute(connection)
        .await?;
    Ok(u64::try_from(gone).unwrap_or(u64::MAX))
}
