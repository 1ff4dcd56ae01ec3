//! What students did: `ports::InteractionStore` on the file.

mod archiving;
mod counting;
mod recording;
mod turn;

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{Interaction, Timestamp};
use ports::{InteractionCount, InteractionStore, InteractionStoreError, SearchCount};

use crate::SqliteStore;

#[async_trait]
impl InteractionStore for SqliteStore {
    async fn append(
        &self,
        interactions: Vec<Interaction>,
        recorded_at: Timestamp,
    ) -> Result<Vec<bool>, InteractionStoreError> {
        self.writer
            .write(interactions.len(), move |connection| {
                recording::append_in_txn(connection, &interactions, recorded_at)
            })
            .await
            .map_err(|failure| failure.of_interactions("append"))
    }

    async fn of_pseudonym(
        &self,
        pseudonym: &str,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let pseudonym = pseudonym.to_owned();
        self.readers
            .read(move |connection| recording::of_pseudonym_on_conn(connection, &pseudonym, limit))
            .await
            .map_err(|failure| failure.of_interactions("of_pseudonym"))
    }

    async fn forget(&self, pseudonym: &str) -> Result<u64, InteractionStoreError> {
        let pseudonym = pseudonym.to_owned();
        self.writer
            .write(1, move |connection| {
                recording::forget_in_txn(connection, &pseudonym)
            })
            .await
            .map_err(|failure| failure.of_interactions("forget"))
    }

    async fn count_by_scholarship(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<InteractionCount>, InteractionStoreError> {
        self.readers
            .read(move |connection| {
                counting::count_by_scholarship_on_conn(connection, since, until)
            })
            .await
            .map_err(|failure| failure.of_interactions("count_by_scholarship"))
    }

    async fn recent(
        &self,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        self.readers
            .read(move |connection| recording::recent_on_conn(connection, since, until, limit))
            .await
            .map_err(|failure| failure.of_interactions("recent"))
    }

    async fn add_searches(
        &self,
        day: NaiveDate,
        counts: Vec<SearchCount>,
    ) -> Result<(), InteractionStoreError> {
        self.writer
            .write(counts.len(), move |connection| {
                counting::add_searches_in_txn(connection, day, &counts)
            })
            .await
            .map_err(|failure| failure.of_interactions("add_searches"))
    }

    async fn searches(
        &self,
        since: NaiveDate,
        until: NaiveDate,
        limit: usize,
    ) -> Result<Vec<SearchCount>, InteractionStoreError> {
        self.readers
            .read(move |connection| counting::searches_on_conn(connection, since, until, limit))
            .await
            .map_err(|failure| failure.of_interactions("searches"))
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32], InteractionStoreError> {
        self.readers
            .read(recording::pseudonym_key_on_conn)
            .await
            .map_err(|failure| failure.of_interactions("pseudonym_key"))
    }
}
