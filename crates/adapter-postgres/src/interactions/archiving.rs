//! `ports::InteractionArchive` on Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Timestamp;
use futures_util::FutureExt as _;
use ports::{
    ArchivePlace, ArchiveTurn, InteractionArchive, InteractionStoreError, KeptInteraction,
};

use super::recording::Row;
use super::turn;
use crate::PostgresStore;
use crate::connections::Access;
use crate::failure::{Failure, Unreadable};
use crate::schema::interactions;
use crate::scholarships::{bound, whole_microseconds};

type KeptRow = (i64, Timestamp, Row);

async fn older_than_on_conn(
    connection: &mut AsyncPgConnection,
    until: Timestamp,
    after: Option<ArchivePlace>,
    limit: usize,
) -> Result<Vec<KeptRow>, Failure> {
    let mut query = interactions::table
        .filter(interactions::occurred_at.lt(until))
        .order((interactions::occurred_at, interactions::sequence))
        .limit(bound(limit))
        .select((
            interactions::sequence,
            interactions::recorded_at,
            Row::as_select(),
        ))
        .into_boxed();
    if let Some(after) = after {
        let behind =
            diesel::dsl::sql::<Bool>("(interactions.occurred_at, interactions.sequence) > (")
                .bind::<Timestamptz, _>(after.occurred_at)
                .sql(", ")
                .bind::<BigInt, _>(i64::try_from(after.sequence).unwrap_or(i64::MAX))
                .sql(")");
        query = query.filter(behind);
    }
    Ok(query.load(connection).await?)
}

fn kept((sequence, recorded_at, row): KeptRow) -> Result<KeptInteraction, Failure> {
    let interaction = row.into_interaction()?;
    let sequence = u64::try_from(sequence)
        .map_err(|_| Failure::unreadable(&interaction.id, Unreadable::Column("sequence")))?;
    Ok(KeptInteraction {
        sequence,
        interaction,
        recorded_at,
    })
}

async fn remove_in_txn(
    connection: &mut AsyncPgConnection,
    kept: &[KeptInteraction],
) -> Result<u64, Failure> {
    let sequences = kept
        .iter()
        .filter_map(|row| i64::try_from(row.sequence).ok());
    let pseudonyms: Vec<&str> = kept
        .iter()
        .map(|row| row.interaction.pseudonym.as_str())
        .collect();
    let ids: Vec<&str> = kept.iter().map(|row| row.interaction.id.as_str()).collect();
    let gone = diesel::sql_query(
        "DELETE FROM interactions AS i USING unnest($1, $2, $3) AS kept (sequence, pseudonym, id) \
         WHERE i.sequence = kept.sequence AND i.pseudonym = kept.pseudonym AND i.id = kept.id",
    )
    .bind::<Array<BigInt>, _>(sequences.collect::<Vec<_>>())
    .bind::<Array<Text>, _>(pseudonyms)
    .bind::<Array<Text>, _>(ids)
    .execute(connection)
    .await?;
    Ok(gone as u64)
}

#[async_trait]
impl InteractionArchive for PostgresStore {
    async fn take_turn(&self) -> Result<Option<Box<dyn ArchiveTurn>>, InteractionStoreError> {
        let taken = turn::take(&self.connector).await;
        let taken = taken.map_err(|failure| failure.of_interactions("take_turn"))?;
        Ok(taken.map(|turn| Box::new(turn) as Box<dyn ArchiveTurn>))
    }

    async fn older_than(
        &self,
        until: Timestamp,
        after: Option<ArchivePlace>,
        limit: usize,
    ) -> Result<Vec<KeptInteraction>, InteractionStoreError> {
        let until = whole_microseconds(until);
        let rows = self
            .interactions("older_than", Access::ReadMany, move |connection| {
                older_than_on_conn(connection, until, after, limit).boxed()
            })
            .await?;
        let rows: Result<Vec<_>, _> = rows.into_iter().map(kept).collect();
        rows.map_err(|failure| failure.of_interactions("older_than"))
    }

    async fn remove(&self, kept: &[KeptInteraction]) -> Result<u64, InteractionStoreError> {
        let kept: Arc<[KeptInteraction]> = kept.into();
        self.interactions("remove", Access::WriteMany, move |connection| {
            let kept = Arc::clone(&kept);
            async move { remove_in_txn(connection, &kept).await }.boxed()
        })
        .await
    }
}
