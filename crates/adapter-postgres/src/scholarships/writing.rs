//! Writes of single records.
//!
//! Each takes the lock of the record that it changes before it decides, and lets Postgres' unique indexes decide between
//! creations at once: a refusal is an error that takes the transaction back.

use diesel::prelude::*;

use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{ScholarshipId, Timestamp};
use ports::{AuditAction, FeedPosition, IdempotencyRecord, WriteContext};

use super::auditing::{Audited, audit_in_txn};
use super::feed::{Entry, log_in_txn};
use super::record::{Prepared, Stamp, identifier, version};
use super::{bound, whole_microseconds};
use crate::failure::{Failure, Refusal};
use crate::schema::{idempotency_records, scholarships};

/// Expired idempotency records removed with each new one: more than come in, few enough not to be felt.
const PRUNED_AT_ONCE: usize = 16;

pub(super) async fn create_in_txn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    idempotency: Option<&IdempotencyRecord>,
    context: &WriteContext,
) -> Result<Stamp, Failure> {
    let now = whole_microseconds(context.now);
    if let Some(record) = idempotency {
        keep_in_txn(connection, record, now).await?;
    }
    let added = diesel::insert_into(scholarships::table)
        .values((
            scholarships::id.eq(id.as_str()),
            scholarships::source.eq(prepared.source.as_deref()),
            scholarships::source_id.eq(prepared.source_id.as_deref()),
            scholarships::version.eq(1),
            scholarships::created_at.eq(now),
            scholarships::updated_at.eq(now),
            scholarships::digest.eq(prepared.digest.as_slice()),
            scholarships::document.eq(prepared.document.as_str()),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    if added == 0 {
        return Err(taken_on_conn(connection, id, prepared).await?);
    }
    let audited = Audited {
        id: id.as_str(),
        before: None,
        after: Some(&prepared.digest),
    };
    audit_in_txn(connection, context, AuditAction::Created, &[audited]).await?;
    let position = logged_in_txn(connection, id, false, now).await?;
    Ok(Stamp {
        version: 1,
        created_at: now,
        updated_at: now,
        position,
    })
}

pub(super) async fn replace_in_txn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    expected_version: Option<u64>,
    context: &WriteContext,
) -> Result<Stamp, Failure> {
    let now = whole_microseconds(context.now);
    let present = locked_in_txn(connection, id, expected_version).await?;
    if let Some(owner) = owner_on_conn(connection, prepared).await?
        && owner != id.as_str()
    {
        return Err(already_exists(&owner)?);
    }
    // When somebody else takes the origin at this moment, the index refuses, and the next try finds the owner.
    diesel::update(scholarships::table.find(id.as_str()))
        .set((
            scholarships::source.eq(prepared.source.as_deref()),
            scholarships::source_id.eq(prepared.source_id.as_deref()),
            scholarships::version.eq(present.version + 1),
            scholarships::updated_at.eq(now),
            scholarships::digest.eq(prepared.digest.as_slice()),
            scholarships::document.eq(prepared.document.as_str()),
        ))
        .execute(connection)
        .await?;
    let audited = Audited {
        id: id.as_str(),
        before: Some(&present.digest),
        after: Some(&prepared.digest),
    };
    audit_in_txn(connection, context, AuditAction::Replaced, &[audited]).await?;
    let position = logged_in_txn(connection, id, false, now).await?;
    Ok(Stamp {
        version: version(id.as_str(), present.version + 1)?,
        created_at: present.created_at,
        updated_at: now,
        position,
    })
}

pub(super) async fn delete_in_txn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    expected_version: Option<u64>,
    context: &WriteContext,
) -> Result<FeedPosition, Failure> {
    let present = locked_in_txn(connection, id, expected_version).await?;
    diesel::delete(scholarships::table.find(id.as_str()))
        .execute(connection)
        .await?;
    let audited = Audited {
        id: id.as_str(),
        before: Some(&present.digest),
        after: None,
    };
    audit_in_txn(connection, context, AuditAction::Deleted, &[audited]).await?;
    logged_in_txn(connection, id, true, whole_microseconds(context.now)).await
}

