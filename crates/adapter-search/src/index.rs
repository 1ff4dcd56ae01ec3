//! The index itself: the present snapshot, and the lock that lets one writer at a time replace it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::{Currency, EditorialStatus, Scholarship, ScholarshipId, StudentProfile, Timestamp};
use ports::search_index::{
    Filters, IndexStats, RecommendationAnswer, RecommendationRequest, SearchAnswer, SearchError,
    SearchRequest, Suggestion, UnlockAnswer,
};
use ports::{CatalogueFingerprint, Change, FeedPosition, RevisionMark, SearchIndex};

use crate::merging::Merger;
use crate::query::typed_words;
use crate::scoring::Impacts;
use crate::settings::SearchSettings;
use crate::snapshot::{Snapshot, read_card};
use crate::stored::{self, RefusedSnapshot};
use crate::{recommend, search, similar, suggest, unlock, updates};

/// A search index in the memory of this process. Readers take the present snapshot and never wait; writers take turns.
pub struct InProcessIndex {
    shared: Arc<Shared>,
    merger: Merger,
}

/// What the index and the thread that merges segments share.
pub(crate) struct Shared {
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
        Self::of(settings, Snapshot::default())
    }

    /// The index that [`Self::save`] wrote into a file; where the log goes on is in its statistics. `catalogue` names what it
    /// is an index of, and must be what it was when saving.
    ///
    /// # Errors
    /// [`RefusedSnapshot`], when there is no such file, it is damaged in any place, or it was made for another catalogue,
    /// other settings or by another version.
    pub fn restored(
        settings: SearchSettings,
        file: &Path,
        catalogue: &str,
    ) -> Result<Self, RefusedSnapshot> {
        let snapshot = stored::load(file, &stored::digest(catalogue, &settings))?;
        Ok(Self::of(settings, snapshot))
    }

    /// Writes the present state into a file; readers and writers go on meanwhile. Answers where the log goes on after it.
    ///
    /// # Errors
    /// What writing fails with; a file that was there stays as it was.
    pub fn save(&self, file: &Path, catalogue: &str) -> std::io::Result<FeedPosition> {
        let snapshot = self.shared.present();
        let digest = stored::digest(catalogue, &self.shared.settings);
        stored::save(&snapshot, file, &digest)?;
        Ok(snapshot.position)
    }

    /// Where the log of changes goes on.
    pub fn position(&self) -> FeedPosition {
        self.shared.state.load().all.position
    }

    fn of(settings: SearchSettings, snapshot: Snapshot) -> Self {
        let shared = Arc::new(Shared {
            impacts: Impacts::of(&settings.text),
            settings,
            state: ArcSwap::from_pointee(State::of(snapshot)),
            writing: Mutex::new(()),
        });
        let merger = Merger::start(Arc::clone(&shared));
        merger.wake();
        Self { merger, shared }
    }
}

impl Shared {
    pub(crate) fn delta(&self) -> u32 {
        self.settings.updates.delta
    }

    pub(crate) fn merge_all_pause(&self) -> Duration {
        Duration::from_secs(self.settings.updates.merge_all_pause.into())
    }

    pub(crate) fn present(&self) -> Snapshot {
        self.state.load().all.clone()
    }

    /// Replaces the present snapshot by what `change` makes of it, if it makes anything.
    pub(crate) fn write(&self, change: impl FnOnce(&Snapshot) -> Option<Snapshot>) {
        // The lock guards no data: a writer that panicked has published nothing.
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = change(&self.state.load_full().all) {
            self.state.store(Arc::new(State::of(next)));
        }
    }
}

impl SearchIndex for InProcessIndex {
    fn search(&self, request: &SearchRequest, now: Timestamp) -> Result<SearchAnswer, SearchError> {
        let state = self.shared.state.load();
        let snapshot = state.for_filters(&request.filters);
        search::search(snapshot, &self.shared.settings, request, now)
    }

    fn suggest(&self, typed: &str, limit: usize, now: Timestamp) -> Vec<Suggestion> {
        suggest::suggest(&self.shared.state.load().without_drafts, typed, limit, now)
    }

    fn similar(&self, id: &ScholarshipId, limit: usize, now: Timestamp) -> Option<SearchAnswer> {
        let shared = &self.shared;
        let state = shared.state.load();
        let public = &state.without_drafts;
        let snapshot = public.find(id).map_or(&state.all, |_| public);
        similar::similar(snapshot, &shared.settings, &shared.impacts, id, limit, now)
    }

    fn recommend(
        &self,
        request: &RecommendationRequest<'_>,
        now: Timestamp,
    ) -> RecommendationAnswer {
        let state = self.shared.state.load();
        recommend::recommend(state.for_filters(request.filters), request, now)
    }

    fn unlocks(
        &self,
        profile: &StudentProfile,
        currency: Currency,
        now: Timestamp,
    ) -> UnlockAnswer {
        unlock::unlocks(
            &self.shared.state.load().without_drafts,
            profile,
            currency,
            now,
        )
    }

    fn scholarship(&self, id: &ScholarshipId) -> Option<Scholarship> {
        let state = self.shared.state.load();
        let snapshot = &state.all;
        let document = read_card(snapshot.card(snapshot.find(id)?))?;
        document
            .into_scholarship()
            .inspect_err(|errors| tracing::error!(%id, ?errors, "a card is no valid scholarship"))
            .ok()
    }

    fn public_words(&self, query: &str) -> Option<String> {
        let state = self.shared.state.load();
        let snapshot = &state.without_drafts;
        let words = typed_words(query);
        let known = words.iter().all(|word| snapshot.frequency(&word.word) > 0);
        (known && !words.is_empty()).then(|| {
            let words: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
            words.join(" ")
        })
    }

    fn apply(&self, changes: Vec<Change>, position: FeedPosition) {
        let shared = &self.shared;
        let updates = shared.settings.updates;
        shared.write(|present| {
            let next = updates::applied(present, changes, position, &shared.impacts, updates);
            Some(next)
        });
        self.merger.wake();
    }

    fn stats(&self, now: Timestamp) -> IndexStats {
        let state = self.shared.state.load();
        let snapshot = &state.all;
        IndexStats {
            scholarships: snapshot.live_count(),
            open: snapshot.open_count(now),
            segments: snapshot.segments.len() as u64,
            position: snapshot.position,
        }
    }

    fn fingerprint(&self) -> CatalogueFingerprint {
        self.shared.state.load().all.fingerprint()
    }

    fn revisions(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Vec<(ScholarshipId, RevisionMark)> {
        self.shared.state.load().all.revisions(after, limit)
    }
}
