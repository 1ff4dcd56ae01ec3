//! All of a server but its listeners: use cases over opened stores, with an index in step, and the work beside them.

use std::sync::Arc;
use std::time::Duration;

use adapter_command_center::HttpCommandCenter;
use adapter_openai::OpenAiModel;
use adapter_search::InProcessIndex;
use app::assistant::Model;
use app::follower::FollowPeriods;
use app::tasks::{Couriers, Presence, TaskDependencies, TaskSettings, TaskWorkers};
use app::{Application, Dependencies};
use auth::Verifier;
use http_api::{AgentActions, ApiSettings, ApiState};
use ports::{CommandCenter, SearchIndex as _};
use telemetry::Metrics;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::assistant_events::CountedEvents;
use crate::database_observer::CountedQueries;
use crate::gauges::Gauges;
use crate::index_file::IndexFile;
use crate::opening::{self, Opened, Opening};
use crate::settings::{ModelConnection, Settings};
use crate::startup::StartError;
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

/// What a process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Listens, works at tasks of agents, and waits for a store that is away.
    Server,
    /// Serves tools to the one caller who started it, and does nothing of that.
    Tools,
}

pub(crate) struct Engine {
    pub(crate) state: ApiState,
    /// Scholarships in the catalogue at the start.
    pub(crate) scholarships: u64,
    /// The store is away, and waited for.
    pub(crate) is_waiting: bool,
    background: JoinSet<()>,
    stop: watch::Sender<bool>,
    /// Of the work at tasks, which stops before all else.
    stop_agents: watch::Sender<bool>,
    stores: Stores,
}

impl Engine {
    /// Opens the stores, fills or restores the index, and keeps it in step.
    ///
    /// # Errors
    /// [`StartError`]; nothing of it stays behind.
    pub(crate) async fn start(settings: &Settings, purpose: Purpose) -> Result<Self, StartError> {
        let stores = Stores::open(settings).await?;
        if purpose == Purpose::Tools {
            stores.verify().await?;
        }
        let index_file = IndexFile::at(&settings.index_file);
        let prepared = opening::prepare(settings, &stores, &index_file).await?;
        let index = Arc::clone(&prepared.index);
        let metrics = metrics(settings, &stores, purpose);
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
        let (stop, stopped) = watch::channel(false);
        let (stop_agents, agents_stopped) = watch::channel(false);
        let mut background = JoinSet::new();
        let readiness = Arc::clone(&application.readiness);
        background.spawn(readiness.watch(PROBES_PERIOD, stopped.clone()));
        let revocations = Arc::clone(&application.revocations);
        background.spawn(revocations.run(REVOCATIONS_PERIOD, stopped.clone()));
        if metrics.are_on() {
            let (application, settings) = (Arc::clone(&application), settings.metrics.clone());
            let gauges = Gauges::new(application, stores.clone(), metrics, settings);
            gauges.watch(&mut background, &stopped);
        }
        let agents = (purpose == Purpose::Server)
            .then(|| Agents::of(&application, state.clone(), agents_stopped));
        background.spawn(work(opening, opened, agents, index, index_file, stopped));
        Ok(Self {
            state,
            scholarships,
            is_waiting,
            background,
            stop,
            stop_agents,
            stores,
        })
    }

    /// Runs further work, which must end once what it is given turns true.
    pub(crate) fn beside<W>(&mut self, work: impl FnOnce(watch::Receiver<bool>) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        self.background.spawn(work(self.stop.subscribe()));
    }

    /// Takes up no more tasks, and gives back those that are worked at, while requests are still answered.
    pub(crate) fn stop_agents(&self) {
        let _ = self.stop_agents.send(true);
    }

    /// Stops the work beside, writes what is still counted and the index, and closes the store.
    pub(crate) async fn stop(mut self) {
        self.stop_agents();
        let _ = self.stop.send(true);
        while self.background.join_next().await.is_some() {}
        self.stores.close().await;
    }
}

/// With what the stores tell, and this runtime. Who does nothing but serve tools has no listener to show them on.
fn metrics(settings: &Settings, stores: &Stores, purpose: Purpose) -> Metrics {
    if !settings.metrics.enabled || purpose == Purpose::Tools {
        return Metrics::off();
    }
    let metrics = Metrics::new(&settings.version, http_api::routes());
    metrics.watch_this_runtime("main");
    stores.observe(|| Arc::new(CountedQueries::new(metrics.clone())));
    metrics
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
            limits: agents.limits,
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

/// Who works at tasks of agents, and who tells others about it.
struct Agents {
    workers: Arc<TaskWorkers>,
    couriers: Arc<Couriers>,
    presence: Option<Arc<Presence>>,
    stop: watch::Receiver<bool>,
}

impl Agents {
    fn of(application: &Application, state: ApiState, stop: watch::Receiver<bool>) -> Self {
        let tasks = &application.tasks;
        Self {
            workers: tasks.workers(Arc::new(AgentActions::new(state))),
            couriers: tasks.couriers(),
            presence: tasks.presence(&application.readiness),
            stop,
        }
    }

    fn run(self, tasks: &mut JoinSet<()>) {
        let stop = self.stop;
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
    agents: Option<Agents>,
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
    if let Some(agents) = agents {
        agents.run(&mut tasks);
    }
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
