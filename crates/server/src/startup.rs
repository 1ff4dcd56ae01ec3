//! Wiring: adapters into use cases, use cases behind listeners, background work beside them.
//!
//! Order of life: listen, open the stores, restore or fill the index, serve; on the way down stop listening, let open requests
//! end, stop the background work, write what is still counted and the index, close the store. A store over the network that
//! is away does not hold up the start: `opening` waits for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use adapter_command_center::HttpCommandCenter;
use adapter_openai::OpenAiModel;
use adapter_search::InProcessIndex;
use app::assistant::Model;
use app::follower::FollowPeriods;
use app::tasks::{Couriers, Presence, TaskDependencies, TaskSettings, TaskWorkers};
use app::{Application, Dependencies};
use auth::Verifier;
use http_api::{AgentActions, ApiSettings, ApiState, Connections};
use ports::{CommandCenter, SearchIndex as _};
use telemetry::Metrics;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::assistant_events::CountedEvents;
use crate::index_file::IndexFile;
use crate::opening::{self, Opened, Opening};
use crate::settings::{ModelConnection, Settings};
use crate::stores::Stores;
use crate::system::{SystemClock, TimeOrderedIds};
use crate::task_observer::CountedTasks;

/// How often the popularity of scholarships is counted again.
const POPULARITY_PERIOD: Duration = Duration::from_secs(60);
/// How often counted searches are written.
const TRENDS_PERIOD: Duration = Duration::from_secs(10);
/// How often the whole index is compared with the store.
const RECONCILE_PERIOD: Duration = Duration::from_secs(300);
/// How often the list of revoked tokens is read.
const REVOCATIONS_PERIOD: Duration = Duration::from_millis(500);
/// How often dependencies are looked at.
const PROBES_PERIOD: Duration = Duration::from_secs(1);
/// How often callers and their connections are looked at.
const CALLERS_PERIOD: Duration = Duration::from_secs(1);
/// How often gauges are set.
const GAUGES_PERIOD: Duration = Duration::from_secs(5);

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
    background: JoinSet<()>,
    stop: watch::Sender<bool>,
    application: Arc<Application>,
    stores: Stores,
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
        let stores = Stores::open(settings).await?;
        let index_file = IndexFile::at(&settings.index_file);
        let prepared = opening::prepare(settings, &stores, &index_file).await?;
        let index = Arc::clone(&prepared.index);
        let metrics = Metrics::new(&settings.version);
        let application = application(settings, &stores, Arc::clone(&index), metrics.clone())?;
        let application = Arc::new(application);
        let (opening, opened) = Opening::begin(settings, &stores, &application, prepared).await?;
        let is_waiting = opened.is_none();
        if !is_waiting {
            // Nobody must be let in before the list is known, when it can be known.
            application.revocations.refresh_and_say().await;
        }
        let scholarships = index.stats(application.clock.now()).scholarships;

        let state = ApiState::new(
            Arc::clone(&application),
            Arc::new(verifier(settings)),
            metrics.clone(),
            api_settings(settings),
        );
        let (public_state, admin_state, limited) = (state.clone(), state.clone(), state.clone());
        let connections = Connections::new(
            settings.limits.max_connections_per_ip,
            settings.limits.trusted_proxies.clone(),
        );
        let watched = Arc::clone(&connections);
        let public =
            actix_web::HttpServer::new(move || http_api::application(public_state.clone()))
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
        let readiness = Arc::clone(&application.readiness);
        background.spawn(readiness.watch(PROBES_PERIOD, stopped.clone()));
        let revocations = Arc::clone(&application.revocations);
        background.spawn(revocations.run(REVOCATIONS_PERIOD, stopped.clone()));
        background.spawn(watch_callers(limited, watched, stopped.clone()));
        background.spawn(gauges(
            Arc::clone(&application),
            stores.clone(),
            metrics,
            stopped.clone(),
        ));
        let agents = Agents::of(&application, state);
        background.spawn(work(opening, opened, agents, index, index_file, stopped));
        Ok(Self {
            address,
            admin_address,
            scholarships,
            is_waiting,
            start_time: begun.elapsed(),
            public: public_handle,
            admin: admin_handle,
            listeners,
            background,
            stop,
            application,
            stores,
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
        self.stores.close().await;
    }
}

fn application(
    settings: &Settings,
    stores: &Stores,
    index: Arc<InProcessIndex>,
    metrics: Metrics,
) -> Result<Application, StartError> {
    let assistant = &settings.assistant;
    let model = assistant.model.as_ref();
    let model = model.map(|connection| model_of(connection, stores));
    Ok(Application::new(Dependencies {
        scholarships: Arc::clone(&stores.scholarships),
        interactions: Arc::clone(&stores.interactions),
        revocations: Arc::clone(&stores.revocations),
        index,
        cache: Arc::clone(&stores.cache),
        limiter: Arc::clone(&stores.limiter),
        limits: settings.limits.quotas.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(TimeOrderedIds),
        model: model.transpose()?,
        questions: assistant.questions,
        assistant_events: Arc::new(CountedEvents::new(metrics.clone())),
        probes: stores.probes.clone(),
        tasks: task_dependencies(settings, stores, metrics)?,
    }))
}

