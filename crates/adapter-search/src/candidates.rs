//! The documents of one segment that match every slot of a query, with the sums of their words' scores.
//!
//! The slot with the fewest postings gives the candidates; every further one is looked up for those that are left, or its
//! postings are spread over a table of all documents where that costs less. A slot's score on a document is that of its best
//! term: weight times impact.

mod unions;

use std::ops::Range;

use crate::buffers::Buffer;
use crate::postings::{List, Probe};
use crate::segment::Segment;
use crate::snapshot::LiveSegment;
use crate::words_in_segment::{Conjunction, QueryTerms, SlotTerms, WordTerms};
use unions::{Postings, marked_union, sorted_union, spread, united};

/// Up to so many postings are sorted rather than marked in a table of all documents.
const FEW: u32 = 256;

/// What it costs, about, to read a document's words and look for completions among them, to look one document up in a list,
/// and to spread one posting over a table of all documents.
const READ_WORDS: u64 = 64;
const PROBE: u64 = 4;
const SPREAD: u64 = 2;

/// Matching documents in rising order, and for each the sum of its slots' scores.
#[derive(Debug)]
pub(crate) enum Candidates<'a> {
    Listed(Listed),
    /// One whole posting list, which need not be copied.
    List(List<'a>, u32),
}

#[derive(Debug, Default)]
pub(crate) struct Listed {
    documents: Buffer,
    sums: Buffer,
}

impl Default for Candidates<'_> {
    fn default() -> Self {
        Self::Listed(Listed::default())
    }
}

impl<'a> Candidates<'a> {
    /// Documents that no word was asked for.
    pub(crate) fn without_words(documents: Buffer) -> Self {
        Self::Listed(Listed {
            sums: Buffer::zeros(documents.len()),
            documents,
        })
    }

    pub(crate) fn documents(&self) -> &[u32] {
        match self {
            Self::Listed(listed) => &listed.documents,
            Self::List(list, _) => list.documents,
        }
    }

    /// Of the document at a position.
    pub(crate) fn sum(&self, at: usize) -> u32 {
        match self {
            Self::Listed(listed) => listed.sums[at],
            Self::List(list, weight) => u32::from(list.impacts[at]) * weight,
        }
    }

    /// Calls `visit` with the position, the document and its sum, for those whose sum is at least `least`; `visit` may raise it.
    #[inline]
    pub(crate) fn each_from(
        &self,
        mut least: u32,
        mut visit: impl FnMut(&mut u32, usize, u32, u32),
    ) {
        match self {
            Self::Listed(listed) => {
                let pairs = listed.documents.iter().zip(listed.sums.iter());
                for (at, (document, sum)) in pairs.enumerate() {
                    if *sum >= least {
                        visit(&mut least, at, *document, *sum);
                    }
                }
            }
            Self::List(list, weight) => {
                for (at, (document, impact)) in list.iter().enumerate() {
                    let sum = u32::from(impact) * weight;
                    if sum >= least {
                        visit(&mut least, at, document, sum);
                    }
                }
            }
        }
    }

    pub(crate) fn retain(&mut self, keeps: impl FnMut(u32) -> bool) {
        *self = Self::Listed(match std::mem::take(self) {
            Self::Listed(mut listed) => {
                listed.retain(keeps);
                listed
            }
            Self::List(list, weight) => Listed::of_part(list, weight, keeps),
        });
    }

    fn listed(self) -> Listed {
        match self {
            Self::Listed(listed) => listed,
            Self::List(list, weight) => {
                let mut listed = Listed::default();
                listed.documents.extend_from_slice(list.documents);
                let scores = list
                    .impacts
                    .iter()
                    .map(|impact| u32::from(*impact) * weight);
                listed.sums.extend(scores);
                listed
            }
        }
    }
}

impl Listed {
    /// What of a posting list is kept, without copying the rest first.
    fn of_part(list: List<'_>, weight: u32, mut keeps: impl FnMut(u32) -> bool) -> Self {
        let mut listed = Self {
            documents: Buffer::zeros(list.len()),
            sums: Buffer::zeros(list.len()),
        };
        let (documents, sums) = (listed.documents.as_mut_slice(), listed.sums.as_mut_slice());
        let mut kept = 0;
        for (document, impact) in list.iter() {
            // Written whether it stays or not: no branch to mispredict.
            documents[kept] = document;
            sums[kept] = u32::from(impact) * weight;
            kept += usize::from(keeps(document));
        }
        listed.documents.truncate(kept);
        listed.sums.truncate(kept);
        listed
    }

