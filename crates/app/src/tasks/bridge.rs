//! What taking in, working, telling and showing presence share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use chrono::TimeDelta;
use domain::task::PlainText;
use ports::{Clock, CommandCenter, ReplayGuard, TaskOutbox, TaskStore};
use tokio::sync::Notify;

use super::allowance::{Allowance, TaskLimits};
use super::events::{AgentEvents, TaskObserver};

/// What tasks need of the world beside what all use cases need.
#[derive(Clone)]
pub struct TaskDependencies {
    pub store: Arc<dyn TaskStore>,
    pub outbox: Arc<dyn TaskOutbox>,
    pub guard: Arc<dyn ReplayGuard>,
    /// `None`: nobody can be told anything, and only tasks without `reply_to` are taken in.
    pub center: Option<Arc<dyn CommandCenter>>,
    pub observer: Arc<dyn TaskObserver>,
    pub settings: TaskSettings,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSettings {
    /// Names this process; no other may have it. At most 100 bytes.
    pub agent_id: String,
    pub version: String,
    /// Tasks that this process works at at once.
    pub at_once: usize,
    /// How long a task is kept after its end, with what was sent and answered.
    pub kept_for: TimeDelta,
    pub limits: TaskLimits,
}

pub(super) struct Bridge {
    pub(super) store: Arc<dyn TaskStore>,
    pub(super) outbox: Arc<dyn TaskOutbox>,
    pub(super) guard: Arc<dyn ReplayGuard>,
    pub(super) center: Option<Arc<dyn CommandCenter>>,
    pub(super) observer: Arc<dyn TaskObserver>,
    pub(super) settings: TaskSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: AgentEvents,
    pub(super) allowance: Allowance,
    /// Work may have come, or a notice to deliver.
    pub(super) news: Notify,
    /// Numbers the leases of this process.
    leases: AtomicU64,
    /// Tasks that are worked at.
    pub(super) busy: AtomicUsize,
    /// The Command Center answered lately.
    pub(super) is_center_up: AtomicBool,
}

impl Bridge {
    pub(super) fn new(dependencies: TaskDependencies, clock: Arc<dyn Clock>) -> Self {
        let TaskDependencies {
            store,
            outbox,
            guard,
            center,
            observer,
            settings,
        } = dependencies;
        let events = AgentEvents::new(
            center.is_some(),
            settings.agent_id.clone(),
            Arc::clone(&clock),
            Arc::clone(&observer),
        );
        Self {
            store,
            outbox,
            guard,
            center,
            observer,
            allowance: Allowance::new(settings.limits),
            settings,
            clock,
            events,
            news: Notify::new(),
            leases: AtomicU64::new(0),
            busy: AtomicUsize::new(0),
            is_center_up: AtomicBool::new(false),
        }
    }

    /// A name for the holder of one lease: what a late attempt says must not be taken for what a newer one of the same
    /// process says.
    pub(super) fn new_worker(&self) -> PlainText<128> {
        let number = self.leases.fetch_add(1, Ordering::Relaxed);
        PlainText::lossy(&format!("{}.{number}", self.settings.agent_id))
    }
}