async fn logged_in_txn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    deleted: bool,
    now: Timestamp,
) -> Result<FeedPosition, Failure> {
    let entry = Entry {
        id: id.as_str(),
        deleted,
    };
    log_in_txn(connection, &[entry], now).await
}

/// What a change must know of a record that is there.
#[derive(Queryable)]
struct Present {
    version: i64,
    created_at: Timestamp,
    digest: Vec<u8>,
}

/// The record, if it is there at the version that the caller saw. Nobody else can change it until the
/// transaction ends.
async fn locked_in_txn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    expected_version: Option<u64>,
) -> Result<Present, Failure> {
    let present: Option<Present> = scholarships::table
        .find(id.as_str())
        .select((
            scholarships::version,
            scholarships::created_at,
            scholarships::digest,
        ))
        .for_update()
        .get_result(connection)
        .await
        .optional()?;
    let present = present.ok_or(Refusal::NotFound)?;
    let actual = version(id.as_str(), present.version)?;
    match expected_version {
        Some(expected) if expected != actual => Err(Refusal::VersionMismatch { actual }.into()),
        _ => Ok(present),
    }
}

async fn owner_on_conn(
    connection: &mut AsyncPgConnection,
    prepared: &Prepared,
) -> Result<Option<String>, Failure> {
    let Some((source, source_id)) = prepared.origin() else {
        return Ok(None);
    };
    Ok(scholarships::table
        .filter(scholarships::source.eq(source))
        .filter(scholarships::source_id.eq(source_id))
        .select(scholarships::id)
        .get_result(connection)
        .await
        .optional()?)
}

/// Why a creation met a record.
async fn taken_on_conn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
) -> Result<Failure, Failure> {
    let same_id: Option<String> = scholarships::table
        .find(id.as_str())
        .select(scholarships::id)
        .get_result(connection)
        .await
        .optional()?;
    let owner = match same_id {
        Some(id) => Some(id),
        None => owner_on_conn(connection, prepared).await?,
    };
    // What was met may be gone again.
    owner.map_or(Ok(Failure::Contended), |owner| already_exists(&owner))
}

fn already_exists(owner: &str) -> Result<Failure, Failure> {
    let id = identifier(owner)?;
    Ok(Refusal::AlreadyExists { id }.into())
}

async fn keep_in_txn(
    connection: &mut AsyncPgConnection,
    record: &IdempotencyRecord,
    now: Timestamp,
) -> Result<(), Failure> {
    // In place of an expired record of the same key, if one is left. Waits for another creation under this key.
    let kept = diesel::insert_into(idempotency_records::table)
        .values((
            idempotency_records::key.eq(&record.key),
            idempotency_records::fingerprint.eq(&record.fingerprint),
            idempotency_records::scholarship_id.eq(record.scholarship_id.as_str()),
            idempotency_records::expires_at.eq(whole_microseconds(record.expires_at)),
        ))
        .on_conflict(idempotency_records::key)
        .do_update()
        .set((
            idempotency_records::fingerprint.eq(excluded(idempotency_records::fingerprint)),
            idempotency_records::scholarship_id.eq(excluded(idempotency_records::scholarship_id)),
            idempotency_records::expires_at.eq(excluded(idempotency_records::expires_at)),
        ));
    let kept = diesel::query_dsl::methods::FilterDsl::filter(
        kept,
        idempotency_records::expires_at.le(now),
    )
    .execute(connection)
    .await?;
    if kept == 0 {
        return Err(Refusal::IdempotencyKeyTaken.into());
    }
    let expired: Vec<String> = idempotency_records::table
        .filter(idempotency_records::expires_at.le(now))
        .order(idempotency_records::expires_at)
        .limit(bound(PRUNED_AT_ONCE))
        .select(idempotency_records::key)
        // Others prune as well, and nobody has to wait for that.
        .for_update()
        .skip_locked()
        .load(connection)
        .await?;
    if !expired.is_empty() {
        diesel::delete(idempotency_records::table.filter(idempotency_records::key.eq_any(expired)))
            .execute(connection)
            .await?;
    }
    Ok(())
}
