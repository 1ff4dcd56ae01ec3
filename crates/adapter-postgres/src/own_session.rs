//! Connections that are ours alone: locks and snapshots of operators' commands live as long as one server process serves us.

use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::connecting::{Connector, unconnected};
use crate::{OpenError, PoolMode, PostgresSettings};

/// A pooler lets those wait for whom it has no connection; Postgres itself answers at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// For all looks together, where a server accepts connections and then says nothing.
const LOOKED_WITHIN: Duration = Duration::from_secs(20);

/// A look sees nothing when others take and give back a pooler's connections at the wrong moments.
const LOOKS: u32 = 5;

/// Why there is no connection for an operator's command.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(
        "this needs a connection to itself, and none that a pooler lends for one transaction: name Postgres itself in the \
         URL, not PgBouncer, with POSTGRES_POOL_MODE=session or without it"
    )]
    Pooled,
    #[error("Postgres cannot be reached")]
    Connection(#[source] ConnectionError),
}

/// # Errors
/// [`SessionError::Pooled`] also when the settings know nothing of the pooler.
pub(crate) async fn connect_alone(
    settings: &PostgresSettings,
) -> Result<AsyncPgConnection, SessionError> {
    if settings.pool_mode != PoolMode::Session {
        return Err(SessionError::Pooled);
    }
    let connector = Arc::new(Connector::new(settings)?);
    if is_lent_soon(&connector)
        .await
        .map_err(SessionError::Connection)?
    {
        return Err(SessionError::Pooled);
    }
    connector.connect().await.map_err(SessionError::Connection)
}

/// Whether a pooler lends connections, found out within a bound.
pub(crate) async fn is_lent_soon(connector: &Connector) -> Result<bool, ConnectionError> {
    let looked = timeout(LOOKED_WITHIN, is_lent(connector)).await;
    looked.unwrap_or_else(|elapsed| Err(unconnected(elapsed)))
}

/// Whether a pooler gives other server processes to the same connection, or one process to several connections.
async fn is_lent(connector: &Connector) -> Result<bool, ConnectionError> {
    let first = plain(connector).await?;
    let second = plain(connector).await?;
    for _ in 0..LOOKS {
        if looks_lent(&first, &second).await.map_err(unconnected)? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn looks_lent(first: &Client, second: &Client) -> Result<bool, tokio_postgres::Error> {
    let (one, again) = (process(first).await?, process(first).await?);
    // Now the second keeps what it was given. A pooler gives it what the first was just served by, or that to the first which
    // it did not have before.
    second.batch_execute("BEGIN").await?;
    let other = process(second).await?;
    if one != again || one == other {
        return Ok(true);
    }
    let last = timeout(AT_ONCE, process(first)).await;
    let last = last.unwrap_or(Ok(None))?;
    second.batch_execute("ROLLBACK").await?;
    Ok(last != one)
}

/// Nothing is prepared on it, which would fail where a pooler mixes the statements of several connections.
async fn plain(connector: &Connector) -> Result<Client, ConnectionError> {
    let (client, driven) = connector.listen(|| {}).await.map_err(unconnected)?;
    // Ends with its client.
    tokio::spawn(driven);
    Ok(client)
}

/// The number of the server process that answers.
async fn process(client: &Client) -> Result<Option<String>, tokio_postgres::Error> {
    let answer = client.simple_query("SELECT pg_backend_pid()").await?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
