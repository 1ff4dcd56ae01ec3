//! `ports::InteractionArchive` on the file.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::Timestamp;
use ports::{
    ArchivePlace, ArchiveTurn, InteractionArchive, InteractionStoreError, KeptInteraction,
};

use super::recording::Row;
use super::turn;
use crate::SqliteStore;
use crate::failure::{Failure, Unreadable};
use crate::schema::interactions;
use crate::scholarships::{bound, instant, microseconds};

fn older_than_on_conn(
    connection: &mut SqliteConnection,
    until: Timestamp,
    after: Option<ArchivePlace>,
    limit: usize,
) -> Result<Vec<KeptInteraction>, Failure> {
    let mut query = interactions::table
        .filter(interactions::occurred_at.lt(microseconds(until)))
        .order((interactions::occurred_at, interactions::sequence))
        .limit(bound(limit))
        .select((
            interactions::sequence,
            interactions::recorded_at,
            Row::as_select(),
        ))
        .into_boxed();
    if let Some(after) = after {
        let instant = microseconds(after.occurred_at);
        let sequence = i64::try_from(after.sequence).unwrap_or(i64::MAX);
        query = query.filter(
            interactions::occurred_at
                .gt(instant)
                .or(interactions::occurred_at
                    .eq(instant)
                    .and(interactions::sequence.gt(sequence))),
        );
    }
    let rows: Vec<(i64, i64, Row)> = query.load(connection)?;
    rows.into_iter().map(kept).collect()
}

fn kept((sequence, recorded_at, row): (i64, i64, Row)) -> Result<KeptInteraction, Failure> {
    let interaction = row.into_interaction()?;
    Ok(KeptInteraction {
        sequence: u64::try_from(sequence)
            .map_err(|_| Failure::unreadable(&interaction.id, Unreadable::Column("sequence")))?,
        recorded_at: instant(&interaction.id, "recorded_at", recorded_at)?,
        interaction,
    })
}

fn remove_in_txn(
    connection: &mut SqliteConnection,
    kept: &[KeptInteraction],
) -> Result<u64, Failure> {
    let remove = |row: &KeptInteraction| {
        let sequence = i64::try_from(row.sequence).unwrap_or(-1);
        let gone = diesel::delete(
            interactions::table
                .filter(interactions::sequence.eq(sequence))
                .filter(interactions::pseudonym.eq(&row.interaction.pseudonym))
                .filter(interactions::id.eq(&row.interaction.id)),
        )
        .execute(connection)?;
        Ok(gone as u64)
    };
    kept.iter().map(remove).sum()
}

#[async_trait]
impl InteractionArchive for SqliteStore {
    async fn take_turn(&self) -> Result<Option<Box<dyn ArchiveTurn>>, InteractionStoreError> {
        let path = Arc::clone(&self.path);
        let taken = tokio::task::spawn_blocking(move || turn::take(&path)).await;
        let taken = taken.unwrap_or(Err(Failure::Panicked));
        let taken = taken.map_err(|failure| failure.of_interactions("take_turn"))?;
        Ok(taken.map(|turn| Box::new(turn) as Box<dyn ArchiveTurn>))
    }

    async fn older_than(
        &self,
        until: Timestamp,
        after: Option<ArchivePlace>,
        limit: usize,
    ) -> Result<Vec<KeptInteraction>, InteractionStoreError> {
        self.readers
            .read(move |connection| older_than_on_conn(connection, until, after, limit))
            .await
            .map_err(|failure| failure.of_interactions("older_than"))
    }

    async fn remove(&self, kept: &[KeptInteraction]) -> Result<u64, InteractionStoreError> {
        let kept = kept.to_vec();
        self.writer
            .write(kept.len(), move |connection| {
                remove_in_txn(connection, &kept)
            })
            .await
            .map_err(|failure| failure.of_interactions("remove"))
    }
}
