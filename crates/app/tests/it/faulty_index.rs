//! An index whose changes can be held back or made to fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{Currency, Scholarship, ScholarshipId, StudentProfile, Timestamp};
use ports::search_index::{
    IndexStats, RecommendationAnswer, RecommendationRequest, SearchAnswer, SearchError,
    SearchRequest, Suggestion, UnlockAnswer,
};
use ports::{CatalogueFingerprint, Change, FeedPosition, RevisionMark, SearchIndex};

pub(crate) struct FaultyIndex {
    index: InProcessIndex,
    /// How many of the next changes panic.
    panics: AtomicUsize,
    held: Mutex<Option<Receiver<()>>>,
    /// How many times changes were applied.
    applied: AtomicUsize,
}

impl FaultyIndex {
    pub(crate) fn new() -> Self {
        Self {
            index: InProcessIndex::new(SearchSettings::default()),
            panics: AtomicUsize::new(0),
            held: Mutex::new(None),
            applied: AtomicUsize::new(0),
        }
    }

    pub(crate) fn panic_next(&self, times: usize) {
        self.panics.store(times, Ordering::SeqCst);
    }

    /// The next change waits until the sender speaks.
    pub(crate) fn hold_next(&self) -> Sender<()> {
        let (release, held) = channel();
        *self.held.lock().expect("no panic under the lock") = Some(held);
        release
    }

    /// Whether a change has begun to wait.
    pub(crate) fn is_holding(&self) -> bool {
        self.held.lock().expect("no panic under the lock").is_none()
    }

    pub(crate) fn applied(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }
}

impl SearchIndex for FaultyIndex {
    fn search(&self, request: &SearchRequest, now: Timestamp) -> Result<SearchAnswer, SearchError> {
        self.index.search(request, now)
    }

    fn suggest(&self, typed: &str, limit: usize, now: Timestamp) -> Vec<Suggestion> {
        self.index.suggest(typed, limit, now)
    }

    fn similar(&self, id: &ScholarshipId, limit: usize, now: Timestamp) -> Option<SearchAnswer> {
        self.index.similar(id, limit, now)
    }

    fn recommend(
        &self,
        request: &RecommendationRequest<'_>,
        now: Timestamp,
    ) -> RecommendationAnswer {
        self.index.recommend(request, now)
    }

    fn unlocks(
        &self,
        profile: &StudentProfile,
        currency: Currency,
        now: Timestamp,
    ) -> UnlockAnswer {
        self.index.unlocks(profile, currency, now)
    }

    fn scholarship(&self, id: &ScholarshipId) -> Option<Scholarship> {
        self.index.scholarship(id)
    }

    fn public_words(&self, query: &str) -> Option<String> {
        self.index.public_words(query)
    }

    fn apply(&self, changes: Vec<Change>, position: FeedPosition) {
        let held = self.held.lock().expect("no panic under the lock").take();
        if let Some(held) = held {
            held.recv().expect("the test releases it");
        }
        let panics = self
            .panics
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok();
        assert!(!panics, "the test wants this to fail");
        self.index.apply(changes, position);
        self.applied.fetch_add(1, Ordering::SeqCst);
    }

    fn stats(&self, now: Timestamp) -> IndexStats {
        self.index.stats(now)
    }

    fn fingerprint(&self) -> CatalogueFingerprint {
        self.index.fingerprint()
    }

    fn revisions(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Vec<(ScholarshipId, RevisionMark)> {
        self.index.revisions(after, limit)
    }
}
