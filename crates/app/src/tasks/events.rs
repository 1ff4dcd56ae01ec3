//! What the Command Center hears of this process beside notices: a bounded queue of events that may be lost with the process.
//! What must not be lost, the notices of tasks, is in the store.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::task::TaskSpec;
use ports::{AgentEvent, AgentEventKind, Clock};
use tokio::sync::Notify;

/// Events that wait; the oldest go first when more come.
const MOST_WAITING: usize = 10_000;

/// What is counted about tasks; the application does not know how.
pub trait TaskObserver: Send + Sync {
    fn task_received(&self);
    /// An attempt ended: `succeeded`, `failed`, `retry`, `dead`, `released` or `abandoned`.
    fn attempt_ended(&self, outcome: &'static str, took: Duration);
    /// A request to the Command Center ended.
    fn center_called(&self, is_success: bool);
    /// An attempt at delivering a notice ended.
    fn notice_sent(&self, is_success: bool);
    /// A notice was given up.
    fn notice_buried(&self);
    /// Events were dropped because too many wait.
    fn events_dropped(&self, count: u64);
}

pub(super) struct AgentEvents {
    /// `None`: nobody listens, and nothing is kept.
    queue: Option<Mutex<VecDeque<AgentEvent>>>,
    pub(super) news: Notify,
    agent_id: String,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn TaskObserver>,
    /// Numbers the events of this process.
    count: AtomicU64,
}

impl AgentEvents {
    /// Keeps events for the Command Center when there `is_listener`.
    pub(super) fn new(
        is_listener: bool,
        agent_id: String,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn TaskObserver>,
    ) -> Self {
        Self {
            queue: is_listener.then(Mutex::default),
            news: Notify::new(),
            agent_id,
            clock,
            count: AtomicU64::new(0),
            observer,
        }
    }

    pub(super) fn about(&self, spec: &TaskSpec, kind: AgentEventKind) -> AgentEvent {
        AgentEvent {
            task_id: Some(spec.id.clone()),
            action: Some(spec.action),
            trace_id: spec.trace_id.clone(),
            ..self.event(kind)
        }
    }

    /// An event about no task.
    fn event(&self, kind: AgentEventKind) -> AgentEvent {
        AgentEvent {
            id: format!(
                "{}.{}",
                self.agent_id,
                self.count.fetch_add(1, Ordering::Relaxed)
            ),
            kind,
            at: self.clock.now(),
            agent_id: self.agent_id.clone(),
            task_id: None,
            action: None,
            trace_id: None,
            error_code: None,
            execution_ms: None,
            results: None,
        }
    }

    /// A search was answered, by whichever way it came.
    pub(super) fn search_executed(&self, results: u64) {
        if self.queue.is_some() {
            self.add(AgentEvent {
                results: Some(results),
                ..self.event(AgentEventKind::SearchExecuted)
            });
        }
    }

    /// A request failed for a reason that is ours.
    pub(super) fn error_occurred(&self, code: &str) {
        if self.queue.is_some() {
            self.add(AgentEvent {
                error_code: Some(code.to_owned()),
                ..self.event(AgentEventKind::ErrorOccurred)
            });
        }
    }

    pub(super) fn add(&self, event: AgentEvent) {
        let Some(queue) = &self.queue else {
            return;
        };
        let is_full = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let is_full = queue.len() >= MOST_WAITING;
            if is_full {
                queue.pop_front();
            }
            queue.push_back(event);
            is_full
        };
        if is_full {
            self.observer.events_dropped(1);
        }
        self.news.notify_one();
    }

    /// The oldest events, at most `limit`.
    pub(super) fn take(&self, limit: usize) -> Vec<AgentEvent> {
        let Some(queue) = &self.queue else {
            return Vec::new();
        };
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let count = queue.len().min(limit);
        queue.drain(..count).collect()
    }

    /// Whoever sends events hears of it when some wait.
    pub(super) fn note_waiting(&self) {
        let is_empty = self.queue.as_ref().is_none_or(|queue| {
            let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.is_empty()
        });
        if !is_empty {
            self.news.notify_one();
        }
    }

    /// Events that were taken and could not be sent, as far as there is room.
    pub(super) fn put_back(&self, events: Vec<AgentEvent>) {
        let Some(queue) = &self.queue else {
            return;
        };
        let dropped = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_WAITING.saturating_sub(queue.len());
            let dropped = events.len().saturating_sub(room);
            for event in events.into_iter().skip(dropped).rev() {
                queue.push_front(event);
            }
            dropped
        };
        if dropped > 0 {
            self.observer.events_dropped(dropped as u64);
        }
    }
}
