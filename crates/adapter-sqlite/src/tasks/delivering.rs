//! Notices are lent to those who deliver them.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::SqliteConnection;
use domain::task::{ErrorMessage, Lease, NoticeKind, TaskId};
use domain::{Term as _, Timestamp};
use ports::{Delivery, NoticeKey};

use super::record::{Read, error, readable, result, text, time, unreadable};
use crate::failure::Failure;
use crate::schema::{task_notices, tasks};
use crate::scholarships::{bound, microseconds};

/// What is due by its time, and whether it waits for an older one of its task.
const DUE: &str = "SELECT sequence, 0 < ( \
       SELECT count(*) FROM task_notices AS older \
       WHERE older.task = notice.task AND older.sequence < notice.sequence AND older.buried_at IS NULL) AS is_blocked \
     FROM task_notices AS notice WHERE buried_at IS NULL AND due_at <= ?1 ORDER BY due_at, sequence LIMIT ?2";

/// Of a task the notice that is the oldest now was due since there was something to tell, unless somebody has it.
const NEXT: &str = "UPDATE task_notices SET due_at = created_at WHERE worker IS NULL AND sequence = ( \
       SELECT min(sequence) FROM task_notices WHERE task = ?1 AND buried_at IS NULL)";

/// Of a task the notice that is the oldest now is lent, unless somebody has it.
const LEND_NEXT: &str = "UPDATE task_notices SET worker = ?2, due_at = ?3, attempts = attempts + 1 \
     WHERE worker IS NULL AND sequence = ( \
       SELECT min(sequence) FROM task_notices WHERE task = ?1 AND buried_at IS NULL) RETURNING sequence";

/// How long a notice that waits for an older one is out of the way, should nobody have said that it is the next.
const PUT_OFF: TimeDelta = TimeDelta::minutes(10);
/// Looks at what is due, and how many each but the first takes in hand: what waits for something else is put off, so that
/// each claim ends soon and the next one begins behind it.
const LOOKS: usize = 3;
const LOOKED_AT: usize = 1_000;

/// Notices go with their tasks.
const FORGET: &str = "WITH old AS ( \
       SELECT sequence FROM tasks WHERE finished_at < ?1 ORDER BY finished_at LIMIT ?2) \
     DELETE FROM tasks WHERE sequence IN (SELECT sequence FROM old)";

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Bool)]
    is_blocked: bool,
}

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
    created_at: i64,
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
        at: time(notice.created_at, "created_at")?,
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

