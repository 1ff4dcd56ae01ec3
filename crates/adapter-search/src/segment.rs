//! One immutable part of the index: some documents with everything that is known of them.
//!
//! Documents are numbered so that what is usually asked for is one range: first those that are not active, then the active ones
//! in the order in which they expire. At any instant the open ones are those from some number on.

mod builder;
mod merge;
mod stored;

use std::cmp::Ordering;

pub(crate) use builder::SegmentBuilder;
pub(crate) use merge::merged;

use domain::{EditorialStatus, Timestamp};

use crate::cards::Cards;
use crate::criteria_table::CriteriaTable;
use crate::dictionary::Dictionary;
use crate::facets::FacetColumns;
use crate::facts::{FactTables, Facts};
use crate::postings::Postings;
use crate::strings::StringArena;
use crate::suggest::Titles;
use crate::tokens::Tokens;

#[derive(Debug, Default)]
pub(crate) struct Segment {
    pub(crate) ids: StringArena,
    /// The documents in the order of their ids.
    pub(crate) by_id: Vec<u32>,
    /// In normal form.
    pub(crate) names: StringArena,
    /// The documents in the order of their names.
    pub(crate) by_name: Vec<u32>,
    /// In normal form.
    pub(crate) organizations: StringArena,
    pub(crate) facts: Vec<Facts>,
    pub(crate) tables: FactTables,
    pub(crate) columns: FacetColumns,
    pub(crate) criteria: CriteriaTable,
    /// Microseconds since 1970.
    pub(crate) created: Vec<i64>,
    /// [`ports::RevisionMark`] of each document.
    pub(crate) marks: Vec<u64>,
    /// How many documents, the first ones, are not active.
    pub(crate) inactive: u32,
    pub(crate) tokens: Tokens,
    pub(crate) cards: Cards,
    pub(crate) dictionary: Dictionary,
    pub(crate) postings: Postings,
    pub(crate) titles: Titles,
}

/// What the number of a document follows from, together with its id.
pub(crate) fn place_of(facts: &Facts) -> (bool, i64) {
    let active = facts.status() == EditorialStatus::Active;
    (active, if active { facts.expires_at() } else { 0 })
}

impl Segment {
    pub(crate) fn len(&self) -> u32 {
        self.ids.len()
    }

    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        let found = self
            .by_id
            .binary_search_by(|document| self.ids.get(*document).cmp(id));
        found.ok().map(|at| self.by_id[at])
    }

    /// The documents of this name, which is in normal form.
    pub(crate) fn named(&self, name: &str) -> Vec<u32> {
        let name_of = |document: &u32| self.names.get(*document);
        let start = self
            .by_name
            .partition_point(|document| name_of(document) < name);
        let same = self.by_name[start..].iter().copied();
        same.take_while(|document| name_of(document) == name)
            .collect()
    }

    /// The first document that is active and not expired; so are all behind it.
    pub(crate) fn first_open(&self, now: Timestamp) -> u32 {
        let active = &self.facts[self.inactive as usize..];
        self.inactive + active.partition_point(|facts| facts.is_expired(now)) as u32
    }

    pub(crate) fn compare(&self, document: u32, other: &Self, other_document: u32) -> Ordering {
        let place = |segment: &Self, document: u32| place_of(&segment.facts[document as usize]);
        place(self, document)
            .cmp(&place(other, other_document))
            .then_with(|| self.ids.get(document).cmp(other.ids.get(other_document)))
    }

    /// Completes a segment whose documents are all there, and gives back what was reserved while it grew.
    fn complete(&mut self) {
        self.ids.shrink();
        self.names.shrink();
        self.organizations.shrink();
        self.facts.shrink_to_fit();
        self.created.shrink_to_fit();
        self.marks.shrink_to_fit();
        let ids = &self.ids;
        let mut by_id: Vec<u32> = (0..ids.len()).collect();
        by_id.sort_unstable_by_key(|document| ids.get(*document));
        self.by_id = by_id;
        let names = &self.names;
        let mut by_name: Vec<u32> = (0..names.len()).collect();
        by_name.sort_unstable_by_key(|document| names.get(*document));
        self.by_name = by_name;
        self.derive();
        self.titles = Titles::of(self);
    }

    /// Makes what follows quickly from the rest, titles aside.
    fn derive(&mut self) {
        let is_inactive = |facts: &Facts| facts.status() != EditorialStatus::Active;
        self.inactive = self.facts.partition_point(is_inactive) as u32;
        self.columns = FacetColumns::of(&self.facts);
        let postings = &self.postings;
        self.tokens
            .complete(self.dictionary.len(), |term| postings.count(term));
    }
}
