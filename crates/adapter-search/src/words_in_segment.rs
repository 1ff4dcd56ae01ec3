//! The words of a query as term numbers of one segment, with what a match counts.

use std::ops::Range;

use crate::query::{QueryPlan, Slot, Word};
use crate::scoring::ONE;
use crate::segment::Segment;
use crate::tokens::Tokens;

/// One word: any of some terms, or of a range of terms that begin alike.
#[derive(Debug, Default)]
pub(crate) struct WordTerms {
    /// (term, weight); no term twice, none of the completions.
    pub(crate) terms: Vec<(u32, u32)>,
    pub(crate) completions: Range<u32>,
    pub(crate) completion_weight: u32,
    /// Postings of all of them.
    pub(crate) size: u32,
}

/// Words that must all be there.
#[derive(Debug)]
pub(crate) struct Conjunction {
    pub(crate) words: Vec<WordTerms>,
    /// Whether they must follow each other directly.
    pub(crate) adjacent: bool,
}

/// One slot: a word, or any of some conjunctions.
#[derive(Debug)]
pub(crate) struct SlotTerms {
    pub(crate) word: WordTerms,
    pub(crate) conjunctions: Vec<Conjunction>,
    /// At most so many documents match.
    pub(crate) size: u32,
}

/// A whole query.
#[derive(Debug)]
pub(crate) struct QueryTerms {
    /// All of them must match.
    pub(crate) slots: Vec<SlotTerms>,
    /// These only count where they match.
    pub(crate) optional: Vec<SlotTerms>,
    /// The terms of the whole query, stop words included, if the segment knows all of them.
    pub(crate) whole: Option<Vec<u32>>,
    /// By slot: the terms of every word in every alternative.
    pub(crate) ranges: Vec<Vec<Range<u32>>>,
    /// By slot: the codes of its terms; empty when they are too many to look for one by one.
    pub(crate) codes: Vec<Vec<u64>>,
}

/// Looking for more codes than this takes longer than looking at every word.
const MOST_CODES: usize = 8;

impl QueryTerms {
    pub(crate) fn of(plan: &QueryPlan, segment: &Segment) -> Self {
        let find = |word: &String| segment.dictionary.find(word);
        let in_segment = |slots: &[Slot]| -> Vec<SlotTerms> {
            let slots = slots.iter();
            slots.map(|slot| SlotTerms::of(slot, segment)).collect()
        };
        let slots = in_segment(&plan.slots);
        let ranges: Vec<Vec<Range<u32>>> = slots
            .iter()
            .map(|slot| slot.words().flat_map(WordTerms::ranges).collect())
            .collect();
        let codes = ranges
            .iter()
            .map(|ranges| codes(ranges, &segment.tokens))
            .collect();
        Self {
            optional: in_segment(&plan.optional),
            slots,
            whole: plan.words.iter().map(find).collect(),
            ranges,
            codes,
        }
    }
}

fn codes(ranges: &[Range<u32>], tokens: &Tokens) -> Vec<u64> {
    let terms = ranges.iter().cloned().flatten().take(MOST_CODES + 1);
    let mut all: Vec<u64> = terms.map(|term| tokens.code(term)).collect();
    if all.len() > MOST_CODES {
        return Vec::new();
    }
    all.sort_unstable();
    all.dedup();
    all
}

impl SlotTerms {
    fn of(slot: &Slot, segment: &Segment) -> Self {
        let mut word = WordTerms::default();
        let mut conjunctions = Vec::new();
        for alternative in &slot.alternatives {
            match alternative.words.as_slice() {
                [single] => word.add(single, alternative.weight, segment),
                several => conjunctions.push(Conjunction {
                    words: several
                        .iter()
                        .map(|word| WordTerms::of(word, alternative.weight, segment))
                        .collect(),
                    adjacent: alternative.adjacent,
                }),
            }
        }
        let of_conjunctions = conjunctions.iter().map(Conjunction::size).sum::<u32>();
        Self {
            size: word.size.saturating_add(of_conjunctions),
            word,
            conjunctions,
        }
    }

    /// Every word of every alternative.
    fn words(&self) -> impl Iterator<Item = &WordTerms> {
        let of_conjunctions = self.conjunctions.iter().flat_map(|one| &one.words);
        std::iter::once(&self.word).chain(of_conjunctions)
    }
}

impl Conjunction {
    fn size(&self) -> u32 {
        self.words.iter().map(|word| word.size).min().unwrap_or(0)
    }
}

impl WordTerms {
    fn of(word: &Word, weight: u32, segment: &Segment) -> Self {
        let mut terms = Self::default();
        terms.add(word, weight, segment);
        terms
    }

    fn add(&mut self, word: &Word, weight: u32, segment: &Segment) {
        // At least 1: a match must be told from none, however frequent the word is.
        let weight_of =
            |informativeness: u32, form: u32| (informativeness * form / ONE * weight / ONE).max(1);
        for (form, form_weight) in &word.forms {
            let Some(term) = segment.dictionary.find(form) else {
                continue;
            };
            let weight = weight_of(word.informativeness, *form_weight);
            match self.terms.iter_mut().find(|(known, _)| *known == term) {
                Some((_, known)) => *known = weight.max(*known),
                None => {
                    self.terms.push((term, weight));
                    self.size = self.size.saturating_add(segment.postings.count(term));
                }
            }
        }
        if let Some(prefix) = &word.prefix {
            // At most one word of a query is taken for a beginning, and synonyms are not.
            self.completions = segment.dictionary.completions(&prefix.beginning);
            self.completion_weight = weight_of(prefix.informativeness, prefix.weight);
            let size = segment.postings.count_of_range(self.completions.clone());
            self.size = self.size.saturating_add(size);
        }
    }

    fn ranges(&self) -> impl Iterator<Item = Range<u32>> {
        let terms = self.terms.iter().map(|(term, _)| *term..*term + 1);
        let all = terms.chain(std::iter::once(self.completions.clone()));
        all.filter(|range| !range.is_empty())
    }

    /// Whether the term is one of them.
    pub(crate) fn holds(&self, term: u32) -> bool {
        self.completions.contains(&term) || self.terms.iter().any(|(known, _)| *known == term)
    }
}
