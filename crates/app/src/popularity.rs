//! How popular each scholarship is, refreshed from the interactions of the last ninety days.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::TimeDelta;
use domain::ScholarshipId;
use ports::{Clock, InteractionStore, InteractionStoreError};
use tokio::sync::watch;

/// Days that count.
pub(crate) const WINDOW_DAYS: i64 = 90;

pub struct Popularity {
    store: Arc<dyn InteractionStore>,
    clock: Arc<dyn Clock>,
    scores: ArcSwap<HashMap<ScholarshipId, f32>>,
}

impl Popularity {
    pub(crate) fn new(store: Arc<dyn InteractionStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            scores: ArcSwap::default(),
        }
    }

    /// Scores from 0 to 1; what is not named has none.
    pub fn scores(&self) -> Arc<HashMap<ScholarshipId, f32>> {
        self.scores.load_full()
    }

    /// Counts again.
    ///
    /// # Errors
    /// [`InteractionStoreError::Unavailable`]; the scores stay as they were.
    pub async fn refresh(&self) -> Result<(), InteractionStoreError> {
        let now = self.clock.now();
        let counts = self
            .store
            .count_by_scholarship(now - TimeDelta::days(WINDOW_DAYS), now)
            .await?;
        let counts = counts
            .into_iter()
            .map(|count| (count.scholarship_id, count.kind, count.count));
        self.scores
            .store(Arc::new(domain::recommendation::popularity(counts)));
        Ok(())
    }

    /// Refreshes at once and then every `period`, until `stop` turns true.
    pub async fn run(self: Arc<Self>, period: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.refresh().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "popularity stays as it was"
                );
            }
            if tokio::time::timeout(period, stop.wait_for(|stopped| *stopped))
                .await
                .is_ok()
            {
                return;
            }
        }
    }
}
