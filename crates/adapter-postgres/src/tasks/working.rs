//! Tasks are lent to workers and come back.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use domain::task::{Lease, Outcome, Task, TaskId, TaskState};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, try_join_all};

use super::keeping::{
    LockedRow, LockedTask, locked_in_txn, runs, save_in_txn, waits, walk_in_order, walk_indexes,
};
use super::record::{TaskRow, log_unreadable, readable};
use crate::area::Area;
use crate::failure::Failure;
use crate::grouping::{Rule, in_order_of};
use crate::prepared::{Prepared, Value};
use crate::schema::tasks;
use crate::scholarships::bound;

const FRONT: &str = "INSERT INTO task_turns AS front (priority, turn) VALUES (?, ?) \
     ON CONFLICT (priority) DO UPDATE SET turn = greatest(front.turn, EXCLUDED.turn)";
/// Leases that have run out and are ended with one claim.
const LOST_AT_ONCE: i64 = 32;
/// How long what cannot be read is out of the way.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

pub(super) async fn claim_in_txn(
    mut connection: &AsyncPgConnection,
    lease: Lease,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Task>, Failure> {
    walk_in_order(connection).await?;
    end_leases_in_txn(connection, now).await?;
    let mut rows: Vec<TaskRow> = tasks::table
        .filter(waits())
        .filter(tasks::not_before.le(now))
        .order((tasks::priority.desc(), tasks::turn, tasks::sequence))
        .limit(bound(limit))
        .select(TaskRow::as_select())
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    let suspect = rows.iter().position(TaskRow::is_suspect);
    rows.truncate(match suspect {
        Some(0) => 1,
        Some(first) => first,
        None => limit,
    });
    let turns: Vec<i64> = rows.iter().map(|row| row.turn).collect();
    // All at once on the wire.
    let claiming = rows
        .into_iter()
        .map(|row| claim_row_in_txn(connection, row, &lease, now));
    let claimed = try_join_all(claiming).await?;
    let mut fronts = BTreeMap::new();
    for (task, turn) in claimed.iter().zip(turns) {
        if let Some(task) = task {
            let front = fronts.entry(task.spec.resources.priority()).or_insert(0);
            *front = (turn + 1).max(*front);
        }
    }
    move_fronts_in_txn(connection, &fronts).await?;
    Ok(claimed.into_iter().flatten().collect())
}

/// What the worker has from a claim whose answer it never had, with its new lease.
pub(super) async fn held_in_txn(
    connection: &mut AsyncPgConnection,
    lease: Lease,
) -> Result<Vec<Task>, Failure> {
    let rows: Vec<TaskRow> = tasks::table
        .filter(runs())
        .filter(tasks::worker.eq(lease.worker.as_str()))
        .order(tasks::sequence)
        .select(TaskRow::as_select())
        .for_update()
        .load(connection)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
    diesel::update(tasks::table.filter(tasks::sequence.eq_any(numbers)))
        .set(tasks::lease_until.eq(lease.until))
        .execute(connection)
        .await?;
    let prolonged = |row: TaskRow| {
        let mut task = row.into_task()?;
        task.progress.lease = Some(lease.clone());
        Ok(task)
    };
    Ok(readable(rows.into_iter().map(prolonged)))
}

/// Last of all: other claims wait for these rows until the transaction ends.
async fn move_fronts_in_txn(
    mut connection: &AsyncPgConnection,
    fronts: &BTreeMap<u8, i64>,
) -> Result<(), Failure> {
    for (priority, turn) in fronts {
        let values = vec![Value::Number((*priority).into()), Value::Number(*turn)];
        let front = Prepared {
            text: FRONT,
            values,
        };
        front.execute(&mut connection).await?;
    }
    Ok(())
}

/// `None` when the row cannot be read, or what it says does not wait.
async fn claim_row_in_txn(
    connection: &AsyncPgConnection,
    row: TaskRow,
    lease: &Lease,
    now: Timestamp,
) -> Result<Option<Task>, Failure> {
    let sequence = row.sequence;
    let mut task = match row.into_task() {
        Ok(task) => task,
        Err(failure) => {
            log_unreadable(&failure);
            put_off_in_txn(connection, sequence, now).await?;
            return Ok(None);
        }
    };
    let before = LockedTask {
        sequence,
        has_address: task.spec.reply_to.is_some(),
        retry: task.spec.resources.retry(),
        progress: task.progress.clone(),
    };
    let Some(progress) = task.progress.claimed(lease.clone(), now) else {
        return Ok(None);
    };
    save_in_txn(connection, &before, &progress, None, now).await?;
    task.progress = progress;
    Ok(Some(task))
}

/// Tasks whose workers were silent for too long wait again, or are given up.
async fn end_leases_in_txn(
    mut connection: &AsyncPgConnection,
    now: Timestamp,
) -> Result<(), Failure> {
    let rows: Vec<LockedRow> = tasks::table
        .filter(runs())
        .filter(tasks::lease_until.le(now))
        .order(tasks::lease_until)
        .limit(LOST_AT_ONCE)
        .select(LockedRow::as_select())
        .for_update()
        .skip_locked()
        .load(&mut connection)
        .await?;
    for row in rows {
        let sequence = row.sequence;
        let task = match row.into_locked() {
            Ok(task) => task,
            Err(failure) => {
                log_unreadable(&failure);
                put_lease_off_in_txn(connection, sequence, now).await?;
                continue;
            }
        };
        if let Some(lost) = task.progress.clone().lost(now) {
            save_in_txn(connection, &task, &lost, None, now).await?;
        }
    }
    Ok(())
}

/// A waiting task that cannot be read is out of the way of others for a while.
async fn put_off_in_txn(
    mut connection: &AsyncPgConnection,
    sequence: i64,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::update(tasks::table.find(sequence))
        .set(tasks::not_before.eq(now + PUT_OFF))
        .execute(&mut connection)
        .await?;
    Ok(())
}

/// As [`put_off_in_txn`], for a task whose worker is lost.
async fn put_lease_off_in_txn(
    mut connection: &AsyncPgConnection,
    sequence: i64,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::update(tasks::table.find(sequence))
        .set(tasks::lease_until.eq(now + PUT_OFF))
        .execute(&mut connection)
        .await?;
    Ok(())
}

pub(super) async fn renew_in_txn(
    connection: &mut AsyncPgConnection,
    id: TaskId,
    lease: Lease,
) -> Result<bool, Failure> {
    let renewed = diesel::update(tasks::table)
        .filter(tasks::id.eq(id.as_str()))
        .filter(tasks::worker.eq(lease.worker.as_str()))
        .filter(runs())
        .set(tasks::lease_until.eq(lease.until))
        .execute(connection)
        .await?;
    Ok(renewed == 1)
}

/// How somebody's attempt ended.
pub(crate) struct Ending {
    pub(super) id: TaskId,
    pub(super) worker: String,
    pub(super) outcome: Outcome,
    pub(super) now: Timestamp,
}

pub(crate) const ENDINGS: Rule<Ending, Option<TaskState>> = Rule {
    area: Area::Tasks,
    work: finish_all_in_txn,
    weight: |_| 1,
    most: 64,
};

fn finish_all_in_txn(
    connection: &mut AsyncPgConnection,
    endings: Vec<Arc<Ending>>,
) -> BoxFuture<'_, Result<Vec<Option<TaskState>>, Failure>> {
    async move {
        let connection = &*connection;
        walk_indexes(connection).await?;
        let finish = |ending| finish_in_txn(connection, ending);
        in_order_of(&endings, |ending| ending.id.as_str(), finish).await
    }
    .boxed()
}

async fn finish_in_txn(
    connection: &AsyncPgConnection,
    ending: &Ending,
) -> Result<Option<TaskState>, Failure> {
    let Some(task) = locked_in_txn(connection, &ending.id).await? else {
        return Ok(None);
    };
    if !task.progress.is_held_by(&ending.worker) {
        return Ok(None);
    }
    let (outcome, now) = (&ending.outcome, ending.now);
    let Some(progress) = task.progress.clone().finished(outcome, task.retry, now) else {
        return Ok(None);
    };
    let result = match outcome {
        Outcome::Succeeded(result) => Some(result),
        _ => None,
    };
    save_in_txn(connection, &task, &progress, result, now).await?;
    Ok(Some(progress.state))
}
