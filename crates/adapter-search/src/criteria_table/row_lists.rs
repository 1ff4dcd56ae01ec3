//! For every value and every kind of criterion the rows that state it: sorted numbers where they are few, bits where they
//! are many.

use std::ops::Range;

use crate::bit_set::{clear_bit, combine, has_bit, set_bit};

/// Lists by number; the rows of the values come first, then those of the kinds.
#[derive(Debug, Clone, Default)]
pub(super) struct RowLists {
    /// Words of a bitmap over all rows.
    words: usize,
    /// Where each list starts, in `sparse` or `dense`.
    starts: Vec<u32>,
    counts: Vec<u32>,
    sparse: Vec<u32>,
    dense: Vec<u64>,
}

/// The rows of one list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    Few(&'a [u32]),
    Many(&'a [u64]),
}

/// Setting a bit of a far word takes about as long as four words that lie side by side.
const WORDS_PER_ROW: usize = 4;

impl RowLists {
    /// Of `(row, value)` pairs in the order of rows. `kinds` are the values of each kind, in order and without gaps; no row
    /// may have two values of a kind.
    pub(super) fn of(
        rows: usize,
        kinds: &[Range<u32>],
        stated: impl Iterator<Item = (u32, u32)> + Clone,
    ) -> Self {
        let values = kinds.last().map_or(0, |last| last.end as usize);
        let mut lists = Self {
            words: rows.div_ceil(64),
            counts: vec![0; values],
            ..Self::default()
        };
        for (_, value) in stated.clone() {
            lists.counts[value as usize] += 1;
        }
        let mut kind_of = Vec::with_capacity(values);
        for (kind, range) in kinds.iter().enumerate() {
            kind_of.extend(range.clone().map(|_| values + kind));
            let counts = &lists.counts[range.start as usize..range.end as usize];
            lists.counts.push(counts.iter().sum());
        }
        for list in 0..lists.counts.len() {
            let only_value = list
                .checked_sub(values)
                .map(|kind| &kinds[kind])
                .filter(|kind| kind.len() == 1);
            let start = match only_value {
                Some(value) => lists.starts[value.start as usize],
                None => lists.room_for(lists.counts[list] as usize),
            };
            lists.starts.push(start);
        }
        let mut ends = lists.starts.clone();
        for (row, value) in stated {
            lists.add(value as usize, row, &mut ends);
            // Where a kind has one value only both share a list, which is written twice.
            lists.add(kind_of[value as usize], row, &mut ends);
        }
        lists
    }

    fn is_dense(&self, count: usize) -> bool {
        count >= self.words
    }

    /// Where a list of so many rows starts.
    fn room_for(&mut self, count: usize) -> u32 {
        if self.is_dense(count) {
            let start = self.dense.len();
            self.dense.resize(start + self.words, 0);
            start as u32
        } else {
            let start = self.sparse.len();
            self.sparse.resize(start + count, 0);
            start as u32
        }
    }

    fn add(&mut self, list: usize, row: u32, ends: &mut [u32]) {
        if self.is_dense(self.counts[list] as usize) {
            set_bit(&mut self.dense[self.starts[list] as usize..], row);
        } else {
            self.sparse[ends[list] as usize] = row;
            ends[list] += 1;
        }
    }

    pub(super) fn rows(&self, list: usize) -> Rows<'_> {
        let (start, count) = (self.starts[list] as usize, self.counts[list] as usize);
        if self.is_dense(count) {
            Rows::Many(&self.dense[start..start + self.words])
        } else {
            Rows::Few(&self.sparse[start..start + count])
        }
    }
}

impl Rows<'_> {
    /// What going through them takes, in words of a bitmap.
    pub(crate) fn cost(self) -> usize {
        match self {
            Self::Few(rows) => rows.len() * WORDS_PER_ROW,
            Self::Many(words) => words.len(),
        }
    }

    pub(crate) fn add_to(self, bits: &mut [u64]) {
        match self {
            Self::Few(rows) => rows.iter().for_each(|row| set_bit(bits, *row)),
            Self::Many(words) => combine(bits, words, |bits, word| bits | word),
        }
    }

    pub(crate) fn remove_from(self, bits: &mut [u64]) {
        match self {
            Self::Few(rows) => rows.iter().for_each(|row| clear_bit(bits, *row)),
            Self::Many(words) => combine(bits, words, |bits, word| bits & !word),
        }
    }

    /// Whether any of them is among these.
    pub(crate) fn meet(self, bits: &[u64]) -> bool {
        match self {
            Self::Few(rows) => rows.iter().any(|row| has_bit(bits, *row)),
            Self::Many(words) => words
                .iter()
                .zip(bits)
                .any(|(left, right)| left & right != 0),
        }
    }
}
