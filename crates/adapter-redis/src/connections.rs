//! Making connections, and keeping a pool of them.

use std::time::Duration;

use bb8_redis::bb8::{ManageConnection, Pool};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    RedisError, TlsCertificates,
};
use secrecy::ExposeSecret as _;

use crate::{OpenError, RedisSettings};

/// Connections that stand ready when nothing is asked.
const READY: u32 = 2;

/// Opens connections for the pool. The manager that comes with the pool knows neither our timeouts nor broken connections.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    client: Client,
    connection_timeout: Duration,
    socket_timeout: Duration,
}

/// One connection, and whether its last call was left without an answer.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) link: MultiplexedConnection,
    pub(crate) broken: bool,
}

impl Connector {
    pub(crate) fn new(settings: &RedisSettings) -> Result<Self, OpenError> {
        let url = settings.url.expose_secret();
        let info: ConnectionInfo = url.into_connection_info().map_err(OpenError::Url)?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let speaks_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        if speaks_tls {
            // Somebody may have chosen already; there is only one to choose.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = match &settings.certificate_authorities {
            Some(authorities) if speaks_tls => {
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(authorities.clone()),
                };
                Client::build_with_tls(info, certificates).map_err(OpenError::Certificates)?
            }
            _ => Client::open(info).map_err(OpenError::Url)?,
        };
        Ok(Self {
            client,
            connection_timeout: settings.connection_timeout,
            socket_timeout: settings.socket_timeout,
        })
    }

    /// A pool that opens connections when they are asked for.
    pub(crate) fn pool(&self, max_connections: u32) -> Pool<Self> {
        let most = max_connections.max(1);
        Pool::builder()
            .max_size(most)
            .min_idle(READY.min(most))
            .connection_timeout(self.connection_timeout)
            // Asking first whether it answers would double the time of each call. Failed calls tell.
            .test_on_check_out(false)
            // Whether to try again is the breaker's business.
            .retry_connection(false)
            .build_unchecked(self.clone())
    }
}

impl ManageConnection for Connector {
    type Connection = Connection;
    type Error = RedisError;

    async fn connect(&self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connection_timeout))
            .set_response_timeout(Some(self.socket_timeout));
        let opened = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        Ok(Connection {
            link: opened.await?,
            broken: false,
        })
    }

    async fn is_valid(&self, connection: &mut Connection) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut connection.link).await
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.broken
    }
}
