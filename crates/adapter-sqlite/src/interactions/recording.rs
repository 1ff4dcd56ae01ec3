//! Rows of interactions, and the key of their pseudonyms.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::{Interaction, InteractionKind, Term as _, Timestamp};

use crate::database_file::PSEUDONYM_KEY;
use crate::failure::{Failure, Unreadable};
use crate::schema::{interactions, store_secrets};
use crate::scholarships::{bound, identifier, instant, microseconds};

#[derive(Queryable, Selectable)]
#[diesel(table_name = interactions)]
pub(super) struct Row {
    pseudonym: String,
    id: String,
    kind: String,
    scholarship_id: String,
    occurred_at: i64,
}

impl Row {
    pub(super) fn into_interaction(self) -> Result<Interaction, Failure> {
        Ok(Interaction {
            kind: kind(&self.id, &self.kind)?,
            scholarship_id: identifier(&self.scholarship_id)?,
            occurred_at: instant(&self.id, "occurred_at", self.occurred_at)?,
            id: self.id,
            pseudonym: self.pseudonym,
        })
    }
}

pub(super) fn kind(of: &str, code: &str) -> Result<InteractionKind, Failure> {
    InteractionKind::from_code(code)
        .ok_or_else(|| Failure::unreadable(of, Unreadable::Column("kind")))
}

pub(super) fn append_in_txn(
    connection: &mut SqliteConnection,
    rows: &[Interaction],
    recorded_at: Timestamp,
) -> Result<Vec<bool>, Failure> {
    let append = |interaction: &Interaction| {
        let added = diesel::insert_into(interactions::table)
            .values((
                interactions::pseudonym.eq(&interaction.pseudonym),
                interactions::id.eq(&interaction.id),
                interactions::kind.eq(interaction.kind.code()),
                interactions::scholarship_id.eq(interaction.scholarship_id.as_str()),
                interactions::occurred_at.eq(microseconds(interaction.occurred_at)),
                interactions::recorded_at.eq(microseconds(recorded_at)),
            ))
            .on_conflict((interactions::pseudonym, interactions::id))
            .do_nothing()
            .execute(connection)?;
        Ok(added == 1)
    };
    rows.iter().map(append).collect()
}

pub(super) fn of_pseudonym_on_conn(
    connection: &mut SqliteConnection,
    pseudonym: &str,
    limit: usize,
) -> Result<Vec<Interaction>, Failure> {
    let rows: Vec<Row> = interactions::table
        .filter(interactions::pseudonym.eq(pseudonym))
        .order((
            interactions::occurred_at.desc(),
            interactions::sequence.desc(),
        ))
        .limit(bound(limit))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Row::into_interaction).collect()
}

pub(super) fn forget_in_txn(
    connection: &mut SqliteConnection,
    pseudonym: &str,
) -> Result<u64, Failure> {
    let gone = diesel::delete(interactions::table.filter(interactions::pseudonym.eq(pseudonym)))
        .execute(connection)?;
    Ok(gone as u64)
}

pub(super) fn recent_on_conn(
    connection: &mut SqliteConnection,
    since: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Interaction>, Failure> {
    let rows: Vec<Row> = interactions::table
        .filter(interactions::occurred_at.ge(microseconds(since)))
        .filter(interactions::occurred_at.lt(microseconds(until)))
        .order((
            interactions::occurred_at.desc(),
            interactions::sequence.desc(),
        ))
        .limit(bound(limit))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|mut row| {
            row.pseudonym.clear();
            row.into_interaction()
        })
        .collect()
}

pub(super) fn pseudonym_key_on_conn(
    connection: &mut SqliteConnection,
) -> Result<[u8; 32], Failure> {
    let key: Vec<u8> = store_secrets::table
        .find(PSEUDONYM_KEY)
        .select(store_secrets::value)
        .get_result(connection)?;
    key.try_into()
        .map_err(|_| Failure::unreadable(PSEUDONYM_KEY, Unreadable::Column("value")))
}
