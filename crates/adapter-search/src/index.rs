//! The index itself: the present snapshot, and the lock that lets one writer at a time replace it.

use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;
use domain::{Currency, Scholarship, ScholarshipId, StudentProfile, Timestamp};
use ports::search_index::{
    IndexStats, RecommendationAnswer, RecommendationRequest, SearchAnswer, SearchError,
    SearchRequest, Suggestion, UnlockAnswer,
};
use ports::{Change, FeedPosition, SearchIndex};

use crate::query::typed_words;
use crate::settings::SearchSettings;
use crate::snapshot::{Snapshot, read_card};
use crate::{recommend, search, similar, suggest, unlock, updates};

/// A search index in the memory of this process. Readers take the present snapshot and never wait; writers take turns.
pub struct InProcessIndex {
    settings: SearchSettings,
    snapshot: ArcSwap<Snapshot>,
    writing: Mutex<()>,
}

impl InProcessIndex {
    /// An empty index.
    pub fn new(settings: SearchSettings) -> Self {
        Self {
            settings,
            snapshot: ArcSwap::default(),
            writing: Mutex::new(()),
        }
    }
}

impl SearchIndex for InProcessIndex {
    fn search(&self, request: &SearchRequest, now: Timestamp) -> Result<SearchAnswer, SearchError> {
        search::search(&self.snapshot.load(), &self.settings, request, now)
    }

    fn suggest(&self, typed: &str, limit: usize, now: Timestamp) -> Vec<Suggestion> {
        suggest::suggest(&self.snapshot.load(), typed, limit, now)
    }

    fn similar(&self, id: &ScholarshipId, limit: usize, now: Timestamp) -> Option<SearchAnswer> {
        similar::similar(&self.snapshot.load(), &self.settings, id, limit, now)
    }

    fn recommend(
        &self,
        request: &RecommendationRequest<'_>,
        now: Timestamp,
    ) -> RecommendationAnswer {
        recommend::recommend(&self.snapshot.load(), request, now)
    }

    fn unlocks(
        &self,
        profile: &StudentProfile,
        currency: Currency,
        now: Timestamp,
    ) -> UnlockAnswer {
        unlock::unlocks(&self.snapshot.load(), profile, currency, now)
    }

    fn scholarship(&self, id: &ScholarshipId) -> Option<Scholarship> {
        let snapshot = self.snapshot.load();
        let document = read_card(snapshot.card(snapshot.find(id)?))?;
        document
            .into_scholarship()
            .inspect_err(|errors| tracing::error!(%id, ?errors, "a card is no valid scholarship"))
            .ok()
    }

    fn public_words(&self, query: &str) -> Option<String> {
        let snapshot = self.snapshot.load();
        let words = typed_words(query);
        let known = words.iter().all(|word| snapshot.frequency(&word.word) > 0);
        (known && !words.is_empty()).then(|| {
            let words: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
            words.join(" ")
        })
    }

    fn apply(&self, changes: Vec<Change>, position: FeedPosition) {
        // The lock guards no data: a writer that panicked has published nothing.
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let next = updates::applied(
            &self.snapshot.load_full(),
            changes,
            position,
            self.settings.updates,
        );
        self.snapshot.store(std::sync::Arc::new(next));
    }

    fn stats(&self, now: Timestamp) -> IndexStats {
        let snapshot = self.snapshot.load();
        IndexStats {
            scholarships: snapshot.live_count(),
            open: snapshot.open_places(now).count() as u64,
            terms: snapshot.terms(),
            bytes: snapshot.bytes(),
            position: snapshot.position,
        }
    }
}
