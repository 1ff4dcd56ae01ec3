//! Work at tasks: as many at once as were allowed, each under a lease that is renewed while it goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::task::{
    Backoff, Lease, Outcome, PlainText, Task, TaskError, TaskResult, TaskSpec, TaskState,
};
use domain::vocabulary::Term as _;
use ports::{AgentEvent, AgentEventKind, TaskStoreError};
use rand::Rng as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::bridge::Bridge;

/// How long a lease lasts: a task whose worker was killed waits no longer.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(10);
/// How long places that become free are gathered: a claim costs about as much for one task as for many.
const GATHERING: Duration = Duration::from_millis(2);
/// How often the store is asked for work that others took in.
const POLL: Duration = Duration::from_millis(500);
/// After a store that did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts at one task.
const ATTEMPTS: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
};
/// How long a process that stops waits for the store: whoever comes after takes its tasks up when their leases end.
const PARTING: Duration = Duration::from_secs(3);
/// Tries to say what became of a task, before its lease runs out and somebody else does it again.
const SAYINGS: u32 = 10;

/// Does what a task asks for.
#[async_trait]
pub trait TaskRunner: Send + Sync {
    /// # Errors
    /// [`TaskFailure`].
    async fn run(&self, spec: &TaskSpec) -> Result<TaskResult, TaskFailure>;
}

/// Why an attempt did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskFailure {
    /// It would fail again.
    Lasting(TaskError),
    /// It may succeed later.
    Passing(TaskError),
}

/// How busy this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Tasks that can be worked at once.
    pub workers: usize,
    /// Tasks that are.
    pub busy: usize,
}

pub struct TaskWorkers {
    bridge: Arc<Bridge>,
    runner: Arc<dyn TaskRunner>,
    places: Arc<Semaphore>,
}