/// Tokens of agents may also be signed with the secret that is shared with the Command Center.
fn verifier(settings: &Settings) -> Verifier {
    Verifier::new(settings.tokens.clone(), &settings.token_keys)
        .with_agents_key(settings.agents.shared_key.as_ref())
}

fn task_dependencies(
    settings: &Settings,
    stores: &Stores,
    metrics: Metrics,
) -> Result<TaskDependencies, StartError> {
    let agents = &settings.agents;
    let center = agents.center.as_ref();
    let center = center.map(|center| HttpCommandCenter::new(center, Arc::new(SystemClock)));
    let center = center.transpose()?;
    Ok(TaskDependencies {
        store: Arc::clone(&stores.tasks),
        outbox: Arc::clone(&stores.outbox),
        guard: Arc::clone(&stores.guard),
        center: center.map(|center| Arc::new(center) as Arc<dyn CommandCenter>),
        observer: Arc::new(CountedTasks(metrics)),
        settings: TaskSettings {
            // Another process may have the same settings, and this one may be started again.
            agent_id: format!("{}-{}", agents.agent_id, uuid::Uuid::now_v7().simple()),
            version: settings.version.clone(),
            at_once: agents.workers,
            kept_for: agents.kept_for,
        },
    })
}

fn model_of(connection: &ModelConnection, stores: &Stores) -> Result<Model, StartError> {
    let model = OpenAiModel::new(connection.connection.clone())?;
    Ok(Model {
        model: Arc::new(model),
        spend: Arc::clone(&stores.spend),
        settings: connection.use_of.clone(),
    })
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

/// Who works at tasks of agents, and who tells others about it.
struct Agents {
    workers: Arc<TaskWorkers>,
    couriers: Arc<Couriers>,
    presence: Option<Arc<Presence>>,
}

impl Agents {
    fn of(application: &Application, state: ApiState) -> Self {
        let tasks = &application.tasks;
        Self {
            workers: tasks.workers(Arc::new(AgentActions::new(state))),
            couriers: tasks.couriers(),
            presence: tasks.presence(&application.readiness),
        }
    }

    fn run(self, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        tasks.spawn(self.workers.run(stop.clone()));
        tasks.spawn(Arc::clone(&self.couriers).run(stop.clone()));
        tasks.spawn(self.couriers.forget(stop.clone()));
        if let Some(presence) = self.presence {
            tasks.spawn(Arc::clone(&presence).announce(stop.clone()));
            tasks.spawn(presence.tell(stop.clone()));
        }
    }
}

/// What goes on beside the requests, once the store is there, until `stop` turns true.
async fn work(
    opening: Opening,
    opened: Option<Opened>,
    agents: Agents,
    index: Arc<InProcessIndex>,
    file: IndexFile,
    stop: watch::Receiver<bool>,
) {
    let opened = match opened {
        Some(opened) => opened,
        None => match opening.keep_trying(stop.clone()).await {
            Some(opened) => opened,
            None => return,
        },
    };
    let application = &opening.application;
    let mut tasks = JoinSet::new();
    let periods = FollowPeriods {
        poll: opening.settings.follow_interval,
        reconcile: RECONCILE_PERIOD,
    };
    let follower = Arc::clone(&application.follower);
    tasks.spawn(follower.follow(periods, opening.stores.wakeups(), stop.clone()));
    tasks.spawn(Arc::clone(&application.popularity).run(POPULARITY_PERIOD, stop.clone()));
    tasks.spawn(Arc::clone(&application.trends).run(TRENDS_PERIOD, stop.clone()));
    agents.run(&mut tasks, &stop);
    tasks.spawn(file.keep(opened.catalogue, index, opened.kept, stop));
    while tasks.join_next().await.is_some() {}
}

fn api_settings(settings: &Settings) -> ApiSettings {
    ApiSettings {
        version: settings.version.clone(),
        allowed_hosts: settings.allowed_hosts.clone(),
        cors_origins: settings.cors_origins.clone(),
        trusted_proxies: settings.limits.trusted_proxies.clone(),
        request_timeout: settings.request_timeout,
        ai_fallback: settings.assistant.fallback,
        ..ApiSettings::default()
    }
}

/// Sets what is not counted by events.
async fn gauges(
    application: Arc<Application>,
    stores: Stores,
    metrics: Metrics,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let stats = application.readiness.index();
        metrics.set_index(stats.scholarships, stats.segments);
        metrics.set_index_lag(application.follower.lag());
        metrics.set_index_healed(application.follower.healed());
        metrics.set_change_feed_held_back(stores.held_back());
        metrics.set_model_breaker(application.assistant.is_left_alone());
        if tokio::time::timeout(GAUGES_PERIOD, stop.wait_for(|stopped| *stopped))
            .await
            .is_ok()
        {
            return;
        }
    }
}
