//! Writes of single records. Each checks first and writes then, so that a refusal leaves nothing behind.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::{ScholarshipId, Timestamp};
use ports::{AuditAction, FeedPosition, IdempotencyRecord, StoreError, WriteContext};

use super::auditing::{Audited, audit_in_txn};
use super::reading::{head_on_conn, idempotency_record_on_conn};
use super::record::{Prepared, Stamp, identifier, instant, version};
use super::{bound, microseconds, whole_microseconds};
use crate::failure::Failure;
use crate::schema::{idempotency_records, scholarship_changes, scholarships};

/// Expired idempotency records removed with each new one: more than come in, few enough not to be felt.
const PRUNED_AT_ONCE: usize = 16;

/// The outer result is the file's, the inner one the catalogue's.
type Outcome<T> = Result<Result<T, StoreError>, Failure>;

/// What a write must know of a record that is there.
pub(super) struct Known {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) created_at: i64,
    pub(super) digest: Vec<u8>,
}

const KNOWN: (
    scholarships::id,
    scholarships::version,
    scholarships::created_at,
    scholarships::digest,
) = (
    scholarships::id,
    scholarships::version,
    scholarships::created_at,
    scholarships::digest,
);

fn known((id, version, created_at, digest): (String, i64, i64, Vec<u8>)) -> Known {
    Known {
        id,
        version,
        created_at,
        digest,
    }
}

// Unique keys need no `first`: its bound LIMIT would make SQLite plan the statement anew each time.
pub(super) fn by_id_on_conn(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Option<Known>, Failure> {
    let row = scholarships::table
        .find(id)
        .select(KNOWN)
        .get_result(connection)
        .optional()?;
    Ok(row.map(known))
}

pub(super) fn by_origin_on_conn(
    connection: &mut SqliteConnection,
    (source, source_id): (&str, &str),
) -> Result<Option<Known>, Failure> {
    let row = scholarships::table
        .filter(scholarships::source.eq(source))
        .filter(scholarships::source_id.eq(source_id))
        .select(KNOWN)
        .get_result(connection)
        .optional()?;
    Ok(row.map(known))
}

pub(super) fn create_in_txn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    idempotency: Option<&IdempotencyRecord>,
    context: &WriteContext,
) -> Outcome<Stamp> {
    let now = context.now;
    if let Some(record) = idempotency
        && idempotency_record_on_conn(connection, &record.key, now)?.is_some()
    {
        return Ok(Err(StoreError::IdempotencyKeyTaken));
    }
    let mut taken = by_id_on_conn(connection, id.as_str())?;
    if let (None, Some(origin)) = (&taken, prepared.origin()) {
        taken = by_origin_on_conn(connection, origin)?;
    }
    if let Some(taken) = taken {
        return Ok(Err(StoreError::AlreadyExists {
            id: identifier(&taken.id)?,
        }));
    }
    insert_in_txn(connection, id, prepared, AuditAction::Created, context)?;
    if let Some(record) = idempotency {
        keep_in_txn(connection, record, now)?;
    }
    let now = whole_microseconds(now);
    Ok(Ok(Stamp {
        version: 1,
        created_at: now,
        updated_at: now,
        position: head_on_conn(connection)?,
    }))
}

pub(super) fn replace_in_txn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    expected_version: Option<u64>,
    context: &WriteContext,
) -> Outcome<Stamp> {
    let present = match present_on_conn(connection, id, expected_version)? {
        Ok(present) => present,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(origin) = prepared.origin()
        && let Some(other) = by_origin_on_conn(connection, origin)?
        && other.id != present.id
    {
        return Ok(Err(StoreError::AlreadyExists {
            id: identifier(&other.id)?,
        }));
    }
    update_in_txn(
        connection,
        &present,
        prepared,
        AuditAction::Replaced,
        context,
    )?;
    Ok(Ok(Stamp {
        version: version(&present.id, present.version + 1)?,
        created_at: instant(&present.id, "created_at", present.created_at)?,
        updated_at: whole_microseconds(context.now),
        position: head_on_conn(connection)?,
    }))
}

pub(super) fn delete_in_txn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    expected_version: Option<u64>,
    context: &WriteContext,
) -> Outcome<FeedPosition> {
    let present = match present_on_conn(connection, id, expected_version)? {
        Ok(present) => present,
        Err(refusal) => return Ok(Err(refusal)),
    };
    diesel::delete(scholarships::table.find(id.as_str())).execute(connection)?;
    log_in_txn(connection, id.as_str(), true, context.now)?;
    let audited = Audited {
        id: id.as_str(),
        action: AuditAction::Deleted,
        before: Some(&present.digest),
        after: None,
    };
    audit_in_txn(connection, context, &audited)?;
    Ok(Ok(head_on_conn(connection)?))
}

