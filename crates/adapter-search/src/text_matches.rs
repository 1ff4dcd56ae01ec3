//! The documents of one segment that match a query's words, with their scores.
//!
//! Slots are matched from the rarest to the most frequent, and one that completes its word in many ways last; each further one
//! looks only at documents that are left, which the skip tables of its posting lists make cheap.

use crate::fields::Field;
use crate::query::{Alternative, QueryPlan, Slot, Word};
use crate::scoring::Scoring;
use crate::settings::SearchSettings;
use crate::snapshot::LiveSegment;

/// Documents in rising order with a score and the places of what matched.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    entries: Vec<Entry>,
    places: Vec<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    document: u32,
    score: f32,
    start: u32,
    end: u32,
}

impl Matches {
    fn push(&mut self, document: u32, score: f32, places: &[u16]) {
        let start = self.places.len() as u32;
        self.places.extend_from_slice(places);
        self.entries.push(Entry {
            document,
            score,
            start,
            end: self.places.len() as u32,
        });
    }

    fn places(&self, entry: &Entry) -> &[u16] {
        &self.places[entry.start as usize..entry.end as usize]
    }

    pub(crate) fn documents(&self) -> Vec<u32> {
        self.entries.iter().map(|entry| entry.document).collect()
    }

    /// Makes one entry of those of the same document: the best score and all places.
    fn united(mut self) -> Self {
        self.entries
            .sort_unstable_by_key(|entry| (entry.document, entry.start));
        let mut result = Self::default();
        let mut places = Vec::new();
        for same in self
            .entries
            .chunk_by(|left, right| left.document == right.document)
        {
            places.clear();
            let mut score = 0.0_f32;
            for entry in same {
                score = score.max(entry.score);
                places.extend_from_slice(self.places(entry));
            }
            if same.len() > 1 {
                places.sort_unstable();
                places.dedup();
            }
            result.push(same[0].document, score, &places);
        }
        result
    }
}

/// Matches the words of queries in one segment.
pub(crate) struct Matcher<'a> {
    pub(crate) live: &'a LiveSegment,
    pub(crate) scoring: &'a Scoring,
    pub(crate) settings: &'a SearchSettings,
}

