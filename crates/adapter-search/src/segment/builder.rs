//! Making a segment of records.

use domain::{Scholarship, ScholarshipDocument};

use super::Segment;
use crate::analysis::{normal_form, visit_words};
use crate::cards::CardsBuilder;
use crate::dictionary::Dictionary;
use crate::facts::Facts;
use crate::fields::{FIELDS, FieldEnds, MOST_WORDS, visit_texts};
use crate::postings::{ListBuilder, Postings};

/// Calls `visit` with every searched word of a record and its place; returns where the fields end. A card that is read back
/// gives the same words.
pub(crate) fn document_words(
    document: &ScholarshipDocument,
    mut visit: impl FnMut(&str, u16),
) -> FieldEnds {
    let mut lengths = [0_u16; FIELDS.len()];
    let mut place = 0;
    visit_texts(document, |field, text| {
        visit_words(text, |word, _| {
            let length = &mut lengths[field as usize];
            if *length < MOST_WORDS {
                visit(word, place);
                *length += 1;
                place += 1;
            }
        });
    });
    let mut end = 0;
    FieldEnds(lengths.map(|length| {
        end += length;
        end
    }))
}

/// Takes records in rising order of their ids.
#[derive(Default)]
pub(crate) struct SegmentBuilder {
    segment: Segment,
    cards: CardsBuilder,
    terms: std::collections::HashMap<Box<str>, u32, ahash::RandomState>,
    lists: Vec<ListBuilder>,
    /// (term, place) of the record at hand.
    occurrences: Vec<(u32, u16)>,
    places: Vec<u16>,
    card: Vec<u8>,
}

impl SegmentBuilder {
    pub(crate) fn push(&mut self, scholarship: &Scholarship) {
        let document = self.segment.len();
        let segment = &mut self.segment;
        segment.ids.push(scholarship.id.as_str());
        segment.names.push(&normal_form(&scholarship.content.name));
        segment
            .organizations
            .push(&normal_form(&scholarship.content.organization));
        segment.facts.push(Facts::of(scholarship));
        let texts = ScholarshipDocument::from(scholarship);
        self.card.clear();
        let json = serde_json::to_writer(&mut self.card, &texts);
        if let Err(error) = json {
            // Cannot happen: the document has no maps with keys other than texts, and writing to memory does not fail.
            tracing::error!(%error, id = %scholarship.id, "a scholarship could not be written as JSON");
        }
        self.cards.push(&self.card);
        self.index_words(document, &texts);
    }

    fn index_words(&mut self, document: u32, texts: &ScholarshipDocument) {
        self.occurrences.clear();
        let ends = document_words(texts, |word, place| {
            let known = self.terms.get(word).copied();
            let term = known.unwrap_or_else(|| {
                let term = self.lists.len() as u32;
                self.terms.insert(word.into(), term);
                self.lists.push(ListBuilder::default());
                term
            });
            self.occurrences.push((term, place));
        });
        self.segment.field_ends.push(ends);
        self.occurrences.sort_unstable();
        for occurrences in self.occurrences.chunk_by(|left, right| left.0 == right.0) {
            self.places.clear();
            self.places
                .extend(occurrences.iter().map(|(_, place)| *place));
            self.lists[occurrences[0].0 as usize].push(document, &self.places);
        }
    }

    pub(crate) fn finish(mut self) -> Segment {
        let mut terms: Vec<(Box<str>, u32)> = self.terms.into_iter().collect();
        terms.sort_unstable();
        let mut postings = Postings::default();
        for (_, term) in &terms {
            postings.append(&std::mem::take(&mut self.lists[*term as usize]));
        }
        postings.shrink();
        let mut segment = self.segment;
        segment.dictionary = Dictionary::of_sorted(terms.iter().map(|(word, _)| &**word));
        segment.postings = postings;
        segment.cards = self.cards.finish();
        segment.complete();
        segment
    }
}
