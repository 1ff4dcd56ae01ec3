//! Who archives: one at a time in a database, also through a pooler. A lock of a session would stay behind there on a
//! connection that goes to others, so it is one of a transaction that stays open. That transaction writes nothing: it has no
//! number, and the change log does not wait for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::pooled_connection::PoolError;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use ports::ArchiveTurn;
use tokio::time::timeout;

use crate::connecting::Connector;
use crate::failure::Failure;

/// Any number that nothing else takes for its own: `archive` in ASCII.
const LOCK: i64 = 0x61_7263_6869_7665;
/// Whoever does not answer for so long may have lost the lock.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// Ends with its connection.
pub(super) struct Turn {
    connection: AsyncPgConnection,
}

pub(super) async fn take(connector: &Connector) -> Result<Option<Turn>, Failure> {
    let mut connection = connector.connect().await.map_err(|error| {
        let cause = Arc::new(PoolError::ConnectionError(error));
        Failure::NoConnection(connector.deadline, Some(cause))
    })?;
    // It stays idle for as long as an export takes.
    connection
        .batch_execute("BEGIN READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0")
        .await?;
    let answer = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS yes")
        .bind::<BigInt, _>(LOCK)
        .get_result::<Answer>(&mut connection)
        .await?;
    Ok(answer.yes.then_some(Turn { connection }))
}

#[async_trait]
impl ArchiveTurn for Turn {
    async fn is_held(&mut self) -> bool {
        let asked = self.connection.batch_execute("SELECT 1");
        matches!(timeout(PATIENCE, asked).await, Ok(Ok(())))
    }
}
