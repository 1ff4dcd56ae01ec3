//! The index itself: the present snapshot, and the lock that lets one writer at a time replace it.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use domain::{Currency, EditorialStatus, Scholarship, ScholarshipId, StudentProfile, Timestamp};
use ports::search_index::{
    Filters, IndexStats, RecommendationAnswer, RecommendationRequest, SearchAnswer, SearchError,
    SearchRequest, Suggestion, UnlockAnswer,
};
use ports::{Change, FeedPosition, SearchIndex};

use crate::query::typed_words;
use crate::scoring::Impacts;
use crate::settings::SearchSettings;
use crate::snapshot::{Snapshot, read_card};
use crate::{recommend, search, similar, suggest, unlock, updates};

/// A search index in the memory of this process. Readers take the present snapshot and never wait; writers take turns.
pub struct InProcessIndex {
    settings: SearchSettings,
    impacts: Impacts,
    state: ArcSwap<State>,
    writing: Mutex<()>,
}

/// One state of the catalogue for each kind of reader.
#[derive(Default)]
struct State {
    all: Snapshot,
    /// Nothing that is made of it can give a draft away: neither a correction, nor a score or a count.
    without_drafts: Snapshot,
}

impl State {
    fn of(all: Snapshot) -> Self {
        Self {
            without_drafts: all.without_drafts(),
            all,
        }
    }

    /// What a request with these filters looks at; who may ask for drafts was decided before.
    fn for_filters(&self, filters: &Filters) -> &Snapshot {
        if filters.status.contains(EditorialStatus::Draft) {
            &self.all
        } else {
            &self.without_drafts
        }
    }
}

impl InProcessIndex {
    /// An empty index.
    pub fn new(settings: SearchSettings) -> Self {
        Self {
            impacts: Impacts::of(&settings.text),
            settings,
            state: ArcSwap::default(),
            writing: Mutex::new(()),
        }
    }
}

impl SearchIndex for InProcessIndex {
    fn search(&self, request: &SearchRequest, now: Timestamp) -> Result<SearchAnswer, SearchError> {
        let state = self.state.load();
        let snapshot = state.for_filters(&request.filters);
        search::search(snapshot, &self.settings, request, now)
    }

    fn suggest(&self, typed: &str, limit: usize, now: Timestamp) -> Vec<Suggestion> {
        suggest::suggest(&self.state.load().without_drafts, typed, limit, now)
    }

    fn similar(&self, id: &ScholarshipId, limit: usize, now: Timestamp) -> Option<SearchAnswer> {
        let state = self.state.load();
        let public = &state.without_drafts;
        let snapshot = public.find(id).map_or(&state.all, |_| public);
        similar::similar(snapshot, &self.settings, id, limit, now)
    }

    fn recommend(
        &self,
        request: &RecommendationRequest<'_>,
        now: Timestamp,
    ) -> RecommendationAnswer {
        let state = self.state.load();
        recommend::recommend(state.for_filters(request.filters), request, now)
    }

    fn unlocks(
        &self,
        profile: &StudentProfile,
        currency: Currency,
        now: Timestamp,
    ) -> UnlockAnswer {
        unlock::unlocks(&self.state.load().without_drafts, profile, currency, now)
    }

    fn scholarship(&self, id: &ScholarshipId) -> Option<Scholarship> {
        let state = self.state.load();
        let snapshot = &state.all;
        let document = read_card(snapshot.card(snapshot.find(id)?))?;
        document
            .into_scholarship()
            .inspect_err(|errors| tracing::error!(%id, ?errors, "a card is no valid scholarship"))
            .ok()
    }

    fn public_words(&self, query: &str) -> Option<String> {
        let state = self.state.load();
        let snapshot = &state.without_drafts;
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
            &self.state.load_full().all,
            changes,
            position,
            &self.impacts,
            self.settings.updates,
        );
        self.state.store(Arc::new(State::of(next)));
    }

    fn stats(&self, now: Timestamp) -> IndexStats {
        let state = self.state.load();
        let snapshot = &state.all;
        IndexStats {
            scholarships: snapshot.live_count(),
            open: snapshot.open_places(now).count() as u64,
            terms: snapshot.terms(),
            bytes: snapshot.bytes(),
            position: snapshot.position,
        }
    }
}
