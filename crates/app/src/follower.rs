//! Keeps the search index in step with the store's change log.
//!
//! One task applies changes at a time, in the log's order. A writer waits until its own change is applied, so that whoever
//! wrote finds what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ports::{Change, FeedPosition, ScholarshipStore, SearchIndex, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::task::JoinError;

/// Records per step while reading and catching up.
const STEP: usize = 10_000;

/// Records per step while loading: bounds the memory beside the index, and what is indexed at once is searched fastest.
const LOAD_STEP: usize = 200_000;

/// Why the index is not in step. It is not passed over: the next look begins where this one could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the index could not take in the changes")]
    Index(#[source] JoinError),
}

#[derive(Debug, Default)]
struct Progress {
    /// Where the log goes on.
    position: FeedPosition,
    /// Where the log stood before the first page was read, were it in an earlier try: what was read then may have been
    /// deleted since.
    load_began_at: Option<FeedPosition>,
}

/// Holds the turn to change the index. It moves into the work itself, so that a caller that goes away in the middle does not
/// let the next one overtake changes that are still being applied.
type Turn = OwnedMutexGuard<Progress>;

/// How the index follows the store.
pub struct IndexFollower {
    store: Arc<dyn ScholarshipStore>,
    index: Arc<dyn SearchIndex>,
    progress: Arc<Mutex<Progress>>,
    loaded: AtomicBool,
    /// Whether the last look at the log succeeded.
    in_step: AtomicBool,
}

impl IndexFollower {
    pub fn new(store: Arc<dyn ScholarshipStore>, index: Arc<dyn SearchIndex>) -> Self {
        Self {
            store,
            index,
            progress: Arc::default(),
            loaded: AtomicBool::new(false),
            in_step: AtomicBool::new(false),
        }
    }

    /// Goes on where the log of an index goes on that was restored from a file.
    ///
    /// # Errors
    /// [`FollowError`]; the index keeps what it has.
    pub async fn resume(&self, position: FeedPosition) -> Result<(), FollowError> {
        self.progress.lock().await.position = position;
        self.catch_up().await?;
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// Fills the index from the store.
    ///
    /// # Errors
    /// [`FollowError`]; what was loaded so far stays, and loading can be tried again.
    pub async fn load(&self) -> Result<(), FollowError> {
        let mut turn = Arc::clone(&self.progress).lock_owned().await;
        // Read before the pages: what changes or goes meanwhile is in the log behind it, and applied by the catch-up below.
        let head = self.store.head().await?;
        let start = *turn.load_began_at.get_or_insert(head);
        let mut after = None;
        let mut changes = Vec::new();
        loop {
            let page = self.store.page(after.as_ref(), STEP).await?;
            let is_last = page.is_empty();
            after = page.last().map(|last| last.id.clone());
            let upserted = page
                .into_iter()
                .map(|scholarship| Change::Upserted(Box::new(scholarship)));
            changes.extend(upserted);
            if changes.len() >= LOAD_STEP || (is_last && !changes.is_empty()) {
                let full = std::mem::take(&mut changes);
                turn = self.apply(full, start, turn).await?;
            }
            if is_last {
                break;
            }
        }
        turn.position = start;
        drop(turn);
        self.catch_up().await?;
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// Applies everything that the log has settled. Answers where the index stands.
    ///
    /// # Errors
    /// [`FollowError`]; the index keeps what it has.
    pub async fn catch_up(&self) -> Result<FeedPosition, FollowError> {
        let turn = Arc::clone(&self.progress).lock_owned().await;
        let outcome = self.advance(turn).await;
        self.in_step.store(outcome.is_ok(), Ordering::Release);
        outcome
    }

    async fn advance(&self, mut turn: Turn) -> Result<FeedPosition, FollowError> {
        loop {
            let batch = self.store.changes_since(turn.position, STEP).await?;
            let reached = batch.position;
            if !batch.changes.is_empty() {
                turn = self.apply(batch.changes, reached, turn).await?;
                turn.position = reached;
                continue;
            }
            turn.position = reached;
            return Ok(reached);
        }
    }

    async fn apply(
        &self,
        changes: Vec<Change>,
        position: FeedPosition,
        turn: Turn,
    ) -> Result<Turn, FollowError> {
        let index = Arc::clone(&self.index);
        // Indexing is CPU work: a step of it must not hold up the requests of this thread.
        tokio::task::spawn_blocking(move || {
            index.apply(changes, position);
            turn
        })
        .await
        .map_err(FollowError::Index)
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
    async fn look(&self) -> Result<(), FollowError> {
        let head = self
            .store
            .head()
            .await
            .inspect_err(|_| self.in_step.store(false, Ordering::Release))?;
        let known = self.progress.lock().await.position;
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