/// The record, if it is there at the version that the caller saw.
fn present_on_conn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    expected_version: Option<u64>,
) -> Outcome<Known> {
    let Some(present) = by_id_on_conn(connection, id.as_str())? else {
        return Ok(Err(StoreError::NotFound));
    };
    let actual = version(&present.id, present.version)?;
    if expected_version.is_some_and(|expected| expected != actual) {
        return Ok(Err(StoreError::VersionMismatch { actual }));
    }
    Ok(Ok(present))
}

pub(super) fn insert_in_txn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    action: AuditAction,
    context: &WriteContext,
) -> Result<(), Failure> {
    let now = context.now;
    diesel::insert_into(scholarships::table)
        .values((
            scholarships::id.eq(id.as_str()),
            scholarships::source.eq(prepared.source.as_deref()),
            scholarships::source_id.eq(prepared.source_id.as_deref()),
            scholarships::version.eq(1),
            scholarships::created_at.eq(microseconds(now)),
            scholarships::updated_at.eq(microseconds(now)),
            scholarships::digest.eq(prepared.digest.as_slice()),
            scholarships::document.eq(prepared.document.as_str()),
        ))
        .execute(connection)?;
    log_in_txn(connection, id.as_str(), false, now)?;
    let audited = Audited {
        id: id.as_str(),
        action,
        before: None,
        after: Some(&prepared.digest),
    };
    audit_in_txn(connection, context, &audited)
}

pub(super) fn update_in_txn(
    connection: &mut SqliteConnection,
    present: &Known,
    prepared: &Prepared,
    action: AuditAction,
    context: &WriteContext,
) -> Result<(), Failure> {
    let now = context.now;
    diesel::update(scholarships::table.find(present.id.as_str()))
        .set((
            scholarships::source.eq(prepared.source.as_deref()),
            scholarships::source_id.eq(prepared.source_id.as_deref()),
            scholarships::version.eq(present.version + 1),
            scholarships::updated_at.eq(microseconds(now)),
            scholarships::digest.eq(prepared.digest.as_slice()),
            scholarships::document.eq(prepared.document.as_str()),
        ))
        .execute(connection)?;
    log_in_txn(connection, &present.id, false, now)?;
    let audited = Audited {
        id: &present.id,
        action,
        before: Some(&present.digest),
        after: Some(&prepared.digest),
    };
    audit_in_txn(connection, context, &audited)
}

/// Takes the place of the record's older entry, with a new sequence number.
fn log_in_txn(
    connection: &mut SqliteConnection,
    id: &str,
    deleted: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::replace_into(scholarship_changes::table)
        .values((
            scholarship_changes::scholarship_id.eq(id),
            scholarship_changes::deleted.eq(deleted),
            scholarship_changes::changed_at.eq(microseconds(now)),
        ))
        .execute(connection)?;
    Ok(())
}

fn keep_in_txn(
    connection: &mut SqliteConnection,
    record: &IdempotencyRecord,
    now: Timestamp,
) -> Result<(), Failure> {
    let expired: Vec<String> = idempotency_records::table
        .filter(idempotency_records::expires_at.le(microseconds(now)))
        .order(idempotency_records::expires_at)
        .limit(bound(PRUNED_AT_ONCE))
        .select(idempotency_records::key)
        .load(connection)?;
    for key in expired {
        diesel::delete(idempotency_records::table.find(key)).execute(connection)?;
    }
    // In place of an expired record of the same key, if one is left.
    diesel::replace_into(idempotency_records::table)
        .values((
            idempotency_records::key.eq(&record.key),
            idempotency_records::fingerprint.eq(&record.fingerprint),
            idempotency_records::scholarship_id.eq(record.scholarship_id.as_str()),
            idempotency_records::expires_at.eq(microseconds(record.expires_at)),
        ))
        .execute(connection)?;
    Ok(())
}
