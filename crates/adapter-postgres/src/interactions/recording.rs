//! Rows of interactions, and the key of their pseudonyms.

use std::collections::HashSet;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Interaction, InteractionKind, Term as _, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rand::TryRngCore as _;

use crate::area::Area;
use crate::failure::{Failure, Unreadable};
use crate::grouping::Rule;
use crate::schema::{interactions, store_secrets};
use crate::scholarships::{bound, identifier, whole_microseconds};

const PSEUDONYM_KEY: &str = "pseudonym_key";

#[derive(Queryable, Selectable)]
#[diesel(table_name = interactions)]
pub(super) struct Row {
    pseudonym: String,
    id: String,
    kind: String,
    scholarship_id: String,
    occurred_at: Timestamp,
}

impl Row {
    pub(super) fn into_interaction(self) -> Result<Interaction, Failure> {
        Ok(Interaction {
            kind: kind(&self.id, &self.kind)?,
            scholarship_id: identifier(&self.scholarship_id)?,
            occurred_at: self.occurred_at,
            id: self.id,
            pseudonym: self.pseudonym,
        })
    }
}

pub(super) fn kind(of: &str, code: &str) -> Result<InteractionKind, Failure> {
    InteractionKind::from_code(code)
        .ok_or_else(|| Failure::unreadable(of, Unreadable::Column("kind")))
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    pseudonym: String,
    #[diesel(sql_type = Text)]
    id: String,
}

/// What one call wants to be kept, and when it came in.
pub(crate) struct Batch {
    pub(crate) rows: Vec<Interaction>,
    pub(crate) recorded_at: Timestamp,
}

/// Bounds of one insert, so that no caller waits long for the others' work.
pub(crate) const BATCHES: Rule<Batch, Vec<bool>> = Rule {
    area: Area::Interactions,
    work: append_all_in_txn,
    weight: |batch| batch.rows.len(),
    most: 4_096,
};

/// Answers for each of their rows whether it was new.
fn append_all_in_txn(
    connection: &mut AsyncPgConnection,
    batches: Vec<Arc<Batch>>,
) -> BoxFuture<'_, Result<Vec<Vec<bool>>, Failure>> {
    async move {
        let rows = batches
            .iter()
            .flat_map(|batch| batch.rows.iter().map(|row| (row, batch.recorded_at)));
        let rows: Vec<_> = rows.collect();
        let mut new = append_in_txn(connection, &rows).await?.into_iter();
        let own = batches
            .iter()
            .map(|batch| new.by_ref().take(batch.rows.len()).collect());
        Ok(own.collect())
    }
    .boxed()
}

/// One statement for all rows, each with the instant at which it came in. Answers, in order, whether each was new.
async fn append_in_txn(
    connection: &mut AsyncPgConnection,
    rows: &[(&Interaction, Timestamp)],
) -> Result<Vec<bool>, Failure> {
    let column =
        |of: fn(&Interaction) -> &str| rows.iter().map(|(row, _)| of(row)).collect::<Vec<_>>();
    let occurred_at = rows
        .iter()
        .map(|(row, _)| whole_microseconds(row.occurred_at));
    let recorded_at = rows.iter().map(|(_, at)| whole_microseconds(*at));
    let added: Vec<Key> = diesel::sql_query(
        "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
         SELECT pseudonym, id, kind, scholarship_id, occurred_at, recorded_at \
         FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY \
           AS rows (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at, place) ORDER BY place \
         ON CONFLICT (pseudonym, id) DO NOTHING RETURNING pseudonym, id",
    )
    .bind::<Array<Text>, _>(column(|row| &row.pseudonym))
    .bind::<Array<Text>, _>(column(|row| &row.id))
    .bind::<Array<Text>, _>(column(|row| row.kind.code()))
    .bind::<Array<Text>, _>(column(|row| row.scholarship_id.as_str()))
    .bind::<Array<Timestamptz>, _>(occurred_at.collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(recorded_at.collect::<Vec<_>>())
    .load(connection)
    .await?;
    // Of equal rows in one insert, the first was added.
    let mut added: HashSet<(&str, &str)> = added
        .iter()
        .map(|key| (key.pseudonym.as_str(), key.id.as_str()))
        .collect();
    Ok(rows
        .iter()
        .map(|(row, _)| added.remove(&(row.pseudonym.as_str(), row.id.as_str())))
        .collect())
}

pub(super) async fn of_pseudonym_on_conn(
    connection: &mut AsyncPgConnection,
    pseudonym: &str,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    Ok(interactions::table
        .filter(interactions::pseudonym.eq(pseudonym))
        .order((
            interactions::occurred_at.desc(),
            interactions::sequence.desc(),
        ))
        .limit(bound(limit))
        .select(Row::as_select())
        .load(connection)
        .await?)
}

pub(super) async fn forget_in_txn(
    connection: &mut AsyncPgConnection,
    pseudonym: &str,
) -> Result<u64, Failure> {
    let gone = diesel::delete(interactions::table.filter(interactions::pseudonym.eq(pseudonym)))
        .execute(connection)
        .await?;
    Ok(gone as u64)
}

pub(super) async fn recent_on_conn(
    connection: &mut AsyncPgConnection,
    since: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    let mut rows: Vec<Row> = interactions::table
        .filter(interactions::occurred_at.ge(since))
        .filter(interactions::occurred_at.lt(until))
        .order((
            interactions::occurred_at.desc(),
            interactions::sequence.desc(),
        ))
        .limit(bound(limit))
        .select(Row::as_select())
        .load(connection)
        .await?;
    for row in &mut rows {
        row.pseudonym.clear();
    }
    Ok(rows)
}

/// Made by whoever asks first.
pub(super) async fn pseudonym_key_in_txn(
    connection: &mut AsyncPgConnection,
) -> Result<[u8; 32], Failure> {
    let stored = store_secrets::table
        .find(PSEUDONYM_KEY)
        .select(store_secrets::value);
    let mut key: Option<Vec<u8>> = stored.get_result(connection).await.optional()?;
    if key.is_none() {
        let mut made = vec![0; 32];
        rand::rngs::OsRng
            .try_fill_bytes(&mut made)
            .map_err(|_| Failure::Randomness)?;
        diesel::insert_into(store_secrets::table)
            .values((
                store_secrets::name.eq(PSEUDONYM_KEY),
                store_secrets::value.eq(made),
            ))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
        key = Some(stored.get_result(connection).await?);
    }
    key.and_then(|key| key.try_into().ok())
        .ok_or_else(|| Failure::unreadable(PSEUDONYM_KEY, Unreadable::Column("value")))
}
