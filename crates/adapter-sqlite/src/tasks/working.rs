//! Tasks are lent to workers and come back.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::Timestamp;
use domain::task::{Lease, Outcome, Task, TaskId, TaskState};

use super::keeping::{StoredRow, StoredTask, runs, save_in_txn, stored_in_txn, waits};
use super::record::{TaskRow, log_unreadable, readable};
use crate::failure::Failure;
use crate::schema::tasks;
use crate::scholarships::{bound, microseconds};

/// Leases that have run out and are ended with one claim.
const LOST_AT_ONCE: i64 = 32;
/// How long what cannot be read is out of the way.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

pub(super) fn claim_in_txn(
    connection: &mut SqliteConnection,
    lease: &Lease,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Task>, Failure> {
    end_leases_in_txn(connection, now)?;
    let mut rows: Vec<TaskRow> = tasks::table
        .filter(waits())
        .filter(tasks::not_before.le(microseconds(now)))
        .order((tasks::priority.desc(), tasks::turn, tasks::sequence))
        .limit(bound(limit))
        .select(TaskRow::as_select())
        .load(connection)?;
    let suspect = rows.iter().position(TaskRow::is_suspect);
    rows.truncate(match suspect {
        Some(0) => 1,
        Some(first) => first,
        None => limit,
    });
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let sequence = row.sequence;
        let mut task = match row.into_task() {
            Ok(task) => task,
            Err(failure) => {
                log_unreadable(&failure);
                put_off_in_txn(connection, sequence, now)?;
                continue;
            }
        };
        let before = StoredTask {
            sequence,
            has_address: task.spec.reply_to.is_some(),
            retry: task.spec.resources.retry(),
            progress: task.progress.clone(),
        };
        let Some(progress) = task.progress.claimed(lease.clone(), now) else {
            continue;
        };
        save_in_txn(connection, &before, &progress, None, now)?;
        task.progress = progress;
        claimed.push(task);
    }
    Ok(claimed)
}

/// What the worker has from a claim whose answer it never had, with its new lease.
pub(super) fn held_in_txn(
    connection: &mut SqliteConnection,
    lease: &Lease,
) -> Result<Vec<Task>, Failure> {
    let of_worker = || {
        let running = tasks::table.filter(runs());
        running.filter(tasks::worker.eq(lease.worker.as_str()))
    };
    let rows: Vec<TaskRow> = of_worker()
        .order(tasks::sequence)
        .select(TaskRow::as_select())
        .load(connection)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(of_worker())
        .set(tasks::lease_until.eq(microseconds(lease.until)))
        .execute(connection)?;
    let prolonged = |row: TaskRow| {
        let mut task = row.into_task()?;
        task.progress.lease = Some(lease.clone());
        Ok(task)
    };
    Ok(readable(rows.into_iter().map(prolonged)))
}

/// Tasks whose workers were silent for too long wait again, or are given up.
fn end_leases_in_txn(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), Failure> {
    let rows: Vec<StoredRow> = tasks::table
        .filter(runs())
        .filter(tasks::lease_until.le(microseconds(now)))
        .order(tasks::lease_until)
        .limit(LOST_AT_ONCE)
        .select(StoredRow::as_select())
        .load(connection)?;
    for row in rows {
        let sequence = row.sequence;
        let task = match row.into_stored() {
            Ok(task) => task,
            Err(failure) => {
                log_unreadable(&failure);
                put_lease_off_in_txn(connection, sequence, now)?;
                continue;
            }
        };
        if let Some(lost) = task.progress.clone().lost(now) {
            save_in_txn(connection, &task, &lost, None, now)?;
        }
    }
    Ok(())
}

/// A waiting task that cannot be read is out of the way of others for a while.
fn put_off_in_txn(
    connection: &mut SqliteConnection,
    sequence: i64,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::update(tasks::table.find(sequence))
        .set(tasks::not_before.eq(microseconds(now + PUT_OFF)))
        .execute(connection)?;
    Ok(())
}

/// As [`put_off_in_txn`], for a task whose worker is lost.
fn put_lease_off_in_txn(
    connection: &mut SqliteConnection,
    sequence: i64,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::update(tasks::table.find(sequence))
        .set(tasks::lease_until.eq(microseconds(now + PUT_OFF)))
        .execute(connection)?;
    Ok(())
}

pub(super) fn renew_in_txn(
    connection: &mut SqliteConnection,
    id: &TaskId,
    lease: &Lease,
) -> Result<bool, Failure> {
    let renewed = diesel::update(tasks::table)
        .filter(tasks::id.eq(id.as_str()))
        .filter(tasks::worker.eq(lease.worker.as_str()))
        .filter(runs())
        .set(tasks::lease_until.eq(microseconds(lease.until)))
        .execute(connection)?;
    Ok(renewed == 1)
}

pub(super) fn finish_in_txn(
    connection: &mut SqliteConnection,
    id: &TaskId,
    worker: &str,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<TaskState>, Failure> {
    let Some(task) = stored_in_txn(connection, id)? else {
        return Ok(None);
    };
    if !task.progress.is_held_by(worker) {
        return Ok(None);
    }
    let Some(progress) = task.progress.clone().finished(outcome, task.retry, now) else {
        return Ok(None);
    };
    let result = match outcome {
        Outcome::Succeeded(result) => Some(result),
        _ => None,
    };
    save_in_txn(connection, &task, &progress, result, now)?;
    Ok(Some(progress.state))
}
