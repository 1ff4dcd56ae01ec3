//! Queries on the catalogue and its log.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::{Scholarship, ScholarshipId, Timestamp};
use ports::{CatalogueFingerprint, Change, ChangeBatch, FeedPosition, IdempotencyRecord};

use super::record::{Row, identifier, instant, version};
use super::{bound, microseconds};
use crate::failure::Failure;
use crate::schema::{idempotency_records, scholarship_changes, scholarships};

pub(super) fn get_on_conn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
) -> Result<Option<Scholarship>, Failure> {
    scholarships::table
        .find(id.as_str())
        .select(Row::as_select())
        .get_result(connection)
        .optional()?
        .map(Row::into_scholarship)
        .transpose()
}

pub(super) fn page_on_conn(
    connection: &mut SqliteConnection,
    after: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<Scholarship>, Failure> {
    // Every id is above the empty text.
    let after = after.map_or("", ScholarshipId::as_str);
    let rows = scholarships::table
        .filter(scholarships::id.gt(after))
        .order(scholarships::id)
        .limit(bound(limit))
        .select(Row::as_select())
        .load_iter::<Row, diesel::connection::DefaultLoadingMode>(connection)?;
    rows.map(|row| row?.into_scholarship()).collect()
}

pub(super) fn count_on_conn(connection: &mut SqliteConnection) -> Result<u64, Failure> {
    let count: i64 = scholarships::table.count().get_result(connection)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

pub(super) fn head_on_conn(connection: &mut SqliteConnection) -> Result<FeedPosition, Failure> {
    // One look-up at the end of the table.
    let newest: Option<i64> = scholarship_changes::table
        .select(max(scholarship_changes::sequence))
        .get_result(connection)?;
    Ok(position(newest.unwrap_or(0)))
}

/// Both from one snapshot.
pub(super) fn fingerprint_on_conn(
    connection: &mut SqliteConnection,
) -> Result<(CatalogueFingerprint, FeedPosition), Failure> {
    connection.transaction(|connection| {
        let position = head_on_conn(connection)?;
        let mut fingerprint = CatalogueFingerprint::default();
        let rows = scholarships::table
            .select((
                scholarships::id,
                scholarships::version,
                scholarships::updated_at,
            ))
            .load_iter::<(String, i64, i64), diesel::connection::DefaultLoadingMode>(connection)?;
        for row in rows {
            let (id, number, updated_at) = row?;
            fingerprint.add(
                &identifier(&id)?,
                version(&id, number)?,
                instant(&id, "updated_at", updated_at)?,
            );
        }
        Ok((fingerprint, position))
    })
}

pub(super) fn position(sequence: i64) -> FeedPosition {
    FeedPosition {
        transaction: 0,
        sequence: u64::try_from(sequence).unwrap_or(0),
    }
}

type LogRow = (i64, String, bool, i64, Option<Row>);

pub(super) fn changes_since_on_conn(
    connection: &mut SqliteConnection,
    asked: FeedPosition,
    limit: usize,
) -> Result<ChangeBatch, Failure> {
    let asked_sequence = i64::try_from(asked.sequence).unwrap_or(i64::MAX);
    let rows: Vec<LogRow> = scholarship_changes::table
        .left_join(scholarships::table.on(scholarships::id.eq(scholarship_changes::scholarship_id)))
        .filter(scholarship_changes::sequence.gt(asked_sequence))
        .order(scholarship_changes::sequence)
        .limit(bound(limit))
        .select((
            scholarship_changes::sequence,
            scholarship_changes::scholarship_id,
            scholarship_changes::deleted,
            scholarship_changes::changed_at,
            Option::<Row>::as_select(),
        ))
        .load(connection)?;
    let position = rows.last().map_or(asked, |row| position(row.0));
    let changes = rows.into_iter().map(change).collect::<Result<_, _>>()?;
    Ok(ChangeBatch { changes, position })
}

pub(super) fn changed_since_on_conn(
    connection: &mut SqliteConnection,
    since: Timestamp,
    after: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<Change>, Failure> {
    let after = after.map_or("", ScholarshipId::as_str);
    let rows: Vec<LogRow> = scholarship_changes::table
        .left_join(scholarships::table.on(scholarships::id.eq(scholarship_changes::scholarship_id)))
        .filter(scholarship_changes::changed_at.ge(microseconds(since)))
        .filter(scholarship_changes::scholarship_id.gt(after))
        .order(scholarship_changes::scholarship_id)
        .limit(bound(limit))
        .select((
            scholarship_changes::sequence,
            scholarship_changes::scholarship_id,
            scholarship_changes::deleted,
            scholarship_changes::changed_at,
            Option::<Row>::as_select(),
        ))
        .load(connection)?;
    rows.into_iter().map(change).collect()
}

/// The record itself decides whether it exists: log and record come from one snapshot, so they agree.
fn change((_, id, _, changed_at, row): LogRow) -> Result<Change, Failure> {
    match row {
        Some(row) => Ok(Change::Upserted(Box::new(row.into_scholarship()?))),
        None => Ok(Change::Deleted {
            at: instant(&id, "changed_at", changed_at)?,
            id: identifier(&id)?,
        }),
    }
}

pub(super) fn idempotency_record_on_conn(
    connection: &mut SqliteConnection,
    key: &str,
    now: Timestamp,
) -> Result<Option<IdempotencyRecord>, Failure> {
    let row = idempotency_records::table
        .find(key)
        .filter(idempotency_records::expires_at.gt(microseconds(now)))
        .get_result::<(String, String, String, i64)>(connection)
        .optional()?;
    row.map(|(key, fingerprint, scholarship_id, expires_at)| {
        Ok(IdempotencyRecord {
            scholarship_id: identifier(&scholarship_id)?,
            expires_at: instant(&scholarship_id, "expires_at", expires_at)?,
            key,
            fingerprint,
        })
    })
    .transpose()
}
