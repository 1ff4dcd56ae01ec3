//! Whether the service can do its work, and what it bridges.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::join_all;
use ports::search_index::IndexStats;
use ports::{Clock, Health, HealthProbe, ScholarshipStore, SearchIndex, StoreError, StoreHealth};
use tokio::sync::watch;

use crate::follower::IndexFollower;

/// One dependency as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What is wrong; `None` when all is well.
    pub problem: Option<String>,
}

/// The state of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Requests can be answered: the index was filled.
    pub ready: bool,
    pub checks: Vec<Check>,
}

impl Report {
    /// Names of dependencies that are down while the service goes on.
    pub fn degraded(&self) -> Vec<&'static str> {
        self.checks
            .iter()
            .filter(|check| check.problem.is_some())
            .map(|check| check.name)
            .collect()
    }
}

pub struct Readiness {
    probes: Vec<Arc<dyn HealthProbe>>,
    follower: Arc<IndexFollower>,
    index: Arc<dyn SearchIndex>,
    store: Arc<dyn ScholarshipStore>,
    clock: Arc<dyn Clock>,
    /// What the last look at the dependencies showed, once somebody watches them.
    watched: ArcSwapOption<Vec<Check>>,
}

impl Readiness {
    pub(crate) fn new(
        probes: Vec<Arc<dyn HealthProbe>>,
        follower: Arc<IndexFollower>,
        index: Arc<dyn SearchIndex>,
        store: Arc<dyn ScholarshipStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            probes,
            follower,
            index,
            store,
            clock,
            watched: ArcSwapOption::empty(),
        }
    }

    /// At once while [`Self::watch`] runs, else after a look at everything.
    pub async fn report(&self) -> Report {
        let loaded = self.follower.is_loaded();
        let mut checks = vec![Check {
            name: "index",
            problem: (!loaded).then(|| "the index is being filled".to_owned()),
        }];
        if loaded && !self.follower.is_in_step() {
            checks.push(Check {
                name: "change_feed",
                problem: Some(format!(
                    "the index was last in step with the store {} s ago",
                    self.follower.lag().as_secs()
                )),
            });
        }
        let probed = match self.watched.load_full() {
            Some(watched) => watched.to_vec(),
            None => self.look().await,
        };
        for check in probed {
            // What the follower says of the log, it has seen later.
            if checks.iter().all(|own| own.name != check.name) {
                checks.push(check);
            }
        }
        Report {
            ready: loaded,
            checks,
        }
    }

    /// Looks at the dependencies at once and then every `period` until `stop` turns true, so that no caller waits for one that
    /// is away, however many ask.
    pub async fn watch(self: Arc<Self>, period: Duration, mut stop: watch::Receiver<bool>) {
        let watching = async {
            loop {
                self.watched.store(Some(Arc::new(self.look().await)));
                tokio::time::sleep(period).await;
            }
        };
        tokio::select! {
            () = watching => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    /// All at once; each probe bounds its own time.
    async fn look(&self) -> Vec<Check> {
        let checks = self.probes.iter().map(|probe| async {
            let problem = match probe.check().await {
                Health::Up => None,
                Health::Down(problem) => Some(problem),
            };
            Check {
                name: probe.name(),
                problem,
            }
        });
        join_all(checks).await
    }

    /// Connections, latency and schema of the store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn store(&self) -> Result<StoreHealth, StoreError> {
        self.store.health().await
    }

    pub fn index(&self) -> IndexStats {
        self.index.stats(self.clock.now())
    }
}
