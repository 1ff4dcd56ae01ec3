//! Making one connection: encryption, deadline, and the manners that a pooler asks for.

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either, select};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::url::Target;
use crate::{OpenError, PoolMode, PostgresSettings, tls};

/// After this long without an acknowledgement of what was sent, the machine at the other end is taken for gone.
const GONE: Duration = Duration::from_secs(10);
/// An attempt to connect is given up after this long at the latest: what fell into a hole of the network stays there, and a
/// new attempt gets through as soon as the hole is mended.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);

/// Knows how to reach Postgres.
pub(crate) struct Connector {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    pool_mode: PoolMode,
    /// For one attempt to connect.
    pub(crate) deadline: Duration,
}

impl Connector {
    pub(crate) fn new(settings: &PostgresSettings) -> Result<Self, OpenError> {
        let Target {
            mut config,
            encryption,
        } = Target::parse(settings.url.expose_secret())?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(settings.connection_timeout);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(GONE);
        }
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("scholarship-api");
        }
        Ok(Self {
            tls: tls::connector(&encryption)?,
            config,
            pool_mode: settings.pool_mode,
            deadline: settings.connection_timeout.min(LONGEST_ATTEMPT),
        })
    }

    /// For Diesel.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let connecting = async {
            match &self.tls {
                Some(tls) => self.set_up(tls.clone()).await,
                None => self.set_up(NoTls).await,
            }
        };
        timeout(self.deadline, connecting)
            .await
            .unwrap_or_else(|elapsed| Err(unconnected(elapsed)))
    }

    async fn set_up<T>(&self, tls: T) -> ConnectionResult<AsyncPgConnection>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.config.connect(tls).await.map_err(unconnected)?;
        match self.pool_mode {
            PoolMode::Session => {
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            PoolMode::Transaction => pooled(client, connection).await,
        }
    }

    pub(crate) fn manager(self: Arc<Self>) -> AsyncDieselConnectionManager<AsyncPgConnection> {
        let mut config = ManagerConfig::default();
        // The first statement of each transaction shows whether the connection still works.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let connector = Arc::clone(&self);
            async move { connector.connect().await }.boxed()
        });
        // The URL with its password stays with us.
        AsyncDieselConnectionManager::new_with_config("", config)
    }

    /// A connection on which notifications arrive, if there is one in this pool mode: the client, and what drives it and
    /// calls `notified` for each of them.
    pub(crate) async fn listen(
        &self,
        notified: impl Fn() + Send + 'static,
    ) -> Result<(Client, BoxFuture<'static, ()>), tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                Ok((client, drive(connection, notified)))
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                Ok((client, drive(connection, notified)))
            }
        }
    }
}

/// Ends with the connection.
fn drive<S>(
    mut connection: Connection<Socket, S>,
    notified: impl Fn() + Send + 'static,
) -> BoxFuture<'static, ()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if matches!(message, AsyncMessage::Notification(_)) {
                notified();
            }
        }
    }
    .boxed()
}

/// Behind a pooler whose transactions may run on different servers. Diesel prepares whatever it sends, its settings at the
/// beginning too: inside one transaction the statement and its use stay together.
async fn pooled<S>(
    client: Client,
    mut connection: Connection<Socket, S>,
) -> ConnectionResult<AsyncPgConnection>
where
    S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    {
        let begun = pin!(client.batch_execute("BEGIN"));
        // Nothing is answered unless somebody drives the connection, and Diesel does so only from the next step on.
        let driven = pin!(async {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                message?;
            }
            Ok(())
        });
        let outcome = match select(begun, driven).await {
            Either::Left((outcome, _)) | Either::Right((outcome, _)) => outcome,
        };
        outcome.map_err(unconnected)?;
    }
    let mut connection =
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    connection
        .batch_execute("COMMIT")
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Diesel has no variant for errors of the driver, and shows no causes of what it wraps.
pub(crate) fn unconnected(error: impl Error + Send + Sync + 'static) -> ConnectionError {
    ConnectionError::CouldntSetupConfiguration(diesel::result::Error::QueryBuilderError(Box::new(
        WithCauses(error),
    )))
}

/// Shows an error with all its causes, and therefore has none.
#[derive(Debug)]
pub(crate) struct WithCauses<E>(pub(crate) E);

impl<E: Error> std::fmt::Display for WithCauses<E> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(formatter, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

impl<E: Error> Error for WithCauses<E> {}
