//! Comparing the whole index with the store, and making it equal where it is not.
//!
//! The log brings every change that is made through this program. It does not bring what somebody repaired by hand in the
//! store, what a backup took back, nor what a defect dropped. So now and then, and before an index that comes from a file is
//! used, both are compared by one number; where that differs, a walk over both in the order of their ids finds the records
//! that differ and takes them over from the store.

use std::cmp::Ordering;
use std::sync::atomic::Ordering as AtomicOrdering;
use std::time::Duration;

use domain::{Scholarship, ScholarshipId, Timestamp};
use ports::{CatalogueFingerprint, Change, FeedPosition, RevisionMark};
use tokio::time::sleep;

use super::{FollowError, IndexFollower};

/// Records a page of the walk: bounds its memory, and how long writers wait for their turn.
const PAGE: usize = 2_000;
/// How often a quiet moment is looked for, and how long after the first time; twice as long each time.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconciled {
    /// Index and store hold the same.
    InStep,
    /// They did not; now they do.
    Healed(Drift),
    /// There was no moment at which both could be compared: others write too fast, or a transaction of theirs is open.
    Undecided,
}

/// How many records of the index were not as those of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drift {
    /// Missing from the index, or there in another revision.
    pub taken_over: u64,
    /// In the index only.
    pub removed: u64,
}

impl Drift {
    fn total(self) -> u64 {
        self.taken_over + self.removed
    }
}

impl IndexFollower {
    /// Compares the index with the store, and takes over from the store what differs.
    ///
    /// # Errors
    /// [`FollowError`]; what was taken over so far stays.
    pub async fn reconcile(&self) -> Result<Reconciled, FollowError> {
        self.compare(None).await
    }

    /// As [`Self::reconcile`]; `known` is what the store came to a moment ago. It counts only if the log has not moved since.
    pub(super) async fn compare(
        &self,
        known: Option<(CatalogueFingerprint, FeedPosition)>,
    ) -> Result<Reconciled, FollowError> {
        let mut known = known;
        let mut pause = FIRST_PAUSE;
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep(pause).await;
                pause *= 2;
            }
            let before = self.catch_up().await?;
            let known = known.take().filter(|(_, at)| *at == before);
            let fingerprint = match known {
                Some(known) => Some(known),
                None => self.store.fingerprint().await?,
            };
            let Some((stored, at)) = fingerprint else {
                continue;
            };
            if at < before {
                // The newest entry of a log only ever grows, so this is another log, or what an earlier one was.
                tracing::warn!(
                    store = ?at,
                    index = ?before,
                    "the store was put back to an earlier state; the index follows it there"
                );
                return self.heal(Some(at)).await.map(Reconciled::Healed);
            }
            let turn = self.progress.lock().await;
            if turn.position != at {
                continue;
            }
            if self.index.fingerprint() == stored {
                return Ok(Reconciled::InStep);
            }
            drop(turn);
            return self.heal(None).await.map(Reconciled::Healed);
        }
        Ok(Reconciled::Undecided)
    }

    /// Walks as [`Self::walk`], and tells what was found: after a comparison that found a difference, or a change of the log.
    pub(super) async fn heal(&self, put_back: Option<FeedPosition>) -> Result<Drift, FollowError> {
        let drift = self.walk(put_back).await?;
        self.healed
            .fetch_add(drift.total(), AtomicOrdering::Relaxed);
        if drift.total() > 0 {
            tracing::warn!(
                taken_over = drift.taken_over,
                removed = drift.removed,
                "the index did not hold what the store holds; it was made equal"
            );
        }
        Ok(drift)
    }

    /// Walks through index and store together, and takes over what differs. `put_back` is where the log goes on from now on,
    /// if not where it did. While others write, what is on its way is taken over as well, and counted.
    pub(super) async fn walk(&self, put_back: Option<FeedPosition>) -> Result<Drift, FollowError> {
        self.standing.fell_behind();
        let mut drift = Drift::default();
        let mut after: Option<ScholarshipId> = None;
        if let Some(position) = put_back {
            let mut turn = self.turn().await;
            turn.position = position;
            // Whoever saves the index must not save a place that the log does not have.
            self.apply(Vec::new(), position, turn).await?;
        }
        loop {
            // Without this, changes that are on their way would look like drift.
            let (turn, _) = self.advance(self.turn().await).await?;
            // As long as we have the turn, nobody puts anything into the index, so what the store says now is never older
            // than what it replaces. The log brings some of it again, which changes nothing.
            let mut page = PAGE;
            let stored = self
                .in_steps("page", PAGE, |step| {
                    page = step;
                    self.store.page(after.as_ref(), step)
                })
                .await?;
            let indexed = self.index.revisions(after.as_ref(), page);
            let end = both_complete_up_to(&stored, &indexed, page);
            let (changes, found) = differences(stored, indexed, end.as_ref());
            if !changes.is_empty() {
                let position = turn.position;
                self.apply(changes, position, turn).await?;
            }
            drift.taken_over += found.taken_over;
            drift.removed += found.removed;
            match end {
                Some(end) => after = Some(end),
                None => break,
            }
        }
        self.catch_up().await?;
        Ok(drift)
    }
}

/// The last id up to which both pages hold everything; `None` when they do to the end.
fn both_complete_up_to(
    stored: &[Scholarship],
    indexed: &[(ScholarshipId, RevisionMark)],
    page: usize,
) -> Option<ScholarshipId> {
    let stored_end = (stored.len() >= page).then(|| stored.last().map(|last| &last.id));
    let indexed_end = (indexed.len() >= page).then(|| indexed.last().map(|(id, _)| id));
    let ends = [stored_end.flatten(), indexed_end.flatten()];
    ends.into_iter().flatten().min().cloned()
}

/// What makes the index equal to the store, up to and with `end`. Both are in the order of their ids.
fn differences(
    stored: Vec<Scholarship>,
    indexed: Vec<(ScholarshipId, RevisionMark)>,
    end: Option<&ScholarshipId>,
) -> (Vec<Change>, Drift) {
    let is_inside = |id: &ScholarshipId| end.is_none_or(|end| id <= end);
    let mut stored = stored.into_iter().filter(|record| is_inside(&record.id));
    let mut indexed = indexed.into_iter().filter(|(id, _)| is_inside(id));
    let (mut changes, mut drift) = (Vec::new(), Drift::default());
    let (mut left, mut right) = (stored.next(), indexed.next());
    loop {
        let order = match (&left, &right) {
            (Some(record), Some((id, _))) => record.id.cmp(id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return (changes, drift),
        };
        let record = if order.is_le() {
            std::mem::replace(&mut left, stored.next())
        } else {
            None
        };
        let revision = if order.is_ge() {
            std::mem::replace(&mut right, indexed.next())
        } else {
            None
        };
        match (record, revision) {
            (Some(record), Some((_, mark))) if mark == RevisionMark::of_record(&record) => {}
            (Some(record), _) => {
                drift.taken_over += 1;
                changes.push(Change::Upserted(Box::new(record)));
            }
            (None, Some((id, _))) => {
                drift.removed += 1;
                // When that was, nobody knows any more; the index does not ask.
                let at = Timestamp::UNIX_EPOCH;
                changes.push(Change::Deleted { id, at });
            }
            (None, None) => {}
        }
    }
}
