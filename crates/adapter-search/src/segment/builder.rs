//! Making a segment of records.

use std::collections::HashMap;

use domain::{Scholarship, ScholarshipDocument};
use ports::RevisionMark;

use super::{Segment, place_of};
use crate::analysis::{normal_form, visit_words};
use crate::cards::CardsBuilder;
use crate::criteria_table::CriteriaTableBuilder;
use crate::dictionary::Dictionary;
use crate::facts::{FactTables, Facts};
use crate::fields::{FIELDS, FieldEnds, MOST_WORDS, visit_texts};
use crate::postings::PostingsBuilder;
use crate::scoring::Impacts;

/// Calls `visit` with every searched word of a record; returns where the fields end.
fn document_words(document: &ScholarshipDocument, mut visit: impl FnMut(&str)) -> FieldEnds {
    let mut lengths = [0_u16; FIELDS.len()];
    visit_texts(document, |field, text| {
        visit_words(text, |word, _| {
            let length = &mut lengths[field as usize];
            if *length < MOST_WORDS {
                visit(word);
                *length += 1;
            }
        });
    });
    let mut end = 0;
    FieldEnds(lengths.map(|length| {
        end += length;
        end
    }))
}

/// Takes records in any order; no id twice.
pub(crate) struct SegmentBuilder<'a> {
    impacts: &'a Impacts,
    tables: FactTables,
    records: Vec<(Facts, &'a Scholarship)>,
}

impl<'a> SegmentBuilder<'a> {
    pub(crate) fn new(impacts: &'a Impacts) -> Self {
        Self {
            impacts,
            tables: FactTables::default(),
            records: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, scholarship: &'a Scholarship) {
        let facts = Facts::of(scholarship, &mut self.tables);
        self.records.push((facts, scholarship));
    }

    pub(crate) fn finish(mut self) -> Segment {
        self.records
            .sort_unstable_by(|(left, one), (right, other)| {
                let places = place_of(left).cmp(&place_of(right));
                places.then_with(|| one.id.cmp(&other.id))
            });
        let mut segment = Segment {
            tables: self.tables,
            ..Segment::default()
        };
        // Words have preliminary numbers until all are known.
        let mut words: HashMap<Box<str>, u32, ahash::RandomState> = HashMap::default();
        let mut postings = PostingsBuilder::default();
        let mut cards = CardsBuilder::default();
        let mut criteria = CriteriaTableBuilder::default();
        let (mut terms, mut card, mut occurrences) = (Vec::new(), Vec::new(), Vec::new());
        for (document, (facts, scholarship)) in (0..).zip(self.records) {
            segment.ids.push(scholarship.id.as_str());
            segment.names.push(&normal_form(&scholarship.content.name));
            let organization = normal_form(&scholarship.content.organization);
            segment.organizations.push(&organization);
            segment.facts.push(facts);
            criteria.push(&scholarship.content.criteria);
            let created = scholarship.created_at.timestamp_micros();
            segment.created.push(created);
            segment.marks.push(RevisionMark::of_record(scholarship).0);
            let texts = ScholarshipDocument::from(scholarship);
            card.clear();
            if let Err(error) = serde_json::to_writer(&mut card, &texts) {
                // Cannot happen: the document has no maps with keys other than texts, and writing to memory does not fail.
                tracing::error!(%error, id = %scholarship.id, "a scholarship could not be written as JSON");
            }
            cards.push(&card);
            terms.clear();
            let ends = document_words(&texts, |word| {
                let next = words.len() as u32;
                let known = words.get(word).copied();
                terms.push(known.unwrap_or_else(|| {
                    words.insert(word.into(), next);
                    next
                }));
            });
            self.impacts
                .of_document(&terms, &ends, &mut occurrences, |term, impact| {
                    postings.push(term, document, impact);
                });
            segment.tokens.push(terms.iter().copied(), ends);
        }
        segment.cards = cards.finish();
        segment.criteria = criteria.finish();
        let mut words: Vec<(Box<str>, u32)> = words.into_iter().collect();
        words.sort_unstable();
        let mut ranks = vec![0; words.len()];
        for (rank, (_, number)) in (0..).zip(&words) {
            ranks[*number as usize] = rank;
        }
        for term in &mut segment.tokens.terms {
            *term = ranks[*term as usize];
        }
        segment.dictionary = Dictionary::of_sorted(words.iter().map(|(word, _)| &**word));
        let order = words.iter().map(|(_, number)| *number);
        segment.postings = postings.finish(order, segment.len());
        segment.complete();
        segment
    }
}