impl Matcher<'_> {
    /// (document, score) of all documents that match every slot, in rising order.
    pub(crate) fn all(&self, plan: &QueryPlan) -> Vec<(u32, f32)> {
        let mut order: Vec<usize> = (0..plan.slots.len()).collect();
        order.sort_by_key(|at| {
            let slot = &plan.slots[*at];
            (slot.completes_in_many_ways(), slot.frequency)
        });
        let mut of_slots: Vec<Matches> = plan.slots.iter().map(|_| Matches::default()).collect();
        let mut left: Option<Vec<u32>> = None;
        for at in order {
            let matches = self.slot(&plan.slots[at], left.as_deref());
            let documents = matches.documents();
            if documents.is_empty() {
                return Vec::new();
            }
            left = Some(documents);
            of_slots[at] = matches;
        }
        let name_words = plan.normal.split(' ').count();
        let mut next = vec![0; of_slots.len()];
        let mut places: Vec<&[u16]> = Vec::with_capacity(of_slots.len());
        let mut found = Vec::new();
        for document in left.unwrap_or_default() {
            places.clear();
            let mut sum = 0.0;
            for (matches, next) in of_slots.iter().zip(&mut next) {
                while matches.entries[*next].document < document {
                    *next += 1;
                }
                let entry = &matches.entries[*next];
                sum += entry.score;
                places.push(matches.places(entry));
            }
            let ends = &self.live.segment.field_ends[document as usize];
            // The lengths are at hand; the name itself is seldom worth fetching.
            let is_whole_name = usize::from(ends.length(Field::Name)) == name_words
                && self.live.segment.names.get(document) == plan.normal;
            let score = self.scoring.total(sum, &places, ends, is_whole_name);
            found.push((document, score));
        }
        found
    }

    /// Documents that hold any alternative.
    pub(crate) fn slot(&self, slot: &Slot, among: Option<&[u32]>) -> Matches {
        let [only] = slot.alternatives.as_slice() else {
            let mut all = Matches::default();
            for alternative in &slot.alternatives {
                let matches = self.alternative(alternative, among);
                for entry in &matches.entries {
                    all.push(entry.document, entry.score, matches.places(entry));
                }
            }
            return all.united();
        };
        self.alternative(only, among)
    }

    /// Documents that hold all words.
    fn alternative(&self, alternative: &Alternative, among: Option<&[u32]>) -> Matches {
        let mut so_far: Option<(Vec<u32>, Vec<Matches>)> = None;
        for word in &alternative.words {
            let (left, mut matches) = so_far.unwrap_or_default();
            let among = if matches.is_empty() {
                among
            } else {
                Some(left.as_slice())
            };
            let of_word = self.word(word, alternative.weight, among);
            let left = of_word.documents();
            matches.push(of_word);
            so_far = Some((left, matches));
        }
        let Some((documents, mut matches)) = so_far else {
            return Matches::default();
        };
        if matches.len() == 1 {
            return matches.pop().unwrap_or_default();
        }
        let mut result = Matches::default();
        let mut next = vec![0; matches.len()];
        for document in documents {
            let mut score = 0.0;
            let mut of_words: Vec<&[u16]> = Vec::with_capacity(matches.len());
            for (matches, next) in matches.iter().zip(&mut next) {
                while matches.entries[*next].document < document {
                    *next += 1;
                }
                score += matches.entries[*next].score;
                of_words.push(matches.places(&matches.entries[*next]));
            }
            if !alternative.adjacent || self.follow_each_other(document, &of_words) {
                let mut places = of_words.concat();
                places.sort_unstable();
                places.dedup();
                result.push(document, score, &places);
            }
        }
        result
    }

    fn follow_each_other(&self, document: u32, of_words: &[&[u16]]) -> bool {
        let ends = &self.live.segment.field_ends[document as usize];
        of_words[0].iter().any(|first| {
            (1_u16..).zip(&of_words[1..]).all(|(distance, places)| {
                let place = first + distance;
                places.binary_search(&place).is_ok()
                    && ends.field_at(place) == ends.field_at(*first)
            })
        })
    }

    /// Documents that hold any form.
    fn word(&self, word: &Word, weight: f32, among: Option<&[u32]>) -> Matches {
        let dictionary = &self.live.segment.dictionary;
        // (term, weight, whether places are kept)
        let mut terms: Vec<(u32, f32, bool)> = word
            .forms
            .iter()
            .filter_map(|(form, weight)| Some((dictionary.find(form)?, *weight, true)))
            .collect();
        if let Some(prefix) = &word.prefix {
            let forms = terms.len();
            for term in dictionary.completions(prefix) {
                if !terms[..forms].iter().any(|(form, _, _)| *form == term) {
                    terms.push((term, self.settings.forms.prefix, word.places_of_completions));
                }
            }
        }
        let weight = weight * self.scoring.informativeness(word.frequency);
        let mut matches = Matches::default();
        for (term, of_form, keeps_places) in &terms {
            self.term(*term, weight * of_form, *keeps_places, among, &mut matches);
        }
        if terms.len() > 1 {
            matches.united()
        } else {
            matches
        }
    }

    fn term(
        &self,
        term: u32,
        weight: f32,
        keeps_places: bool,
        among: Option<&[u32]>,
        matches: &mut Matches,
    ) {
        let segment = &self.live.segment;
        let mut cursor = segment.postings.cursor(term);
        let mut take = |document: u32, cursor: &mut crate::postings::PostingCursor<'_>| {
            let start = matches.places.len();
            cursor.places(&mut matches.places);
            let ends = &segment.field_ends[document as usize];
            let score = weight * self.scoring.saturated(&matches.places[start..], ends);
            if !keeps_places {
                matches.places.truncate(start);
            }
            matches.entries.push(Entry {
                document,
                score,
                start: start as u32,
                end: matches.places.len() as u32,
            });
        };
        match among {
            None => {
                while let Some(document) = cursor.advance() {
                    if self.live.is_live(document) {
                        take(document, &mut cursor);
                    }
                }
            }
            // Whatever is left is alive.
            Some(mut left) => {
                while let Some(wanted) = left.first() {
                    let Some(document) = cursor.advance_to(*wanted) else {
                        break;
                    };
                    left = &left[left.partition_point(|other| *other < document)..];
                    if left.first() == Some(&document) {
                        take(document, &mut cursor);
                        left = &left[1..];
                    }
                }
            }
        }
    }
}
