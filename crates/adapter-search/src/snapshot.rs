//! One consistent state of the catalogue: segments with their dead documents, and statistics over what is alive.
//!
//! A snapshot never changes. Statistics are exact for the live documents whatever the history of segments, so the same
//! catalogue always gives the same order.

use std::sync::Arc;

use domain::{EditorialStatus, ScholarshipDocument, ScholarshipId, Timestamp};
use ports::{CatalogueFingerprint, FeedPosition, RevisionMark};

use crate::bit_set::BitSet;
use crate::facts::Facts;
use crate::matching::open_documents;
use crate::segment::Segment;

#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// Oldest and largest first.
    pub(crate) segments: Vec<LiveSegment>,
    pub(crate) position: FeedPosition,
}

#[derive(Debug, Clone)]
pub(crate) struct LiveSegment {
    pub(crate) segment: Arc<Segment>,
    /// Replaced or deleted since the segment was made.
    pub(crate) dead: Arc<BitSet>,
    /// By term: how many live documents hold it.
    frequencies: Arc<Vec<u32>>,
    /// The same with its drafts dead, if it has any.
    without_drafts: Option<Arc<LiveSegment>>,
}

/// Where a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) document: u32,
}

impl LiveSegment {
    pub(crate) fn of(segment: Segment) -> Self {
        let terms = 0..segment.dictionary.len();
        let mut live = Self {
            frequencies: Arc::new(terms.map(|term| segment.postings.count(term)).collect()),
            dead: Arc::new(BitSet::of_size(segment.len())),
            segment: Arc::new(segment),
            without_drafts: None,
        };
        live.without_drafts = live.with_drafts_dead().map(Arc::new);
        live
    }

    fn with_drafts_dead(&self) -> Option<Self> {
        let drafts: Vec<u32> = (0..self.segment.inactive)
            .filter(|document| {
                let facts = &self.segment.facts[*document as usize];
                facts.status() == EditorialStatus::Draft
            })
            .collect();
        if drafts.is_empty() {
            return None;
        }
        let mut public = self.clone();
        public.kill(&drafts);
        Some(public)
    }

    pub(crate) fn live_count(&self) -> u32 {
        self.segment.len() - self.dead.count()
    }

    pub(crate) fn is_live(&self, document: u32) -> bool {
        !self.dead.contains(document)
    }

    pub(crate) fn live_documents_from(&self, first: u32) -> impl Iterator<Item = u32> {
        (first..self.segment.len()).filter(|document| self.is_live(*document))
    }

    pub(crate) fn frequency(&self, term: u32) -> u32 {
        self.frequencies[term as usize]
    }

    /// Marks documents as dead and takes them out of the statistics.
    pub(crate) fn kill(&mut self, documents: &[u32]) {
        if let Some(public) = &mut self.without_drafts {
            Arc::make_mut(public).kill(documents);
        }
        let dead = Arc::make_mut(&mut self.dead);
        let frequencies = Arc::make_mut(&mut self.frequencies);
        let mut seen = Vec::new();
        for document in documents {
            if !dead.insert(*document) {
                continue;
            }
            seen.clear();
            seen.extend_from_slice(self.segment.tokens.of(*document));
            seen.sort_unstable();
            seen.dedup();
            for term in &seen {
                frequencies[*term as usize] -= 1;
            }
        }
    }
}

/// The document that a card is the JSON of.
pub(crate) fn read_card(card: &[u8]) -> Option<ScholarshipDocument> {
    serde_json::from_slice(card)
        .inspect_err(|error| tracing::error!(%error, "a card cannot be read back"))
        .ok()
}

impl Snapshot {
    /// The same catalogue as those see it who may not see drafts: statistics, too, are without them.
    pub(crate) fn without_drafts(&self) -> Self {
        let public = |live: &LiveSegment| live.without_drafts.as_deref().unwrap_or(live).clone();
        Self {
            segments: self.segments.iter().map(public).collect(),
            position: self.position,
        }
    }