    fn push(&mut self, document: u32, sum: u32) {
        self.documents.push(document);
        self.sums.push(sum);
    }

    fn retain(&mut self, mut keeps: impl FnMut(u32) -> bool) {
        let mut kept = 0;
        for at in 0..self.documents.len() {
            let document = self.documents[at];
            self.documents[kept] = document;
            self.sums[kept] = self.sums[at];
            kept += usize::from(keeps(document));
        }
        self.documents.truncate(kept);
        self.sums.truncate(kept);
    }

    /// Adds a score to each sum; those that have none go.
    fn narrow(&mut self, scores: &[u32]) {
        let mut kept = 0;
        for (at, score) in scores.iter().enumerate() {
            // Written whether it stays or not: no branch to mispredict.
            self.documents[kept] = self.documents[at];
            self.sums[kept] = self.sums[at] + score;
            kept += usize::from(*score > 0);
        }
        self.documents.truncate(kept);
        self.sums.truncate(kept);
    }
}

/// Matches queries in one segment, among its live documents from `first` on.
#[derive(Clone, Copy)]
pub(crate) struct Matcher<'a> {
    live: &'a LiveSegment,
    segment: &'a Segment,
    first: u32,
}

impl<'a> Matcher<'a> {
    pub(crate) fn of(live: &'a LiveSegment, first: u32) -> Self {
        Self {
            live,
            segment: &live.segment,
            first,
        }
    }

