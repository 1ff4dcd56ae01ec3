//! The words of every document in order, as term numbers: for nearness, phrases, whole names, and for taking a document out
//! of the statistics again.

use std::ops::Range;

use crate::fields::{Field, FieldEnds};

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) terms: Vec<u32>,
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

    pub(crate) fn shrink(&mut self) {
        self.terms.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.field_ends.shrink_to_fit();
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.terms.capacity() + self.ends.capacity()) * size_of::<u32>()
            + self.field_ends.capacity() * size_of::<FieldEnds>()
    }
}
