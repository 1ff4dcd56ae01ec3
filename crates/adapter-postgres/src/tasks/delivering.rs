//! Notices are lent to those who deliver them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::task::{ErrorMessage, Lease, NoticeKind, TaskId};
use domain::{Term as _, Timestamp};
use ports::{Delivery, NoticeKey};

use super::record::{Read, error, readable, result, text, unreadable};
use crate::failure::Failure;
use crate::schema::{task_notices, tasks};
use crate::scholarships::bound;

/// Of each task the oldest notice, if it is due. The inner query is asked for each row, whatever the planner believes about the
/// table: joined, it can cost seconds while the table grows faster than its statistics.
const DUE: &str = "SELECT sequence FROM task_notices AS notice \
     WHERE buried_at IS NULL AND due_at <= $1 AND 0 = ( \
       SELECT count(*) FROM task_notices AS older \
       WHERE older.task = notice.task AND older.sequence < notice.sequence AND older.buried_at IS NULL) \
     ORDER BY due_at, sequence LIMIT $2 FOR UPDATE SKIP LOCKED";

/// Notices go with their tasks.
const FORGET: &str = "WITH old AS ( \
       SELECT sequence FROM tasks WHERE finished_at < $1 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
     DELETE FROM tasks WHERE sequence IN (SELECT sequence FROM old)";

#[derive(QueryableByName)]
struct Due {
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
    let due: Vec<Due> = diesel::sql_query(DUE)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(bound(limit))
        .load(connection)
        .await?;
    let due: Vec<i64> = due.into_iter().map(|due| due.sequence).collect();
    if due.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(task_notices::table.filter(task_notices::sequence.eq_any(&due)))
        .set((
            task_notices::worker.eq(lease.worker.as_str()),
            task_notices::due_at.eq(lease.until),
            task_notices::attempts.eq(task_notices::attempts + 1),
        ))
        .execute(connection)
        .await?;
    let rows: Vec<(NoticeRow, AddressRow)> = task_notices::table
        .inner_join(tasks::table.on(tasks::sequence.eq(task_notices::task)))
        .filter(task_notices::sequence.eq_any(&due))
        .order(task_notices::sequence)
        .select((NoticeRow::as_select(), AddressRow::as_select()))
        .load(connection)
        .await?;
    Ok(readable(rows.into_iter().map(into_delivery)))
}

/// No number of a row is so large.
fn number(key: &NoticeKey) -> i64 {
    i64::try_from(key.sequence).unwrap_or(i64::MAX)
}

pub(super) async fn delivered_in_txn(
    connection: &mut AsyncPgConnection,
    keys: Vec<NoticeKey>,
) -> Result<u64, Failure> {
    let numbers = keys.iter().map(number);
    let delivered = task_notices::sequence.eq_any(numbers.collect::<Vec<_>>());
    let gone = diesel::delete(task_notices::table.filter(delivered))
        .execute(connection)
        .await?;
    Ok(u64::try_from(gone).unwrap_or(u64::MAX))
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
    let changed = diesel::update(task_notices::table.find(number(&undelivered.key)))
        .filter(task_notices::worker.eq(undelivered.worker))
        .set((
            task_notices::worker.eq(None::<String>),
            task_notices::due_at.eq(undelivered.due_at),
            task_notices::delivery_error.eq(undelivered.error.as_str()),
            task_notices::buried_at.eq(undelivered.buried_at),
        ))
        .execute(connection)
        .await?;
    Ok(changed == 1)
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
