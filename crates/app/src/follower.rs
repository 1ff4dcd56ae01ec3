//! Keeps the search index in step with the store's change log.
//!
//! One task applies changes at a time, in the log's order. A writer waits until its own change is applied, so that whoever
//! wrote finds what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ports::{Change, FeedPosition, ScholarshipStore, SearchIndex, StoreError};
use tokio::sync::{Mutex, watch};

/// Records per step while loading and catching up: bounds the memory beside the index.
const STEP: usize = 10_000;

/// How the index follows the store.
pub struct IndexFollower {
    store: Arc<dyn ScholarshipStore>,
    index: Arc<dyn SearchIndex>,
    /// Where the log goes on; held while changes are applied.
    position: Mutex<FeedPosition>,
    loaded: AtomicBool,
    /// Whether the last look at the log succeeded.
    in_step: AtomicBool,
}

impl IndexFollower {
    pub fn new(store: Arc<dyn ScholarshipStore>, index: Arc<dyn SearchIndex>) -> Self {
        Self {
            store,
            index,
            position: Mutex::default(),
            loaded: AtomicBool::new(false),
            in_step: AtomicBool::new(false),
        }
    }

    /// Fills the index from the store. Answers the number of scholarships.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; what was loaded so far stays.
    pub async fn load(&self) -> Result<u64, StoreError> {
        let mut position = self.position.lock().await;
        // Read before the pages: what changes meanwhile is applied again by the next catch-up, which is harmless.
        let start = self.store.head().await?;
        let mut after = None;
        let mut count = 0;
        loop {
            let page = self.store.page(after.as_ref(), STEP).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            count += page.len() as u64;
            self.apply(
                page.into_iter()
                    .map(|scholarship| Change::Upserted(Box::new(scholarship)))
                    .collect(),
                start,
            )
            .await;
        }
        *position = start;
        drop(position);
        self.catch_up().await?;
        self.loaded.store(true, Ordering::Release);
        Ok(count)
    }

    /// Applies everything that the log has settled. Answers where the index stands.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; the index keeps what it has.
    pub async fn catch_up(&self) -> Result<FeedPosition, StoreError> {
        let mut position = self.position.lock().await;
        let outcome = self.advance(&mut position).await;
        self.in_step.store(outcome.is_ok(), Ordering::Release);
        outcome.map(|()| *position)
    }

    async fn advance(&self, position: &mut FeedPosition) -> Result<(), StoreError> {
        loop {
            let batch = self.store.changes_since(*position, STEP).await?;
            if batch.changes.is_empty() {
                *position = batch.position;
                return Ok(());
            }
            let reached = batch.position;
            self.apply(batch.changes, reached).await;
            *position = reached;
        }
    }

    async fn apply(&self, changes: Vec<Change>, position: FeedPosition) {
        let index = Arc::clone(&self.index);
        // Indexing is CPU work: a step of it must not hold up the requests of this thread.
        if let Err(error) =
            tokio::task::spawn_blocking(move || index.apply(changes, position)).await
        {
            tracing::error!(%error, "applying changes to the index failed");
        }
    }

    /// Waits until a write of this process is in the index. A failure is left to the follower's next look: the write itself
    /// is durable.
    pub async fn wait_for(&self, written: FeedPosition) {
        if let Ok(reached) = self.catch_up().await
            && reached < written
        {
            tracing::warn!(
                ?reached,
                ?written,
                "the change log does not show a write of this process yet"
            );
        }
    }

    /// Looks at the log every `period` until `stop` turns true.
    pub async fn follow(self: Arc<Self>, period: Duration, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(period);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
            match self.look().await {
                Ok(()) => {
                    if failing {
                        tracing::info!("the index follows the store again");
                    }
                    failing = false;
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the index cannot follow the store; searches go on from memory"
                        );
                    }
                    failing = true;
                }
            }
        }
    }

    /// One cheap look, and a catch-up where something is new.
    async fn look(&self) -> Result<(), StoreError> {
        let head = self
            .store
            .head()
            .await
            .inspect_err(|_| self.in_step.store(false, Ordering::Release))?;
        let known = *self.position.lock().await;
        if head != known || !self.in_step.load(Ordering::Acquire) {
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Whether the index was filled once.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// Whether the last look at the log succeeded.
    pub fn is_in_step(&self) -> bool {
        self.in_step.load(Ordering::Acquire)
    }
}
