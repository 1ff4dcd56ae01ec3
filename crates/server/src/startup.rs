//! Wiring: adapters into use cases, use cases behind listeners, background work beside them.
//!
//! Order of life: listen, open the store, restore or fill the index, serve; on the way down stop listening, let open requests
//! end, stop the background work, write what is still counted and the index, close the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use adapter_memory::MemoryCache;
use adapter_search::InProcessIndex;
use adapter_sqlite::{SqliteSettings, SqliteStore};
use app::follower::FollowPeriods;
use app::{Application, Dependencies};
use auth::Verifier;
use http_api::{ApiSettings, ApiState};
use ports::SearchIndex as _;
use telemetry::Metrics;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::index_file::IndexFile;
use crate::sample_catalogue;
use crate::settings::Settings;
use crate::system::{SystemClock, TimeOrderedIds};

/// How often the popularity of scholarships is counted again.
const POPULARITY_PERIOD: Duration = Duration::from_secs(60);
/// How often counted searches are written.
const TRENDS_PERIOD: Duration = Duration::from_secs(10);
/// Bytes of answers that may be served again.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// How often the whole index is compared with the store.
const RECONCILE_PERIOD: Duration = Duration::from_secs(300);
/// How often gauges are set.
const GAUGES_PERIOD: Duration = Duration::from_secs(5);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store cannot be opened: {0}")]
    Store(#[from] adapter_sqlite::OpenError),
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

/// A server that listens and serves.
pub struct Server {
    pub address: SocketAddr,
    pub admin_address: SocketAddr,
    /// Scholarships in the catalogue at the start.
    pub scholarships: u64,
    pub time_to_ready: Duration,
    public: ServerHandle,
    admin: ServerHandle,
    listeners: JoinSet<std::io::Result<()>>,
    background: JoinSet<()>,
    stop: watch::Sender<bool>,
    application: Arc<Application>,
    store: SqliteStore,
}

impl Server {
    /// Opens, fills, listens and serves.
    ///
    /// # Errors
    /// [`StartError`]; nothing of it stays behind.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
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
        let readers = u32::try_from(settings.sqlite_readers).unwrap_or(u32::MAX);
        let store = SqliteStore::open(SqliteSettings {
            readers,
            ..SqliteSettings::at(&settings.database)
        })?;
        let index_file = IndexFile::of(&store, &settings.database).await?;
        let opened = index_file.open(&store, settings.search.clone()).await?;
        let index = opened.index;
        let application = Arc::new(application(&store, Arc::clone(&index)));
        sample_catalogue::load_if_wanted(settings, &store, application.clock.now()).await?;
        match opened.restored {
            Some(position) => application.follower.resume(position).await?,
            None => application.follower.load().await?,
        }
        let scholarships = index.stats(application.clock.now()).scholarships;

        let metrics = Metrics::new(&settings.version);
        let state = ApiState::new(
            Arc::clone(&application),
            Arc::new(Verifier::new(settings.tokens.clone(), &settings.token_keys)),
            metrics.clone(),
            api_settings(settings),
        );
        let (public_state, admin_state) = (state.clone(), state);
        let public =
            actix_web::HttpServer::new(move || http_api::application(public_state.clone()));
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
        let admin =
            actix_web::HttpServer::new(move || http_api::admin_application(admin_state.clone()));
        let admin = admin.workers(1).disable_signals().shutdown_timeout(1);

        let public = public.listen(listener).map_err(StartError::Run)?.run();
        let admin = admin.listen(admin_listener).map_err(StartError::Run)?.run();
        let (public_handle, admin_handle) = (public.handle(), admin.handle());
        let mut listeners = JoinSet::new();
        listeners.spawn(public);
        listeners.spawn(admin);

        let (stop, stopped) = watch::channel(false);
        let mut background = JoinSet::new();
        let periods = FollowPeriods {
            poll: settings.follow_interval,
            reconcile: RECONCILE_PERIOD,
        };
        background.spawn(Arc::clone(&application.follower).follow(periods, None, stopped.clone()));
        background
            .spawn(Arc::clone(&application.popularity).run(POPULARITY_PERIOD, stopped.clone()));
        background.spawn(Arc::clone(&application.trends).run(TRENDS_PERIOD, stopped.clone()));
        background.spawn(index_file.keep(index, opened.restored, stopped.clone()));
        background.spawn(gauges(Arc::clone(&application), metrics, stopped));
        Ok(Self {
            address,
            admin_address,
            scholarships,
            time_to_ready: begun.elapsed(),
            public: public_handle,
            admin: admin_handle,
            listeners,
            background,
            stop,
            application,
            store,
        })
    }

    /// The use cases, for tests that look behind the listener.
    pub fn application(&self) -> &Arc<Application> {
        &self.application
    }

    /// Waits until a listener ends by itself, which it never should.
    pub async fn ended(&mut self) {
        if let Some(outcome) = self.listeners.join_next().await {
            tracing::error!(?outcome, "a listener ended");
        }
    }

    /// Takes no new connections, lets open requests end within the shutdown timeout, writes what is still counted, and
    /// closes the store.
    pub async fn stop(mut self) {
        self.public.stop(true).await;
        self.admin.stop(false).await;
        while self.listeners.join_next().await.is_some() {}
        let _ = self.stop.send(true);
        while self.background.join_next().await.is_some() {}
        self.store.close().await;
    }
}

fn application(store: &SqliteStore, index: Arc<InProcessIndex>) -> Application {
    Application::new(Dependencies {
        scholarships: Arc::new(store.clone()),
        interactions: Arc::new(store.clone()),
        index,
        cache: Arc::new(MemoryCache::new(CACHE_BYTES)),
        clock: Arc::new(SystemClock),
        ids: Arc::new(TimeOrderedIds),
        probes: vec![Arc::new(store.clone())],
    })
}

fn api_settings(settings: &Settings) -> ApiSettings {
    ApiSettings {
        version: settings.version.clone(),
        allowed_hosts: settings.allowed_hosts.clone(),
        cors_origins: settings.cors_origins.clone(),
        request_timeout: settings.request_timeout,
        ..ApiSettings::default()
    }
}

/// Sets what is not counted by events.
async fn gauges(application: Arc<Application>, metrics: Metrics, mut stop: watch::Receiver<bool>) {
    loop {
        let stats = application.readiness.index();
        metrics.set_index(stats.scholarships, stats.segments);
        metrics.set_index_lag(application.readiness.lag());
        metrics.set_index_healed(application.readiness.healed());
        if tokio::time::timeout(GAUGES_PERIOD, stop.wait_for(|stopped| *stopped))
            .await
            .is_ok()
        {
            return;
        }
    }
}
