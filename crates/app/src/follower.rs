//! Keeps the search index in step with the store's change log.
//!
//! One task applies changes at a time, in the log's order. A writer waits until its own change is applied, so that whoever
//! wrote finds what was written. `following` looks at the log again and again, `reconciling` compares the whole index with
//! the store, `standing` says how far behind the index may be.

mod following;
mod reconciling;
mod standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use domain::{ScholarshipId, Timestamp};
use ports::{
    CatalogueFingerprint, Change, ChangeBatch, FeedPosition, ScholarshipStore, SearchIndex,
    StoreError,
};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};
use tokio::task::JoinError;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout};

pub use following::{FollowPeriods, Wakeups};
pub use reconciling::{Drift, Reconciled};
use standing::Standing;

/// Records per step while reading and catching up.
const STEP: usize = 10_000;

/// Records per step while loading: bounds the memory beside the index, and what is indexed at once is searched fastest.
const LOAD_STEP: usize = 200_000;

/// How long the store may take for a step of the log.
const PAGE_DEADLINE: Duration = Duration::from_secs(5);

/// How long an import waits for the log to show it, and how often it looks.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);
const SHOWN_CHECK: Duration = Duration::from_millis(10);

/// How long an import that is durable waits for the index in all.
const IMPORT_TAKEN_IN_WITHIN: Duration = Duration::from_secs(30);

/// How long a write that is durable waits for the index, in which many such writes take turns.
const TAKEN_IN_WITHIN: Duration = Duration::from_secs(1);

/// An index that takes in changes for longer than this is not in step: what it answers is noticeably old.
const TOO_LONG_BEHIND: Duration = Duration::from_secs(10);

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

fn silent(operation: &'static str, elapsed: Elapsed) -> StoreError {
    StoreError::Unavailable {
        operation,
        source: Box::new(elapsed),
    }
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
    /// What is served came from a file and was not compared with the store yet.
    unverified: AtomicBool,
    standing: Standing,
    /// How many entries of the log are asked for at once.
    step: AtomicUsize,
    /// Asks for a comparison with the store at once.
    suspicion: Notify,
    /// Records that comparisons found different and took over.
    healed: AtomicU64,
}

impl IndexFollower {
    pub fn new(store: Arc<dyn ScholarshipStore>, index: Arc<dyn SearchIndex>) -> Self {
        Self {
            store,
            index,
            progress: Arc::default(),
            loaded: AtomicBool::new(false),
            unverified: AtomicBool::new(false),
            standing: Standing::new(),
            step: AtomicUsize::new(STEP),
            suspicion: Notify::new(),
            healed: AtomicU64::new(0),
        }
    }