impl TaskWorkers {
    pub(super) fn new(bridge: Arc<Bridge>, runner: Arc<dyn TaskRunner>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(bridge.settings.at_once)),
            bridge,
            runner,
        }
    }

    /// Works until `stop` turns true; then what is under way is given back, and somebody else does it.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut working = JoinSet::new();
        let mut unanswered = None;
        loop {
            while working.try_join_next().is_some() {}
            let place = tokio::select! {
                // First of all: what was just given back is for others.
                biased;
                _ = stop.wait_for(|stopped| *stopped) => None,
                place = Arc::clone(&self.places).acquire_owned() => place.ok(),
            };
            let Some(place) = place else {
                break;
            };
            sleep(GATHERING).await;
            // Work that comes from here on is heard of.
            let news = self.bridge.news.notified();
            let pause = self
                .take_up(place, &mut unanswered, &mut working, &stop)
                .await;
            if pause.is_zero() {
                continue;
            }
            // Replicas that poll in step would find the same.
            let share = rand::rng().random_range(0.5..1.0);
            tokio::select! {
                _ = timeout(pause.mul_f64(share), news) => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        let given_back = async { while working.join_next().await.is_some() {} };
        if timeout(PARTING, given_back).await.is_err() {
            tracing::warn!(
                "tasks could not be given back; others take them up when their leases end"
            );
        }
    }

    /// Claims for every free place and begins; answers how long to wait for more. `unanswered` is the name of a claim whose
    /// answer was lost: the store may have lent something to it.
    async fn take_up(
        self: &Arc<Self>,
        first: OwnedSemaphorePermit,
        unanswered: &mut Option<PlainText<128>>,
        working: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) -> Duration {
        let mut free = vec![first];
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            free.push(place);
        }
        let wanted = free.len();
        let claimed = match self.claim(wanted, unanswered).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "tasks cannot be taken up now"
                );
                return STORE_PAUSE;
            }
        };
        if let [task] = &claimed[..]
            && task.progress.is_suspect()
        {
            // Whatever else this process began now would go down with it.
            self.begin(task.clone(), free, working, stop);
            return Duration::ZERO;
        }
        let is_more = claimed.len() == wanted;
        for (task, place) in claimed.into_iter().zip(free) {
            self.begin(task, vec![place], working, stop);
        }
        if is_more { Duration::ZERO } else { POLL }
    }

    async fn claim(
        &self,
        wanted: usize,
        unanswered: &mut Option<PlainText<128>>,
    ) -> Result<Vec<Task>, TaskStoreError> {
        let now = self.bridge.clock.now();
        let lease = |worker| Lease {
            worker,
            until: now + LEASE,
        };
        if let Some(worker) = unanswered.clone() {
            let held = self.bridge.store.held(lease(worker)).await?;
            *unanswered = None;
            if !held.is_empty() {
                return Ok(held);
            }
        }
        let worker = self.bridge.new_worker();
        let claiming = self.bridge.store.claim(lease(worker.clone()), wanted, now);
        let claimed = claiming.await;
        if claimed.is_err() {
            *unanswered = Some(worker);
        }
        claimed
    }

    /// `places` are taken until the work ends.
    fn begin(
        self: &Arc<Self>,
        task: Task,
        places: Vec<OwnedSemaphorePermit>,
        working: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) {
        let (workers, stop) = (Arc::clone(self), stop.clone());
        working.spawn(async move {
            // Both are given back also when the work panics.
            let _places = places;
            let _busy = Busy::one_more(&workers.bridge.busy);
            let span = span_of(&task);
            workers.work(&task, stop).instrument(span).await;
        });
    }

    async fn work(&self, task: &Task, mut stop: watch::Receiver<bool>) {
        let begun = Instant::now();
        self.say(&task.spec, AgentEventKind::TaskStarted, |_| {});
        // Its sender is told that it was begun.
        self.bridge.news.notify_waiters();
        let allowed = Duration::from_millis(task.spec.resources.timeout_ms().into());
        let outcome = tokio::select! {
            biased;
            ran = timeout(allowed, self.runner.run(&task.spec)) => self.outcome(task, ran.ok()),
            () = self.hold(task) => {
                self.bridge.observer.attempt_ended("abandoned", begun.elapsed());
                return;
            }
            _ = stop.wait_for(|stopped| *stopped) => Outcome::Released,
        };
        self.finish(task, outcome, begun).await;
    }

    /// Renews the lease; ends when that is lost.
    async fn hold(&self, task: &Task) {
        loop {
            sleep(RENEWAL).await;
            let lease = Lease {
                worker: worker_of(task),
                until: self.bridge.clock.now() + LEASE,
            };
            match self.bridge.store.renew(&task.spec.id, lease).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the lease of a task could not be renewed"
                ),
            }
        }
    }

    /// `None` when it took longer than its sender allowed.
    fn outcome(&self, task: &Task, ran: Option<Result<TaskResult, TaskFailure>>) -> Outcome {
        let error = match ran {
            Some(Ok(result)) => return Outcome::Succeeded(result),
            Some(Err(TaskFailure::Lasting(error))) => return Outcome::Failed(error),
            Some(Err(TaskFailure::Passing(error))) => error,
            None => {
                let message = format!(
                    "the task took longer than its timeout_ms of {}",
                    task.spec.resources.timeout_ms()
                );
                TaskError::new("TIMEOUT", &message)
            }
        };
        let wait = ATTEMPTS.wait(task.progress.attempts, rand::rng().random());
        Outcome::Retry {
            at: self.bridge.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX),
            error,
        }
    }

    async fn finish(&self, task: &Task, outcome: Outcome, begun: Instant) {
        for saying in 1..=SAYINGS {
            let now = self.bridge.clock.now();
            let worker = worker_of(task);
            let finishing =
                self.bridge
                    .store
                    .finish(&task.spec.id, worker.as_str(), outcome.clone(), now);
            match finishing.await {
                Ok(Some(state)) => return self.ended(task, &outcome, state, begun),
                Ok(None) => {
                    self.bridge
                        .observer
                        .attempt_ended("abandoned", begun.elapsed());
                    return;
                }
                Err(error) if saying == SAYINGS => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what became of a task cannot be said; it will be done again"
                ),
                Err(_) => sleep(STORE_PAUSE).await,
            }
        }
    }

    fn ended(&self, task: &Task, outcome: &Outcome, state: TaskState, begun: Instant) {
        let took = begun.elapsed();
        let name = match (state, outcome) {
            (TaskState::Queued, Outcome::Released) => "released",
            (TaskState::Queued, _) => "retry",
            (TaskState::Succeeded, _) => "succeeded",
            (TaskState::Dead, _) => "dead",
            _ => "failed",
        };
        self.bridge.observer.attempt_ended(name, took);
        let span = Span::current();
        span.record("agent.task.outcome", name);
        if let Outcome::Failed(error) | Outcome::Retry { error, .. } = outcome {
            span.record("error.type", error.code.as_str());
            span.record("otel.status_code", "ERROR");
        }
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Outcome::Succeeded(_) => self.say(&task.spec, AgentEventKind::TaskCompleted, |event| {
                event.execution_ms = Some(took);
            }),
            Outcome::Failed(error) | Outcome::Retry { error, .. } if state.is_finished() => {
                self.say(&task.spec, AgentEventKind::TaskFailed, |event| {
                    event.execution_ms = Some(took);
                    event.error_code = Some(error.code.to_string());
                });
            }
            _ => {}
        }
        self.bridge.news.notify_waiters();
    }

    fn say(&self, spec: &TaskSpec, kind: AgentEventKind, fill: impl FnOnce(&mut AgentEvent)) {
        let mut event = self.bridge.events.about(spec, kind);
        fill(&mut event);
        self.bridge.events.add(event);
    }
}

/// An attempt as a trace of its own: the request that brought the task may have ended days ago. Both name the task.
fn span_of(task: &Task) -> Span {
    let action = task.spec.action.code();
    tracing::info_span!(
        target: "otel",
        "task",
        otel.name = action,
        otel.kind = "consumer",
        otel.status_code = Empty,
        agent.task.id = task.spec.id.as_str(),
        agent.task.action = action,
        agent.task.attempt = task.progress.attempts,
        agent.task.trace_id = trace_of_sender(&task.spec),
        agent.task.outcome = Empty,
        "error.type" = Empty,
    )
}

/// The trace that its sender named, if that is one: other words may be anything.
fn trace_of_sender(spec: &TaskSpec) -> Option<&str> {
    let id = spec.trace_id.as_ref()?.as_str();
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (id.len() == 32 && id.bytes().all(is_digit)).then_some(id)
}

/// Under which name this attempt has the task: no other attempt has it.
fn worker_of(task: &Task) -> PlainText<128> {
    let lease = task.progress.lease.as_ref();
    lease.map_or_else(|| PlainText::lossy("nobody"), |lease| lease.worker.clone())
}

/// Counts as work until it is dropped.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
