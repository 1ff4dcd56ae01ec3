//! What students did: `ports::InteractionStore` on Postgres.

mod archiving;
mod counting;
pub(crate) mod recording;
mod turn;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use domain::{Interaction, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ports::{InteractionCount, InteractionStore, InteractionStoreError, SearchCount};

use self::recording::{Batch, Row};
use crate::PostgresStore;
use crate::area::Area;
use crate::connections::Access;
use crate::failure::Failure;
use crate::scholarships::whole_microseconds;

impl PostgresStore {
    async fn interactions<T, W>(
        &self,
        operation: &'static str,
        access: Access,
        work: W,
    ) -> Result<T, InteractionStoreError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>>
            + Send
            + Sync
            + 'static,
    {
        self.connections
            .run(Area::Interactions, access, work)
            .await
            .map_err(|failure| failure.of_interactions(operation))
    }
}

/// Postgres keeps every character in its texts but this one.
fn is_storable(row: &Interaction) -> bool {
    !row.pseudonym.contains('\0') && !row.id.contains('\0')
}

fn read(
    operation: &'static str,
    rows: Vec<Row>,
) -> Result<Vec<Interaction>, InteractionStoreError> {
    rows.into_iter()
        .map(Row::into_interaction)
        .collect::<Result<_, _>>()
        .map_err(|failure| failure.of_interactions(operation))
}

#[async_trait]
impl InteractionStore for PostgresStore {
    async fn append(
        &self,
        interactions: Vec<Interaction>,
        recorded_at: Timestamp,
    ) -> Result<Vec<bool>, InteractionStoreError> {
        if interactions.is_empty() {
            return Ok(Vec::new());
        }
        // Beside others, such rows would take these with them.
        if !interactions.iter().all(is_storable) {
            return Err(Failure::Unstorable.of_interactions("append"));
        }
        let batch = Batch {
            rows: interactions,
            recorded_at,
        };
        let appended = self.appended.add(batch).await;
        appended.map_err(|failure| failure.of_interactions("append"))
    }

    async fn of_pseudonym(
        &self,
        pseudonym: &str,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let pseudonym = pseudonym.to_owned();
        let rows = self
            .interactions("of_pseudonym", Access::ReadMany, move |connection| {
                let pseudonym = pseudonym.clone();
                async move { recording::of_pseudonym_on_conn(connection, &pseudonym, limit).await }
                    .boxed()
            })
            .await?;
        read("of_pseudonym", rows)
    }

    async fn forget(&self, pseudonym: &str) -> Result<u64, InteractionStoreError> {
        let pseudonym = pseudonym.to_owned();
        self.interactions("forget", Access::WriteMany, move |connection| {
            let pseudonym = pseudonym.clone();
            async move { recording::forget_in_txn(connection, &pseudonym).await }.boxed()
        })
        .await
    }

    async fn count_by_scholarship(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<InteractionCount>, InteractionStoreError> {
        let (since, until) = (whole_microseconds(since), whole_microseconds(until));
        self.interactions(
            "count_by_scholarship",
            Access::ReadMany,
            move |connection| {
                counting::count_by_scholarship_on_conn(connection, since, until).boxed()
            },
        )
        .await
    }

    async fn recent(
        &self,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Interaction>, InteractionStoreError> {
        let (since, until) = (whole_microseconds(since), whole_microseconds(until));
        let rows = self
            .interactions("recent", Access::ReadMany, move |connection| {
                recording::recent_on_conn(connection, since, until, limit).boxed()
            })
            .await?;
        read("recent", rows)
    }

    async fn add_searches(
        &self,
        day: NaiveDate,
        counts: Vec<SearchCount>,
    ) -> Result<(), InteractionStoreError> {
        let counts = Arc::new(counts);
        self.interactions("add_searches", Access::WriteMany, move |connection| {
            let counts = Arc::clone(&counts);
            async move { counting::add_searches_in_txn(connection, day, &counts).await }.boxed()
        })
        .await
    }

    async fn searches(
        &self,
        since: NaiveDate,
        until: NaiveDate,
        limit: usize,
    ) -> Result<Vec<SearchCount>, InteractionStoreError> {
        self.interactions("searches", Access::ReadMany, move |connection| {
            counting::searches_on_conn(connection, since, until, limit).boxed()
        })
        .await
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32], InteractionStoreError> {
        self.interactions("pseudonym_key", Access::WriteFew, |connection| {
            recording::pseudonym_key_in_txn(connection).boxed()
        })
        .await
    }
}
