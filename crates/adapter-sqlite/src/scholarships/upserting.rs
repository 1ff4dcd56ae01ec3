//! Imports: many records in one transaction.

use diesel::sqlite::SqliteConnection;
use domain::ScholarshipId;
use ports::{AuditAction, FeedPosition, UpsertItem, UpsertOutcome, WriteContext};

use super::reading::head_on_conn;
use super::record::{Prepared, identifier};
use super::writing::{by_id_on_conn, by_origin_on_conn, insert_in_txn, update_in_txn};
use crate::failure::Failure;

const ACTION: AuditAction = AuditAction::Imported;

/// Turns contents into rows: the dear part of an import, done before the writing thread is asked.
pub(super) fn prepare(items: Vec<UpsertItem>) -> Result<Vec<(ScholarshipId, Prepared)>, Failure> {
    items
        .into_iter()
        .map(|item| Ok((item.id, Prepared::of(&item.content)?)))
        .collect()
}

pub(super) fn upsert_many_in_txn(
    connection: &mut SqliteConnection,
    items: &[(ScholarshipId, Prepared)],
    context: &WriteContext,
) -> Result<(Vec<UpsertOutcome>, FeedPosition), Failure> {
    let outcomes = items
        .iter()
        .map(|(id, prepared)| upsert_in_txn(connection, id, prepared, context))
        .collect::<Result<_, _>>()?;
    Ok((outcomes, head_on_conn(connection)?))
}

fn upsert_in_txn(
    connection: &mut SqliteConnection,
    id: &ScholarshipId,
    prepared: &Prepared,
    context: &WriteContext,
) -> Result<UpsertOutcome, Failure> {
    let same_id = |connection: &mut SqliteConnection| by_id_on_conn(connection, id.as_str());
    let present = match prepared.origin() {
        Some(origin) => by_origin_on_conn(connection, origin)?,
        None => same_id(connection)?,
    };
    if let Some(present) = present {
        let present_id = identifier(&present.id)?;
        if present.digest == prepared.digest {
            return Ok(UpsertOutcome::Unchanged(present_id));
        }
        update_in_txn(connection, &present, prepared, ACTION, context)?;
        return Ok(UpsertOutcome::Updated(present_id));
    }
    if prepared.origin().is_some() && same_id(connection)?.is_some() {
        return Ok(UpsertOutcome::IdTaken(id.clone()));
    }
    insert_in_txn(connection, id, prepared, ACTION, context)?;
    Ok(UpsertOutcome::Created(id.clone()))
}
