//! Tasks over a store in memory, a runner and a Command Center that do what the test says; time is virtual.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapter_memory::MemoryReplayGuard;
use app::tasks::{
    SubmitError, TaskDependencies, TaskFailure, TaskLimits, TaskObserver, TaskRunner, TaskSettings,
    Tasks, TokenUse,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::Timestamp;
use domain::task::{
    NoticeKind, PlainText, TaskAction, TaskError, TaskId, TaskPayload, TaskResources, TaskResult,
    TaskSpec, TaskState,
};
use ports::{
    AgentEvent, AgentEventKind, AgentStatus, Clock, CommandCenter, CommandCenterError, Delivery,
    Heartbeat, Registration, TaskStore as _,
};
use testkit::{MemoryTaskStore, instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) const CENTER: &str = "https://center.example/tasks/callback";

/// Follows the runtime's virtual time.
pub(crate) struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let passed = TimeDelta::from_std(self.0.elapsed()).expect("a short test");
        instant("2026-11-26T12:00:00Z") + passed
    }
}

/// What the runner does with an attempt.
#[derive(Clone)]
pub(crate) enum Act {
    Succeed,
    FailForGood,
    FailForNow,
    Take(Duration),
    Panic,
}

/// Does what the script says of a task, and succeeds when that has ended.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) acts: Mutex<HashMap<String, VecDeque<Act>>>,
    pub(crate) runs: Mutex<Vec<String>>,
}

#[async_trait]
impl TaskRunner for Scripted {
    async fn run(&self, spec: &TaskSpec) -> Result<TaskResult, TaskFailure> {
        let id = spec.id.to_string();
        let act = {
            let mut acts = self.acts.lock().expect("sound");
            acts.get_mut(&id).and_then(VecDeque::pop_front)
        };
        self.runs.lock().expect("sound").push(id.clone());
        let error = || TaskError::new("BROKEN", "it broke");
        match act.unwrap_or(Act::Succeed) {
            Act::Succeed => {}
            Act::FailForGood => return Err(TaskFailure::Lasting(error())),
            Act::FailForNow => return Err(TaskFailure::Passing(error())),
            Act::Take(time) => tokio::time::sleep(time).await,
            Act::Panic => panic!("a task that panics"),
        }
        Ok(TaskResult::parse(format!("\"{id}\"")).expect("JSON"))
    }
}

/// Records what it is told, unless it is down.
#[derive(Default)]
pub(crate) struct Center {
    pub(crate) is_down: AtomicBool,
    /// Never answers.
    pub(crate) is_silent: AtomicBool,
    /// What is refused, with 422.
    pub(crate) refused: Mutex<Option<NoticeKind>>,
    /// Its origin is not configured, for now.
    pub(crate) is_elsewhere: AtomicBool,
    /// Answers registrations with 409.
    pub(crate) is_acquainted: AtomicBool,
    pub(crate) told: Mutex<Vec<Delivery>>,
    pub(crate) tries: Mutex<Vec<Timestamp>>,
    pub(crate) registrations: Mutex<Vec<String>>,
    pub(crate) heartbeats: Mutex<Vec<AgentStatus>>,
    pub(crate) events: Mutex<Vec<AgentEvent>>,
    /// What it takes to hear of events, and whether they are refused, with 422.
    pub(crate) event_delay: Mutex<Duration>,
    pub(crate) refuses_events: AtomicBool,
}

impl Center {
    fn check(&self) -> Result<(), CommandCenterError> {
        if self.is_down.load(Ordering::SeqCst) {
            let retry_after = None;
            return Err(CommandCenterError::Failed {
                status: 503,
                retry_after,
            });
        }
        Ok(())
    }

    pub(crate) fn kinds(&self, task: &str) -> Vec<NoticeKind> {
        let told = self.told.lock().expect("sound");
        let of_task = told.iter().filter(|one| one.key.task.as_str() == task);
        of_task.map(|one| one.kind).collect()
    }

    pub(crate) fn event_kinds(&self) -> Vec<AgentEventKind> {
        let events = self.events.lock().expect("sound");
        events.iter().map(|event| event.kind).collect()
    }
}

#[async_trait]
impl CommandCenter for Center {
    fn accepts(&self, reply_to: &str) -> bool {
        reply_to == CENTER
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), CommandCenterError> {
        self.tries.lock().expect("sound").push(delivery.at);
        if self.is_silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_elsewhere.load(Ordering::SeqCst) {
            return Err(CommandCenterError::NotAllowed);
        }
        if *self.refused.lock().expect("sound") == Some(delivery.kind) {
            return Err(CommandCenterError::Refused { status: 422 });
        }
        self.check()?;
        self.told.lock().expect("sound").push(delivery.clone());
        Ok(())
    }

