//! The words of every document in order, as term numbers: for nearness, phrases, whole names, and for taking a document out
//! of the statistics again.
//!
//! Beside each number stands a code of two bytes, so that a few terms are looked for in four words at a time, and in half of
//! the memory. The most frequent terms have codes of their own; all others share one, and the number tells them apart.

use std::ops::Range;

use crate::fields::{Field, FieldEnds};

/// The code of terms that have none of their own.
const SHARED: u16 = u16::MAX;

const LOW: u64 = 0x0001_0001_0001_0001;
const HIGH: u64 = 0x8000_8000_8000_8000;

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) terms: Vec<u32>,
    /// Of each word.
    codes: Vec<u16>,
    /// By term.
    codes_of_terms: Vec<u16>,
    /// Where each document ends in `terms`.
    pub(crate) ends: Vec<u32>,
    pub(crate) field_ends: Vec<FieldEnds>,
}

impl Tokens {
    pub(crate) fn push(&mut self, terms: impl IntoIterator<Item = u32>, ends: FieldEnds) {
        self.terms.extend(terms);
        self.ends.push(self.terms.len() as u32);
        self.field_ends.push(ends);
    }

    pub(crate) fn of(&self, document: u32) -> &[u32] {
        &self.terms[self.range(document)]
    }

    pub(crate) fn in_field(&self, document: u32, field: Field) -> &[u32] {
        let range = self.field_ends[document as usize].range(field);
        &self.of(document)[usize::from(range.start)..usize::from(range.end)]
    }

    pub(crate) fn range(&self, document: u32) -> Range<usize> {
        let document = document as usize;
        let start = document
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        start..self.ends[document] as usize
    }

    /// The code of a term, in each of four places: what [`Self::each_place_of`] takes.
    pub(crate) fn code(&self, term: u32) -> u64 {
        u64::from(self.codes_of_terms[term as usize]) * LOW
    }

    /// Calls `visit` with the places of a document, in rising order, where a term with one of the codes stands that
    /// `is_wanted`.
    #[inline]
    pub(crate) fn each_place_of(
        &self,
        document: u32,
        codes: &[u64],
        is_wanted: impl Fn(u32) -> bool,
        mut visit: impl FnMut(u16),
    ) {
        let range = self.range(document);
        let all = &self.codes[range.clone()];
        let mut found_at = |at: usize| {
            let is_shared = all[at] == SHARED;
            if !is_shared || is_wanted(self.terms[range.start + at]) {
                visit(at as u16);
            }
        };
        let (fours, rest) = all.as_chunks::<4>();
        for (number, four) in fours.iter().enumerate() {
            let [first, second, third, fourth] = four.map(u64::from);
            let four = first | second << 16 | third << 32 | fourth << 48;
            let mut found = 0;
            for code in codes {
                found |= zeros(four ^ code);
            }
            while found != 0 {
                found_at(number * 4 + found.trailing_zeros() as usize / 16);
                found &= found - 1;
            }
        }
        for (at, code) in rest.iter().enumerate() {
            if codes.iter().any(|wanted| *wanted as u16 == *code) {
                found_at(fours.len() * 4 + at);
            }
        }
    }

    /// Reads ahead what [`Self::each_place_of`] will look at, and where fields end.
    pub(crate) fn touch(&self, document: u32) -> u16 {
        let all = &self.codes[self.range(document)];
        let ends = self.field_ends[document as usize].0[0];
        all.iter().step_by(32).fold(ends, |all, code| all ^ code)
    }

    /// Derives what follows from the rest; `count` says how many documents hold a term.
    pub(crate) fn complete(&mut self, terms: u32, count: impl Fn(u32) -> u32) {
        let mut by_frequency: Vec<u32> = (0..terms).collect();
        by_frequency.sort_unstable_by_key(|term| (std::cmp::Reverse(count(*term)), *term));
        self.codes_of_terms = vec![SHARED; terms as usize];
        for (code, term) in (0..SHARED).zip(by_frequency) {
            self.codes_of_terms[term as usize] = code;
        }
        let codes = self
            .terms
            .iter()
            .map(|term| self.codes_of_terms[*term as usize]);
        self.codes = codes.collect();
        self.terms.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.field_ends.shrink_to_fit();
    }
}

/// The high bit of each of four numbers that is zero.
fn zeros(four: u64) -> u64 {
    // Exact for each of them: no borrow crosses from one to the next.
    !(((four & !HIGH) + !HIGH) | four) & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_of_a_term_is_found_and_no_other(
            documents in prop::collection::vec(prop::collection::vec(prop_oneof![0_u32..9, 65_500_u32..65_560], 0..40), 1..5),
            wanted in prop::collection::vec(prop_oneof![0_u32..9, 65_500_u32..65_560], 1..4),
        ) {
            let mut tokens = Tokens::default();
            for terms in &documents {
                tokens.push(terms.iter().copied(), FieldEnds::default());
            }
            tokens.complete(65_560, |term| 100_000 - term);
            let codes: Vec<u64> = wanted.iter().map(|term| tokens.code(*term)).collect();
            for (document, terms) in (0..).zip(&documents) {
                let mut found = Vec::new();
                tokens.each_place_of(document, &codes, |term| wanted.contains(&term), |place| found.push(usize::from(place)));
                let expected: Vec<usize> = (0..terms.len()).filter(|place| wanted.contains(&terms[*place])).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