    /// Documents that match all slots that must match; a query without any matches nothing here.
    pub(crate) fn all(self, terms: &QueryTerms) -> Candidates<'a> {
        let mut slots: Vec<&SlotTerms> = terms.slots.iter().collect();
        slots.sort_by_key(|slot| slot.size);
        let Some((rarest, others)) = slots.split_first() else {
            return Candidates::default();
        };
        if others.is_empty() && terms.optional.is_empty() {
            return self.slot(rarest);
        }
        let mut found = self.slot(rarest).listed();
        for slot in others {
            if found.documents.is_empty() {
                break;
            }
            let scores = self.slot_scores(slot, &found.documents);
            found.narrow(&scores);
        }
        for slot in &terms.optional {
            let scores = self.slot_scores(slot, &found.documents);
            for (sum, score) in found.sums.iter_mut().zip(scores.iter()) {
                *sum += score;
            }
        }
        Candidates::Listed(found)
    }

    /// Documents that match one slot.
    pub(crate) fn slot(self, slot: &SlotTerms) -> Candidates<'a> {
        let mut union = self.word(&slot.word);
        for conjunction in &slot.conjunctions {
            union = Candidates::Listed(united(union.listed(), self.conjunction(conjunction)));
        }
        union
    }

    fn conjunction(self, conjunction: &Conjunction) -> Listed {
        let mut words: Vec<&WordTerms> = conjunction.words.iter().collect();
        words.sort_by_key(|word| word.size);
        let Some((rarest, others)) = words.split_first() else {
            return Listed::default();
        };
        let mut found = self.word(rarest).listed();
        for word in others {
            let scores = self.word_scores(word, &found.documents);
            found.narrow(&scores);
        }
        if conjunction.adjacent {
            let mut scores = Buffer::new();
            let documents = found.documents.iter();
            scores.extend(
                documents.map(|document| u32::from(self.follow_each_other(conjunction, *document))),
            );
            found.narrow(&scores);
            // One point for being there is not part of the score.
            found.sums.iter_mut().for_each(|sum| *sum -= 1);
        }
        found
    }

    fn word(self, word: &WordTerms) -> Candidates<'a> {
        let is_live = |document| self.live.is_live(document);
        if let ([(term, weight)], true) = (word.terms.as_slice(), word.completions.is_empty()) {
            let list = self.segment.postings.list(*term).from(self.first);
            let mut only = Candidates::List(list, *weight);
            if self.live.dead.count() > 0 {
                only.retain(is_live);
            }
            return only;
        }
        let postings = self.postings(word);
        Candidates::Listed(if word.size <= FEW {
            let mut union = sorted_union(&postings);
            union.retain(|document| document >= self.first && is_live(document));
            union
        } else {
            marked_union(&postings, self.first, &self.live.dead)
        })
    }

    /// All postings of a word; those of its completions may be of documents before `first`.
    fn postings(self, word: &WordTerms) -> Vec<Postings<'a>> {
        let postings = &self.segment.postings;
        let of_terms = word.terms.iter().map(|(term, weight)| {
            let list = postings.list(*term).from(self.first);
            Postings {
                documents: list.documents,
                impacts: list.impacts,
                weight: *weight,
            }
        });
        let mut all: Vec<_> = of_terms.collect();
        if !word.completions.is_empty() {
            let (documents, impacts) = postings.lists(word.completions.clone());
            all.push(Postings {
                documents,
                impacts,
                weight: word.completion_weight,
            });
        }
        all
    }

    /// The scores of a slot on some documents, 0 where it does not match.
    pub(crate) fn slot_scores(self, slot: &SlotTerms, documents: &[u32]) -> Buffer {
        let mut scores = self.word_scores(&slot.word, documents);
        for conjunction in &slot.conjunctions {
            let mut all = Buffer::zeros(documents.len());
            let mut holds = vec![true; documents.len()];
            for word in &conjunction.words {
                let of_word = self.word_scores(word, documents);
                for ((sum, holds), score) in all.iter_mut().zip(&mut holds).zip(of_word.iter()) {
                    *sum += score;
                    *holds &= *score > 0;
                }
            }
            for (at, document) in documents.iter().enumerate() {
                if holds[at]
                    && all[at] > scores[at]
                    && (!conjunction.adjacent || self.follow_each_other(conjunction, *document))
                {
                    scores[at] = all[at];
                }
            }
        }
        scores
    }

    fn word_scores(self, word: &WordTerms, documents: &[u32]) -> Buffer {
        let count = documents.len() as u64;
        let completions = word.completions.clone();
        let is_reading = PROBE * completions.len() as u64 > READ_WORDS;
        let of_completions = READ_WORDS.min(PROBE * completions.len() as u64);
        let looking_up = count * (PROBE * word.terms.len() as u64 + of_completions);
        if SPREAD * (u64::from(word.size) + count) < looking_up {
            return spread(&self.postings(word), documents, self.segment.len());
        }
        let mut scores = Buffer::zeros(documents.len());
        let probed = if is_reading {
            0..0
        } else {
            completions.clone()
        };
        let weight = word.completion_weight;
        let probed = probed.map(|term| (term, weight));
        for (term, weight) in word.terms.iter().copied().chain(probed) {
            let mut probe = self.segment.postings.list(term).probe();
            for (score, document) in scores.iter_mut().zip(documents) {
                *score = (*score).max(u32::from(probe.impact(*document)) * weight);
            }
        }
        if is_reading {
            for (score, document) in scores.iter_mut().zip(documents) {
                let impact = self.best_impact(&completions, *document);
                *score = (*score).max(u32::from(impact) * weight);
            }
        }
        scores
    }

    /// The highest impact of some terms on a document, found among the document's words; 0 when it holds none of them.
    fn best_impact(self, terms: &Range<u32>, document: u32) -> u8 {
        let (mut best, mut last) = (0, None);
        for term in self.segment.tokens.of(document) {
            if terms.contains(term) && last != Some(*term) {
                let mut probe: Probe<'_> = self.segment.postings.list(*term).probe();
                best = best.max(probe.impact(document));
                last = Some(*term);
            }
        }
        best
    }

    fn follow_each_other(self, conjunction: &Conjunction, document: u32) -> bool {
        let tokens = self.segment.tokens.of(document);
        let ends = &self.segment.tokens.field_ends[document as usize];
        let mut start = 0_u16;
        ends.0.iter().any(|end| {
            let field = &tokens[usize::from(start)..usize::from(*end)];
            start = *end;
            field.windows(conjunction.words.len()).any(|window| {
                let mut pairs = window.iter().zip(&conjunction.words);
                pairs.all(|(term, word)| word.holds(*term))
            })
        })
    }
}
