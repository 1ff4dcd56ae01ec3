//! The server: an engine behind listeners.
//!
//! Order of life: listen, open the stores, restore or fill the index, serve; on the way down take up no more tasks, stop
//! listening, let open requests end, stop the background work, write what is still counted and the index, close the store. A store over the network that
//! is away does not hold up the start: `opening` waits for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use app::Application;
use http_api::{ApiState, Connections, Disturbance};
use telemetry::Telemetry;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::engine::{Engine, Purpose};
use crate::settings::Settings;

/// How often callers and their connections are looked at.
const CALLERS_PERIOD: Duration = Duration::from_secs(1);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store cannot be opened: {0}")]
    Sqlite(#[from] adapter_sqlite::OpenError),
    #[error("the store cannot be set up: {0}")]
    Postgres(#[from] adapter_postgres::OpenError),
    #[error("Redis cannot be set up")]
    Redis(#[from] adapter_redis::OpenError),
    #[error("the language model cannot be set up")]
    Model(#[from] adapter_openai::OpenError),
    #[error("the Command Center cannot be set up")]
    CommandCenter(#[from] adapter_command_center::OpenError),
    #[error(transparent)]
    Unusable(#[from] adapter_postgres::Unusable),
    #[error("the store cannot be read or written")]
    Access(#[from] ports::StoreError),
    #[error("the store cannot be asked which one it is")]
    Identity(#[from] ports::InteractionStoreError),
    #[error("the index cannot be filled")]
    Load(#[from] app::follower::FollowError),
    #[error("cannot listen on {address}: {source}; set {setting} to a free one")]
    Listen {
        address: String,
        setting: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("the listeners cannot run")]
    Run(#[source] std::io::Error),
}

impl StartError {
    /// Whether it is about what `DATABASE_URL` names.
    pub(crate) fn is_of_store(&self) -> bool {
        match self {
            Self::Sqlite(_)
            | Self::Postgres(_)
            | Self::Unusable(_)
            | Self::Access(_)
            | Self::Identity(_)
            | Self::Load(_) => true,
            Self::Redis(_)
            | Self::Model(_)
            | Self::CommandCenter(_)
            | Self::Listen { .. }
            | Self::Run(_) => false,
        }
    }

    /// Whether a store over the network may soon answer otherwise.
    pub(crate) fn may_pass(&self) -> bool {
        use adapter_postgres::Unusable;
        use app::follower::FollowError;
        match self {
            Self::Unusable(Unusable::Away(_)) | Self::Access(_) | Self::Identity(_) => true,
            Self::Load(FollowError::Store(_)) => true,
            Self::Unusable(
                Unusable::Refused(_) | Unusable::Behind(_) | Unusable::LogAhead | Unusable::Pooled,
            )
            | Self::Load(FollowError::Index(_))
            | Self::Sqlite(_)
            | Self::Postgres(_)
            | Self::Redis(_)
            | Self::Model(_)
            | Self::CommandCenter(_)
            | Self::Listen { .. }
            | Self::Run(_) => false,
        }
    }
}

/// A server that listens and serves.
pub struct Server {
    pub address: SocketAddr,
    pub admin_address: SocketAddr,
    /// Scholarships in the catalogue at the start.
    pub scholarships: u64,
    /// The store is away, and waited for.
    pub is_waiting: bool,
    pub start_time: Duration,
    public: ServerHandle,
    admin: ServerHandle,
    listeners: JoinSet<std::io::Result<()>>,
    engine: Engine,
}

impl Server {
    /// Opens, fills, listens and serves; `disturbance` lets requests of the public listener go wrong on purpose.
    ///
    /// # Errors
    /// [`StartError`]; nothing of it stays behind.
    pub async fn start(
        settings: &Settings,
        telemetry: &Telemetry,
        disturbance: Option<Arc<dyn Disturbance>>,
    ) -> Result<Self, StartError> {
        let begun = Instant::now();
        // First of all: a port that is taken must not leave a store half made. Early callers wait in the listeners' queues.
        let listen = |port: u16, setting: &'static str| {
            let refused = |source| StartError::Listen {
                address: format!("{}:{port}", settings.host),
                setting,
                source,
            };
            let listener =
                std::net::TcpListener::bind((settings.host.as_str(), port)).map_err(refused)?;
            let address = listener.local_addr().map_err(refused)?;
            Ok::<_, StartError>((listener, address))
        };
        let (listener, address) = listen(settings.port, "PORT")?;
        let (admin_listener, admin_address) = listen(settings.admin_port, "ADMIN_PORT")?;
        let mut engine = Engine::start(settings, Purpose::Server).await?;
        let state = (engine.state.clone()).traced_by(telemetry.requests.clone());
        let log_level = telemetry.log_level.clone();
        let (admin_state, limited) = (state.clone(), state.clone());
        let public_state = state.disturbed_by(disturbance);
        let connections = Connections::new(
            settings.limits.max_connections_per_ip,
            settings.limits.trusted_proxies.clone(),
        );
        let watched = Arc::clone(&connections);
        let public = actix_web::HttpServer::new(move || {
            public_state.metrics.watch_this_runtime("http");
            http_api::application(public_state.clone())
        })
        .on_connect(move |connection, kept| connections.admit(connection, kept));
        let public = if settings.http_workers == 0 {
            public
        } else {
            public.workers(settings.http_workers)
        };
        let public = public
            // An answer is written at once; its last packet must not wait until the ones before it are acknowledged.
            .tcp_nodelay(true)
            .disable_signals()
            .shutdown_timeout(settings.shutdown_timeout.as_secs());
        let admin = actix_web::HttpServer::new(move || {
            admin_state.metrics.watch_this_runtime("admin");
            http_api::admin_application(admin_state.clone(), Some(log_level.clone()))
        });
        let admin = admin.workers(1).disable_signals().shutdown_timeout(1);

        let public = public.listen(listener).map_err(StartError::Run)?.run();
        let admin = admin.listen(admin_listener).map_err(StartError::Run)?.run();
        let (public_handle, admin_handle) = (public.handle(), admin.handle());
        let mut listeners = JoinSet::new();
        listeners.spawn(public);
        listeners.spawn(admin);

        engine.beside(|stop| watch_callers(limited, watched, stop));
        Ok(Self {
            address,
            admin_address,
            scholarships: engine.scholarships,
            is_waiting: engine.is_waiting,
            start_time: begun.elapsed(),
            public: public_handle,
            admin: admin_handle,
            listeners,
            engine,
        })
    }

    /// The use cases, for tests that look behind the listener.
    pub fn application(&self) -> &Arc<Application> {
        &self.engine.state.application
    }

    /// Waits until a listener ends by itself, which it never should.
    pub async fn ended(&mut self) {
        if let Some(outcome) = self.listeners.join_next().await {
            tracing::error!(?outcome, "a listener ended");
        }
    }

    /// Says that it is not ready any more and takes up no more tasks, and waits so long before requests are refused: whoever sends
    /// them hears of it meanwhile.
    pub async fn drain(&self, delay: Duration) {
        self.engine.state.drain();
        self.engine.stop_agents();
        tokio::time::sleep(delay).await;
    }

    /// Takes no new connections and no more tasks, lets open requests end within the shutdown timeout, writes what is still counted, and
    /// closes the store.
    pub async fn stop(mut self) {
        self.engine.stop_agents();
        self.public.stop(true).await;
        self.admin.stop(false).await;
        while self.listeners.join_next().await.is_some() {}
        self.engine.stop().await;
    }
}

/// Forgets callers that rested, and closes connections that stall.
async fn watch_callers(
    state: ApiState,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    while timeout(CALLERS_PERIOD, stop.wait_for(|stopped| *stopped))
        .await
        .is_err()
    {
        state.forget_rested_callers();
        connections.close_stalled();
    }
}
