//! The words of every document in order, as term numbers: for nearness, phrases, whole names, and for taking a document out
//! of the statistics again.
//!
//! Beside each number stands a signature of one byte, so that a few terms are looked for in eight words at a time.

use std::ops::Range;

use crate::fields::{Field, FieldEnds};

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) terms: Vec<u32>,
    /// Of each term.
    signatures: Vec<u8>,
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

    /// Calls `visit` with the places of a document, in rising order, where a term with one of the signatures may stand.
    /// `signatures` are repeated in each byte.
    #[inline]
    pub(crate) fn each_place_like(
        &self,
        document: u32,
        signatures: &[u64],
        mut visit: impl FnMut(usize),
    ) {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        let all = &self.signatures[self.range(document)];
        let (words, rest) = all.as_chunks::<8>();
        let mut look = |eight: u64, start: usize| {
            let mut found = 0;
            for signature in signatures {
                // The high bit of each byte that is zero, and sometimes of the one above.
                let different = eight ^ signature;
                found |= different.wrapping_sub(LOW) & !different & HIGH;
            }
            while found != 0 {
                visit(start + found.trailing_zeros() as usize / 8);
                found &= found - 1;
            }
        };
        for (at, word) in words.iter().enumerate() {
            look(u64::from_le_bytes(*word), at * 8);
        }
        for (at, signature) in rest.iter().enumerate() {
            if signatures.iter().any(|wanted| *wanted as u8 == *signature) {
                visit(words.len() * 8 + at);
            }
        }
    }

    /// Reads ahead what [`Self::each_place_like`] will look at.
    pub(crate) fn touch(&self, document: u32) -> u8 {
        let all = &self.signatures[self.range(document)];
        all.iter().step_by(64).fold(0, |all, byte| all ^ byte)
    }

    /// Derives what follows from the rest.
    pub(crate) fn complete(&mut self) {
        self.signatures = self.terms.iter().map(|term| signature(*term)).collect();
        self.terms.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.field_ends.shrink_to_fit();
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.terms.capacity() + self.ends.capacity()) * size_of::<u32>()
            + self.signatures.capacity()
            + self.field_ends.capacity() * size_of::<FieldEnds>()
    }
}

/// One byte of a term: terms that stand side by side in the dictionary have different ones.
pub(crate) fn signature(term: u32) -> u8 {
    (term.wrapping_mul(0x9E37_79B1) >> 24) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_place_of_a_term_is_missed(
            documents in prop::collection::vec(prop::collection::vec(0_u32..600, 0..40), 1..5),
            wanted in prop::collection::vec(0_u32..600, 1..4),
        ) {
            let mut tokens = Tokens::default();
            for terms in &documents {
                tokens.push(terms.iter().copied(), FieldEnds::default());
            }
            tokens.complete();
            let signatures: Vec<u64> = wanted.iter().map(|term| u64::from_le_bytes([signature(*term); 8])).collect();
            for (document, terms) in (0..).zip(&documents) {
                let mut found = Vec::new();
                tokens.each_place_like(document, &signatures, |place| found.push(place));
                prop_assert!(found.is_sorted());
                found.retain(|place| wanted.contains(&terms[*place]));
                let expected: Vec<usize> = (0..terms.len()).filter(|place| wanted.contains(&terms[*place])).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