    /// Goes on with an index that was restored from a file, which says where the log goes on. It is compared with the store
    /// and made equal before it counts as loaded: the store may have been put back to an earlier state since, and written
    /// again. `known` is the store's fingerprint where it was read already, e.g. beside the file: reading it takes as long as
    /// the file does.
    ///
    /// # Errors
    /// [`FollowError`]; the index keeps what it has, and resuming can be tried again.
    pub async fn resume(
        &self,
        position: FeedPosition,
        known: Option<(CatalogueFingerprint, FeedPosition)>,
    ) -> Result<(), FollowError> {
        self.progress.lock().await.position = position;
        if self.compare(known).await? == Reconciled::Undecided {
            // The walk is right at any time; it only costs more.
            self.heal(None).await?;
        }
        self.unverified.store(false, Ordering::Release);
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// Serves an index that was restored from a file while the store is away: it counts as loaded, and not as in step until
    /// [`Self::resume`].
    pub async fn serve_unverified(&self, position: FeedPosition) {
        self.progress.lock().await.position = position;
        self.unverified.store(true, Ordering::Release);
        self.loaded.store(true, Ordering::Release);
    }

    /// Fills the index from the store.
    ///
    /// # Errors
    /// [`FollowError`]; what was loaded so far stays, and loading can be tried again.
    pub async fn load(&self) -> Result<(), FollowError> {
        let mut turn = self.turn().await;
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
        match self.advance(self.turn().await).await {
            Ok((_, reached)) => {
                self.standing.confirm();
                Ok(reached)
            }
            Err(error) => {
                self.standing.cut_off();
                Err(error)
            }
        }
    }

    async fn turn(&self) -> Turn {
        Arc::clone(&self.progress).lock_owned().await
    }

    async fn advance(&self, mut turn: Turn) -> Result<(Turn, FeedPosition), FollowError> {
        loop {
            let batch = self.next_batch(turn.position).await?;
            let reached = batch.position;
            if batch.changes.is_empty() {
                turn.position = reached;
                return Ok((turn, reached));
            }
            self.standing.fell_behind();
            turn = self.apply(batch.changes, reached, turn).await?;
            turn.position = reached;
        }
    }

    async fn next_batch(&self, position: FeedPosition) -> Result<ChangeBatch, StoreError> {
        self.in_steps("changes_since", STEP, |step| {
            self.store.changes_since(position, step)
        })
        .await
    }

    /// What the store answers while we hold the turn, for which others wait: on a connection that has died in silence an answer
    /// never comes, and the store's own patience is that of its slowest queries. Next time less is asked for when a step takes
    /// too long, so that a slow store is followed as well.
    async fn in_steps<T, F>(
        &self,
        operation: &'static str,
        most: usize,
        ask: impl FnOnce(usize) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let step = self.step.load(Ordering::Relaxed).min(most);
        let answered = timeout(PAGE_DEADLINE, ask(step)).await;
        let next = if answered.is_ok() {
            step.saturating_mul(2).clamp(1, STEP)
        } else {
            (step / 4).max(1)
        };
        self.step.store(next, Ordering::Relaxed);
        answered.unwrap_or_else(|elapsed| Err(silent(operation, elapsed)))
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

    /// Takes a write of this process into the index before it is answered, so that whoever wrote finds what was written, also
    /// while an older transaction holds the log back. A failure is left to the follower's next look: the write itself is
    /// durable.
    pub async fn take_in(&self, id: &ScholarshipId, written: FeedPosition) {
        let taken = async {
            if self.catch_up().await? < written {
                // Read while nobody else can change the index, so it is never older than what it replaces.
                let turn = self.turn().await;
                let change = match self.store.get(id).await? {
                    Some(scholarship) => Change::Upserted(Box::new(scholarship)),
                    None => Change::Deleted {
                        id: id.clone(),
                        at: Timestamp::UNIX_EPOCH,
                    },
                };
                let position = turn.position;
                self.apply(vec![change], position, turn).await?;
            }
            Ok::<_, FollowError>(())
        };
        let Ok(taken) = timeout(TAKEN_IN_WITHIN, taken).await else {
            tracing::warn!("a write of this process is not in the index yet: the log is slow");
            return;
        };
        if let Err(error) = taken {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a write of this process is not in the index yet"
            );
        }
    }

    /// Takes an import of this process into the index before its end is told, so that whoever imported finds all of it, also
    /// while an older transaction holds the log back. `since` is when its first batch was written, `written` where its last one
    /// is in the log. A failure is left to the follower's next look: the import itself is durable.
    pub async fn take_in_import(&self, since: Timestamp, written: FeedPosition) {
        let taken = async {
            if !self.is_shown(written).await? {
                self.take_in_since(since).await?;
            }
            Ok::<_, FollowError>(())
        };
        let Ok(taken) = timeout(IMPORT_TAKEN_IN_WITHIN, taken).await else {
            tracing::warn!("an import of this process is not in the index yet: the log is slow");
            return;
        };
        if let Err(error) = taken {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an import of this process is not in the index yet"
            );
        }
    }

    /// Waits a while until the log shows a write, which is cheaper than to read it again.
    async fn is_shown(&self, written: FeedPosition) -> Result<bool, FollowError> {
        let begun = Instant::now();
        while self.catch_up().await? < written {
            if begun.elapsed() >= SHOWN_WITHIN {
                return Ok(false);
            }
            sleep(SHOWN_CHECK).await;
        }
        Ok(true)
    }

    /// Takes over every record that was written since an instant, whether the log has settled it or not.
    async fn take_in_since(&self, since: Timestamp) -> Result<(), FollowError> {
        let mut after = None;
        loop {
            // Read while nobody else can change the index, so it is never older than what it replaces.
            let turn = self.turn().await;
            let changes = self
                .in_steps("changed_since", STEP, |step| {
                    self.store.changed_since(since, after.as_ref(), step)
                })
                .await?;
            let Some(last) = changes.last() else {
                return Ok(());
            };
            after = Some(last.id().clone());
            let position = turn.position;
            self.apply(changes, position, turn).await?;
        }
    }

    /// Whether the index was filled once.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// Whether the last look at the log succeeded, and what it showed was taken in soon. Never before the index was filled, and
    /// one that came from a file compared with the store.
    pub fn is_in_step(&self) -> bool {
        self.is_loaded()
            && !self.unverified.load(Ordering::Acquire)
            && !self.standing.is_cut_off()
            && self.lag() < TOO_LONG_BEHIND
    }

    /// Since the index was last known to hold all that the log had settled; nothing while it does.
    pub fn lag(&self) -> Duration {
        self.standing.lag()
    }

    /// Records, since the start, that comparisons with the store found different and took over.
    pub fn healed(&self) -> u64 {
        self.healed.load(Ordering::Relaxed)
    }
}
