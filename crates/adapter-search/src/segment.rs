//! One immutable part of the index: documents in the order of their ids with everything that is known of them.

mod builder;
mod merge;

use std::cmp::Ordering;

pub(crate) use builder::{SegmentBuilder, document_words};
pub(crate) use merge::merged;

use crate::cards::Cards;
use crate::dictionary::Dictionary;
use crate::facts::Facts;
use crate::fields::FieldEnds;
use crate::postings::Postings;
use crate::strings::StringArena;

#[derive(Debug, Default)]
pub(crate) struct Segment {
    /// Sorted; a document's number is its id's rank.
    pub(crate) ids: StringArena,
    /// In normal form, for sorting and for comparison with whole queries.
    pub(crate) names: StringArena,
    /// In normal form.
    pub(crate) organizations: StringArena,
    pub(crate) facts: Vec<Facts>,
    facts_heap_bytes: usize,
    pub(crate) field_ends: Vec<FieldEnds>,
    pub(crate) cards: Cards,
    pub(crate) dictionary: Dictionary,
    pub(crate) postings: Postings,
}

impl Segment {
    pub(crate) fn len(&self) -> u32 {
        self.ids.len()
    }

    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.ids.find_sorted(id)
    }

    pub(crate) fn compare_ids(&self, document: u32, other: &Self, other_document: u32) -> Ordering {
        self.ids.get(document).cmp(other.ids.get(other_document))
    }

    /// Estimate of the memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.ids.bytes()
            + self.names.bytes()
            + self.organizations.bytes()
            + self.facts.capacity() * size_of::<Facts>()
            + self.facts_heap_bytes
            + self.field_ends.capacity() * size_of::<FieldEnds>()
            + self.cards.bytes()
            + self.dictionary.bytes()
            + self.postings.bytes()
    }

    /// Gives back what was reserved while the segment grew.
    fn complete(&mut self) {
        self.ids.shrink();
        self.names.shrink();
        self.organizations.shrink();
        self.facts.shrink_to_fit();
        self.field_ends.shrink_to_fit();
        self.facts_heap_bytes = self.facts.iter().map(Facts::heap_bytes).sum();
    }
}
