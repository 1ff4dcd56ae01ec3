//! Notices that were given up: operators look at them, and have them tried again.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::task::{NoticeKind, TaskId};
use domain::{Term as _, Timestamp};
use ports::{BuriedNotice, BuriedPage, NoticeKey, page_of};

use super::delivering::number;
use super::record::{Read, readable, text, unreadable};
use crate::failure::Failure;
use crate::schema::{task_notices, tasks};
use crate::scholarships::bound;

#[derive(Queryable, Selectable)]
#[diesel(table_name = task_notices)]
struct BuriedRow {
    sequence: i64,
    kind: String,
    created_at: Timestamp,
    attempts: i64,
    delivery_error: Option<String>,
    buried_at: Option<Timestamp>,
}

type Row = (BuriedRow, String, Option<String>);

fn into_buried((notice, task, reply_to): Row) -> Result<BuriedNotice, Failure> {
    let of = format!("notice {} of task {task}", notice.sequence);
    read(notice, &task, reply_to).map_err(unreadable(&of))
}

fn read(notice: BuriedRow, task: &str, reply_to: Option<String>) -> Read<BuriedNotice> {
    Ok(BuriedNotice {
        key: NoticeKey {
            task: TaskId::parse(task).map_err(|_| "id")?,
            sequence: notice.sequence.try_into().map_err(|_| "sequence")?,
        },
        kind: NoticeKind::from_code(&notice.kind).ok_or("kind")?,
        reply_to: text(reply_to, "reply_to")?.ok_or("reply_to")?,
        at: notice.created_at,
        buried_at: notice.buried_at.ok_or("buried_at")?,
        attempts: notice.attempts.try_into().map_err(|_| "attempts")?,
        error: text(notice.delivery_error, "delivery_error")?.ok_or("delivery_error")?,
    })
}

/// Delivered notices are gone, so that few have to be looked through.
pub(super) async fn buried_on_conn(
    connection: &mut AsyncPgConnection,
    before: Option<u64>,
    limit: usize,
) -> Result<BuriedPage, Failure> {
    let before = before.and_then(|before| i64::try_from(before).ok());
    let rows: Vec<Row> = task_notices::table
        .inner_join(tasks::table.on(tasks::sequence.eq(task_notices::task)))
        .filter(task_notices::buried_at.is_not_null())
        .filter(task_notices::sequence.lt(before.unwrap_or(i64::MAX)))
        .order(task_notices::sequence.desc())
        .limit(bound(limit.saturating_add(1)))
        .select((BuriedRow::as_select(), tasks::id, tasks::reply_to))
        .load(connection)
        .await?;
    let (rows, next_before) = page_of(rows, limit, |(notice, _, _)| notice.sequence.unsigned_abs());
    Ok(BuriedPage {
        notices: readable(rows.into_iter().map(into_buried)),
        next_before,
    })
}

pub(super) async fn redeliver_in_txn(
    connection: &mut AsyncPgConnection,
    key: NoticeKey,
    now: Timestamp,
) -> Result<bool, Failure> {
    let task = tasks::table
        .filter(tasks::id.eq(key.task.as_str()))
        .select(tasks::sequence);
    let changed = diesel::update(task_notices::table.find(number(&key)))
        .filter(task_notices::task.eq_any(task))
        .filter(task_notices::buried_at.is_not_null())
        .set((
            task_notices::buried_at.eq(None::<Timestamp>),
            task_notices::due_at.eq(now),
            task_notices::attempts.eq(0),
        ))
        .execute(connection)
        .await?;
    Ok(changed == 1)
}
