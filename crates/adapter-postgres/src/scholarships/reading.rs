//! Queries on the catalogue.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{ScholarshipId, Timestamp};
use ports::IdempotencyRecord;

use super::bound;
use super::record::{Row, identifier};
use crate::failure::Failure;
use crate::schema::{idempotency_records, scholarships};

pub(super) async fn get_on_conn(
    connection: &mut AsyncPgConnection,
    id: &ScholarshipId,
) -> Result<Option<Row>, Failure> {
    Ok(scholarships::table
        .find(id.as_str())
        .select(Row::as_select())
        .get_result(connection)
        .await
        .optional()?)
}

pub(super) async fn page_on_conn(
    connection: &mut AsyncPgConnection,
    after: Option<&ScholarshipId>,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    // Every id is above the empty text.
    let after = after.map_or("", ScholarshipId::as_str);
    Ok(scholarships::table
        .filter(scholarships::id.gt(after))
        .order(scholarships::id)
        .limit(bound(limit))
        .select(Row::as_select())
        .load(connection)
        .await?)
}

pub(super) async fn count_on_conn(connection: &mut AsyncPgConnection) -> Result<u64, Failure> {
    let count: i64 = scholarships::table.count().get_result(connection).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

pub(super) async fn idempotency_record_on_conn(
    connection: &mut AsyncPgConnection,
    key: &str,
    now: Timestamp,
) -> Result<Option<IdempotencyRecord>, Failure> {
    let row = idempotency_records::table
        .find(key)
        .filter(idempotency_records::expires_at.gt(now))
        .get_result::<(String, String, String, Timestamp)>(connection)
        .await
        .optional()?;
    row.map(|(key, fingerprint, scholarship_id, expires_at)| {
        Ok(IdempotencyRecord {
            scholarship_id: identifier(&scholarship_id)?,
            expires_at,
            key,
            fingerprint,
        })
    })
    .transpose()
}
