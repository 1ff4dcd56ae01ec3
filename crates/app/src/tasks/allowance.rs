//! How many tasks may be unfinished: counted in the store about once a second, and in between by what came in here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::task::PlainText;
use ports::{TaskStore, TaskStoreError};
use tokio::time::Instant;

/// How long a count is believed. Each replica may let in what comes in so long beyond a limit.
const BELIEVED: Duration = Duration::from_secs(1);
/// Owners that are remembered before those whose counts are old are forgotten.
const REMEMBERED: usize = 1_024;

/// How many tasks may wait or be worked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskLimits {
    pub per_owner: u64,
    pub in_all: u64,
}

/// Which of the [`TaskLimits`] is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachedLimit {
    OfOwner(u64),
    InAll(u64),
}

type Owner = PlainText<256>;

struct Count {
    unfinished: u64,
    counted: Instant,
}

pub(super) struct Allowance {
    limits: TaskLimits,
    /// By owner; `None`: of all.
    counts: Mutex<HashMap<Option<Owner>, Count>>,
}

impl Allowance {
    pub(super) fn new(limits: TaskLimits) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
        }
    }

    /// The limit that keeps an owner from sending more, if one does.
    pub(super) async fn reached(
        &self,
        store: &dyn TaskStore,
        owner: &Owner,
    ) -> Result<Option<ReachedLimit>, TaskStoreError> {
        let TaskLimits { per_owner, in_all } = self.limits;
        if self.unfinished(store, Some(owner), per_owner).await? >= per_owner {
            return Ok(Some(ReachedLimit::OfOwner(per_owner)));
        }
        if self.unfinished(store, None, in_all).await? >= in_all {
            return Ok(Some(ReachedLimit::InAll(in_all)));
        }
        Ok(None)
    }

    /// One more came in.
    pub(super) fn add(&self, owner: Owner) {
        let mut counts = self.counts();
        for whose in [Some(owner), None] {
            if let Some(count) = counts.get_mut(&whose) {
                count.unfinished += 1;
            }
        }
    }

    /// Counted anew by whoever comes when the count is old; others go by the old one meanwhile.
    async fn unfinished(
        &self,
        store: &dyn TaskStore,
        owner: Option<&Owner>,
        limit: u64,
    ) -> Result<u64, TaskStoreError> {
        let whose = owner.cloned();
        {
            let mut counts = self.counts();
            if counts.len() >= REMEMBERED {
                counts.retain(|_, count| count.counted.elapsed() < BELIEVED);
            }
            let now = Instant::now();
            match counts.get_mut(&whose) {
                Some(count) if count.counted + BELIEVED > now => return Ok(count.unfinished),
                Some(count) => count.counted = now,
                None => {
                    let first = Count {
                        unfinished: 0,
                        counted: now,
                    };
                    counts.insert(whose.clone(), first);
                }
            }
        }
        let counted = store.count_unfinished(owner, limit).await;
        let mut counts = self.counts();
        match counted {
            Ok(unfinished) => {
                if let Some(count) = counts.get_mut(&whose) {
                    count.unfinished = unfinished;
                }
                Ok(unfinished)
            }
            Err(error) => {
                counts.remove(&whose);
                Err(error)
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Option<Owner>, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