    async fn register(&self, registration: &Registration) -> Result<(), CommandCenterError> {
        self.check()?;
        let mut registrations = self.registrations.lock().expect("sound");
        registrations.push(registration.agent_id.clone());
        if self.is_acquainted.load(Ordering::SeqCst) {
            let retry_after = None;
            return Err(CommandCenterError::Failed {
                status: 409,
                retry_after,
            });
        }
        Ok(())
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CommandCenterError> {
        self.check()?;
        if self.is_silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.heartbeats
            .lock()
            .expect("sound")
            .push(heartbeat.status);
        Ok(())
    }

    async fn send_events(&self, events: &[AgentEvent]) -> Result<(), CommandCenterError> {
        self.check()?;
        let delay = *self.event_delay.lock().expect("sound");
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if self.refuses_events.load(Ordering::SeqCst) {
            return Err(CommandCenterError::Refused { status: 422 });
        }
        self.events
            .lock()
            .expect("sound")
            .extend(events.iter().cloned());
        Ok(())
    }
}

/// How attempts and deliveries ended, and how many notices were given up.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) outcomes: Mutex<Vec<&'static str>>,
    pub(crate) deliveries: Mutex<Vec<bool>>,
    pub(crate) buried: Mutex<u32>,
}

impl TaskObserver for Counted {
    fn task_received(&self) {}

    fn attempt_ended(&self, outcome: &'static str, _: Duration) {
        self.outcomes.lock().expect("sound").push(outcome);
    }

    fn center_called(&self, _: bool) {}

    fn notice_sent(&self, is_success: bool) {
        self.deliveries.lock().expect("sound").push(is_success);
    }

    fn notice_buried(&self) {
        *self.buried.lock().expect("sound") += 1;
    }

    fn events_dropped(&self, _: u64) {}
}

pub(crate) struct Setting {
    pub(crate) tasks: Tasks,
    pub(crate) store: MemoryTaskStore,
    pub(crate) runner: Arc<Scripted>,
    pub(crate) center: Arc<Center>,
    pub(crate) counted: Arc<Counted>,
    pub(crate) clock: Arc<VirtualClock>,
}

/// One process's work; ends with [`Running::stop`].
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    pub(crate) async fn stop(mut self) {
        self.stop.send(true).expect("it runs");
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self::beside(MemoryTaskStore::default(), "agent-1")
    }

    /// One more process over a store.
    pub(crate) fn beside(store: MemoryTaskStore, agent_id: &str) -> Self {
        let clock = Arc::new(VirtualClock(Instant::now()));
        let center = Arc::new(Center::default());
        let counted = Arc::new(Counted::default());
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let dependencies = TaskDependencies {
            store: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            guard: Arc::new(MemoryReplayGuard::new(Arc::clone(&shared), 1_000)),
            center: Some(Arc::clone(&center) as Arc<dyn CommandCenter>),
            observer: Arc::clone(&counted) as Arc<dyn TaskObserver>,
            settings: TaskSettings {
                agent_id: agent_id.to_owned(),
                version: "1.2.3".to_owned(),
                at_once: 2,
                kept_for: TimeDelta::days(7),
                limits: TaskLimits {
                    per_owner: 20,
                    in_all: 25,
                },
            },
        };
        Self {
            tasks: Tasks::new(dependencies, shared),
            store,
            runner: Arc::default(),
            center,
            counted,
            clock,
        }
    }

    /// Works and tells, until it is stopped.
    pub(crate) fn run(&self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let runner = Arc::clone(&self.runner) as Arc<dyn TaskRunner>;
        tasks.spawn(self.tasks.workers(runner).run(stopped.clone()));
        let couriers = self.tasks.couriers();
        tasks.spawn(Arc::clone(&couriers).run(stopped.clone()));
        tasks.spawn(couriers.forget(stopped));
        Running { stop, tasks }
    }

    pub(crate) fn script(&self, id: &str, acts: &[Act]) {
        let acts = acts.iter().cloned().collect();
        let mut scripts = self.runner.acts.lock().expect("sound");
        scripts.insert(id.to_owned(), acts);
    }

    /// Submits with a token of its own.
    pub(crate) async fn submit(&self, spec: TaskSpec) {
        let token = spec.id.to_string();
        let submitted = self.submit_with(&token, spec, b"body").await;
        submitted.expect("is taken in");
    }

    pub(crate) async fn submit_with(
        &self,
        token: &str,
        spec: TaskSpec,
        body: &[u8],
    ) -> Result<(), SubmitError> {
        let token = TokenUse {
            id: token,
            refused_from: self.clock.now() + TimeDelta::minutes(10),
        };
        self.tasks.submit(spec, body, token).await
    }

    pub(crate) async fn state(&self, id: &str) -> TaskState {
        let id = TaskId::parse(id).expect("an id");
        let task = self.store.get(&id).await.expect("answers");
        task.expect("it is there").progress.state
    }
}

/// A task that may be tried three times, for five seconds each.
pub(crate) fn spec(id: &str) -> TaskSpec {
    TaskSpec {
        id: TaskId::parse(id).expect("an id"),
        action: TaskAction::Search,
        payload: TaskPayload::parse("{}").expect("JSON"),
        reply_to: Some(PlainText::parse(CENTER).expect("fits")),
        trace_id: None,
        owner: PlainText::lossy("owner"),
        requested_by: PlainText::lossy("planner"),
        resources: TaskResources::new(5, 5_000, 2).expect("fits"),
    }
}