    pub(crate) fn facts(&self, place: Place) -> &Facts {
        &self.segments[place.segment as usize].segment.facts[place.document as usize]
    }

    pub(crate) fn card(&self, place: Place) -> &[u8] {
        self.segments[place.segment as usize]
            .segment
            .cards
            .get(place.document)
    }

    pub(crate) fn id(&self, place: Place) -> &str {
        self.segments[place.segment as usize]
            .segment
            .ids
            .get(place.document)
    }

    pub(crate) fn name(&self, place: Place) -> &str {
        self.segments[place.segment as usize]
            .segment
            .names
            .get(place.document)
    }

    pub(crate) fn organization(&self, place: Place) -> &str {
        self.segments[place.segment as usize]
            .segment
            .organizations
            .get(place.document)
    }

    /// The live document with this id.
    pub(crate) fn find(&self, id: &ScholarshipId) -> Option<Place> {
        self.segments.iter().enumerate().find_map(|(at, live)| {
            let document = live.segment.find(id.as_str())?;
            live.is_live(document).then_some(Place {
                segment: at as u32,
                document,
            })
        })
    }

    /// What is active and not expired.
    pub(crate) fn open_places(&self, now: Timestamp) -> impl Iterator<Item = Place> {
        self.segments
            .iter()
            .enumerate()
            .flat_map(move |(at, live)| {
                live.live_documents_from(live.segment.first_open(now))
                    .map(move |document| Place {
                        segment: at as u32,
                        document,
                    })
            })
    }

    pub(crate) fn live_count(&self) -> u64 {
        self.segments
            .iter()
            .map(|live| u64::from(live.live_count()))
            .sum()
    }

    pub(crate) fn fingerprint(&self) -> CatalogueFingerprint {
        let mut fingerprint = CatalogueFingerprint::default();
        for live in &self.segments {
            for document in live.live_documents_from(0) {
                fingerprint.add_mark(RevisionMark(live.segment.marks[document as usize]));
            }
        }
        fingerprint
    }

    /// At most `limit` revisions with ids above `after`, by id.
    pub(crate) fn revisions(
        &self,
        after: Option<&ScholarshipId>,
        limit: usize,
    ) -> Vec<(ScholarshipId, RevisionMark)> {
        let after = after.map_or("", ScholarshipId::as_str);
        let mut found: Vec<(&str, u64)> = Vec::new();
        for live in &self.segments {
            let segment = &live.segment;
            let start = segment
                .by_id
                .partition_point(|document| segment.ids.get(*document) <= after);
            let above = segment.by_id[start..].iter().copied();
            let above = above.filter(|document| live.is_live(*document));
            let revision = |document| (segment.ids.get(document), segment.marks[document as usize]);
            found.extend(above.map(revision).take(limit));
        }
        found.sort_unstable();
        found.truncate(limit);
        let named = |(id, mark)| Some((ScholarshipId::parse(id).ok()?, RevisionMark(mark)));
        found.into_iter().filter_map(named).collect()
    }

    /// How many are active and not expired.
    pub(crate) fn open_count(&self, now: Timestamp) -> u64 {
        let of_segment = |live| u64::from(open_documents(live, now).count());
        self.segments.iter().map(of_segment).sum()
    }

    /// How many live documents hold the word.
    pub(crate) fn frequency(&self, word: &str) -> u64 {
        let of_segment = |live: &LiveSegment| {
            let term = live.segment.dictionary.find(word);
            term.map_or(0, |term| u64::from(live.frequency(term)))
        };
        self.segments.iter().map(of_segment).sum()
    }

    /// How many live documents hold words that begin like this, counted once for each such word.
    pub(crate) fn frequency_of_completions(&self, beginning: &str) -> u64 {
        let of_segment = |live: &LiveSegment| {
            let terms = live.segment.dictionary.completions(beginning);
            let frequencies = &live.frequencies[terms.start as usize..terms.end as usize];
            frequencies
                .iter()
                .map(|count| u64::from(*count))
                .sum::<u64>()
        };
        self.segments.iter().map(of_segment).sum()
    }
}