pub(super) fn claim_in_txn(
    connection: &mut SqliteConnection,
    lease: &Lease,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Delivery>, Failure> {
    let mut due = Vec::new();
    for look in 0..LOOKS {
        let missing = limit.saturating_sub(due.len());
        let most = if look == 0 { limit } else { LOOKED_AT };
        let seen: Vec<Due> = diesel::sql_query(DUE)
            .bind::<BigInt, _>(microseconds(now))
            .bind::<BigInt, _>(bound(most))
            .load(connection)?;
        let is_all = seen.len() < most;
        let (blocked, heads): (Vec<Due>, Vec<Due>) =
            seen.into_iter().partition(|notice| notice.is_blocked);
        put_off_in_txn(connection, &blocked, now)?;
        let heads = heads.into_iter().map(|notice| notice.sequence);
        let heads: Vec<i64> = heads.take(missing).collect();
        lend_in_txn(connection, &heads, lease)?;
        due.extend(heads);
        if is_all || due.len() >= limit {
            break;
        }
    }
    deliveries_on_conn(connection, &due)
}

fn deliveries_on_conn(
    connection: &mut SqliteConnection,
    notices: &[i64],
) -> Result<Vec<Delivery>, Failure> {
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(NoticeRow, AddressRow)> = task_notices::table
        .inner_join(tasks::table.on(tasks::sequence.eq(task_notices::task)))
        .filter(task_notices::sequence.eq_any(notices))
        .order(task_notices::sequence)
        .select((NoticeRow::as_select(), AddressRow::as_select()))
        .load(connection)?;
    Ok(readable(rows.into_iter().map(into_delivery)))
}

/// Takes out of the way what waits for an older notice.
fn put_off_in_txn(
    connection: &mut SqliteConnection,
    blocked: &[Due],
    now: Timestamp,
) -> Result<(), Failure> {
    let blocked = Vec::from_iter(blocked.iter().map(|notice| notice.sequence));
    diesel::update(task_notices::table.filter(task_notices::sequence.eq_any(blocked)))
        .set((
            task_notices::worker.eq(None::<String>),
            task_notices::due_at.eq(microseconds(now + PUT_OFF)),
        ))
        .execute(connection)?;
    Ok(())
}

fn lend_in_txn(
    connection: &mut SqliteConnection,
    notices: &[i64],
    lease: &Lease,
) -> Result<(), Failure> {
    diesel::update(task_notices::table.filter(task_notices::sequence.eq_any(notices)))
        .set((
            task_notices::worker.eq(lease.worker.as_str()),
            task_notices::due_at.eq(microseconds(lease.until)),
            task_notices::attempts.eq(task_notices::attempts + 1),
        ))
        .execute(connection)?;
    Ok(())
}

/// No number of a row is so large.
pub(super) fn number(key: &NoticeKey) -> i64 {
    i64::try_from(key.sequence).unwrap_or(i64::MAX)
}

pub(super) fn delivered_in_txn(
    connection: &mut SqliteConnection,
    keys: &[NoticeKey],
) -> Result<u64, Failure> {
    let told = forget_notices_in_txn(connection, keys)?;
    for task in &told {
        next_in_txn(connection, *task)?;
    }
    Ok(u64::try_from(told.len()).unwrap_or(u64::MAX))
}

pub(super) fn delivered_and_next_in_txn(
    connection: &mut SqliteConnection,
    keys: &[NoticeKey],
    lease: &Lease,
) -> Result<Vec<Delivery>, Failure> {
    let mut next = Vec::new();
    for task in forget_notices_in_txn(connection, keys)? {
        let lent: Vec<Numbered> = diesel::sql_query(LEND_NEXT)
            .bind::<BigInt, _>(task)
            .bind::<Text, _>(lease.worker.as_str())
            .bind::<BigInt, _>(microseconds(lease.until))
            .load(connection)?;
        next.extend(lent.into_iter().map(|notice| notice.sequence));
    }
    deliveries_on_conn(connection, &next)
}

pub(super) fn held_in_txn(
    connection: &mut SqliteConnection,
    lease: &Lease,
) -> Result<Vec<Delivery>, Failure> {
    let held = task_notices::table
        .filter(task_notices::worker.eq(lease.worker.as_str()))
        .filter(task_notices::buried_at.is_null());
    diesel::update(held)
        .set(task_notices::due_at.eq(microseconds(lease.until)))
        .execute(connection)?;
    let held: Vec<i64> = held.select(task_notices::sequence).load(connection)?;
    deliveries_on_conn(connection, &held)
}

/// Answers whose they were.
fn forget_notices_in_txn(
    connection: &mut SqliteConnection,
    keys: &[NoticeKey],
) -> Result<Vec<i64>, Failure> {
    let numbers = keys.iter().map(number);
    let delivered = task_notices::sequence.eq_any(numbers.collect::<Vec<_>>());
    let delivered = task_notices::table.filter(delivered);
    let told: Vec<i64> = delivered
        .clone()
        .select(task_notices::task)
        .load(connection)?;
    diesel::delete(delivered).execute(connection)?;
    Ok(told)
}

/// What waited for the oldest notice of this task, which is gone, is due.
fn next_in_txn(connection: &mut SqliteConnection, task: i64) -> Result<(), Failure> {
    diesel::sql_query(NEXT)
        .bind::<BigInt, _>(task)
        .execute(connection)?;
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

pub(super) fn undelivered_in_txn(
    connection: &mut SqliteConnection,
    undelivered: &Undelivered,
) -> Result<bool, Failure> {
    let notice = task_notices::table.find(number(&undelivered.key));
    let changed = diesel::update(notice)
        .filter(task_notices::worker.eq(&undelivered.worker))
        .set((
            task_notices::worker.eq(None::<String>),
            task_notices::due_at.eq(microseconds(undelivered.due_at)),
            task_notices::delivery_error.eq(undelivered.error.as_str()),
            task_notices::buried_at.eq(undelivered.buried_at.map(microseconds)),
        ))
        .execute(connection)?;
    if changed == 1 && undelivered.buried_at.is_some() {
        let task = notice.select(task_notices::task).get_result(connection)?;
        next_in_txn(connection, task)?;
    }
    Ok(changed == 1)
}

pub(super) fn forget_in_txn(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: usize,
) -> Result<u64, Failure> {
    let gone = diesel::sql_query(FORGET)
        .bind::<BigInt, _>(microseconds(before))
        .bind::<BigInt, _>(bound(limit))
        .execute(connection)?;
    Ok(u64::try_from(gone).unwrap_or(u64::MAX))
}
