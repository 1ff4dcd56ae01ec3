//! The store as one value: the pool, the writes that callers share, and the wake-ups.

use std::sync::Arc;

use domain::task::TaskState;
use ports::{Claim, DatabaseObserver, Enqueued};
use tokio::sync::watch;

use crate::connecting::Connector;
use crate::connections::Connections;
use crate::grouping::Group;
use crate::interactions::recording::{BATCHES, Batch};
use crate::replay_guard::{BINDINGS, Binding};
use crate::tasks::{ARRIVALS, Arrival, ENDINGS, Ending};
use crate::{OpenError, PoolMode, PostgresSettings, own_session, wakeups};

/// Catalogue, change log, interactions and counts in Postgres. Clones share it.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) connections: Arc<Connections>,
    /// Writes of which there are many at once.
    pub(crate) appended: Group<Batch, Vec<bool>>,
    pub(crate) bound_tokens: Group<Binding, Claim>,
    pub(crate) arrived_tasks: Group<Arrival, Enqueued>,
    pub(crate) ended_attempts: Group<Ending, Option<TaskState>>,
    pub(crate) connector: Arc<Connector>,
    pool_mode: PoolMode,
}

/// How many connections of the pool are lent, and how many it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    pub active: u32,
    pub max: u32,
}

impl PostgresStore {
    /// Sets the store up inside a Tokio runtime. It connects when it is first used, so that Postgres may be away now, and
    /// expects the schema that [`migrations`](crate::migrations) makes.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the settings.
    pub fn open(settings: &PostgresSettings) -> Result<Self, OpenError> {
        let connector = Arc::new(Connector::new(settings)?);
        let connections = Arc::new(Connections::new(settings, &connector)?);
        let waiting = settings.append_queue;
        Ok(Self {
            appended: Group::start(&connections, waiting, BATCHES),
            bound_tokens: Group::start(&connections, waiting, BINDINGS),
            arrived_tasks: Group::start(&connections, waiting, ARRIVALS),
            ended_attempts: Group::start(&connections, waiting, ENDINGS),
            connections,
            connector,
            pool_mode: settings.pool_mode,
        })
    }

    /// Tells of all transactions from now on; the first observer stays.
    pub fn observe(&self, observer: Arc<dyn DatabaseObserver>) {
        self.connections.observe(observer);
    }

    pub fn pool_use(&self) -> PoolUse {
        let state = self.connections.state();
        PoolUse {
            active: state.in_use,
            max: state.size,
        }
    }

    /// Calls that wait for their interactions to be written.
    pub fn waiting_interactions(&self) -> usize {
        self.appended.waiting()
    }

    /// Whether a pooler lends connections that the settings take for our own; `None` when that cannot be found out.
    pub(crate) async fn is_pooled(&self) -> Option<bool> {
        match self.pool_mode {
            PoolMode::Session => own_session::is_lent_soon(&self.connector).await.ok(),
            PoolMode::Transaction => Some(false),
        }
    }

    /// A number that changes soon after somebody wrote to the catalogue, and at times for no reason: wake the follower of the
    /// log then. `None` behind a pooler that lends connections for one transaction; polling must do there, and stays needed
    /// everywhere, since a wake-up may get lost with its connection.
    ///
    /// Each call listens on a connection of its own beside the pool, until the receiver and its clones are dropped.
    pub fn wakeups(&self) -> Option<watch::Receiver<u64>> {
        match self.pool_mode {
            PoolMode::Session => Some(wakeups::start(Arc::clone(&self.connector))),
            PoolMode::Transaction => None,
        }
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PostgresStore")
            .finish_non_exhaustive()
    }
}
