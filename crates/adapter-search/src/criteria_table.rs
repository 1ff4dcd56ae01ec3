//! What the scholarships of a segment ask, arranged so that a profile meets all of them at once.
//!
//! Scholarships share their criteria: a catalogue of a hundred thousand names a few thousand different ones. Each different
//! criterion is a *value* here, kept once, with a number; values are sorted, so that those of one kind (and of one
//! attribute) stand together. Each set of criteria is a *row* of values: the first set of a document has the document's
//! number, sets beside it have rows behind all documents, and a document without sets has a row that asks nothing. For each
//! value there is the list of its rows, and for each kind that of the rows which have any value of the kind. To match a
//! profile, every value is judged once, by `domain`, and the lists of what is unmet and of what is unknown are added up as
//! bitmaps: what is left over is eligible. Since a row has at most one value of a kind, that many rows of a kind come to the
//! same is worth looking for: then the list of the whole kind is taken, less the exceptions (see `matching`).
//!
//! Facts on which no verdict rests (texts, what applications take, that need is not considered) are not kept.

mod builder;
mod parts;
mod row_lists;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod values;

use std::ops::Range;

use domain::eligibility::CriterionKind;
use domain::{Criteria, Criterion};

pub(crate) use builder::CriteriaTableBuilder;
pub(crate) use parts::TableParts;
use row_lists::RowLists;
pub(crate) use row_lists::Rows;

use crate::bit_set::{BitSet, bits, combine, has_bit, set_bit};

#[derive(Debug, Clone)]
pub(crate) struct CriteriaTable {
    documents: u32,
    /// Sorted, and all different.
    values: Vec<Criterion<'static>>,
    /// Of each row where its values start, and of the last one where they end.
    row_starts: Vec<u32>,
    /// Rising within a row, at most one of each kind.
    row_values: Vec<u32>,
    /// The documents of the rows behind the documents, rising.
    alternatives: Vec<u32>,
    /// What follows from all this.
    kinds: Vec<Kind>,
    lists: RowLists,
    /// (value, place among what it accepts) of attributes, by kind and word.
    words: Vec<(u32, u32)>,
    /// Bits of the documents that have such rows.
    with_alternatives: Vec<u64>,
}

/// The values of one kind of criterion, of attributes: of one attribute.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) kind: CriterionKind,
    pub(crate) values: Range<u32>,
    /// Of an attribute, where the words that its values accept stand.
    words: Range<u32>,
}

/// Rows of documents, in whole words of bitmaps; behind them come the rows of alternative sets.
fn first_alternative(documents: u32) -> u32 {
    documents.next_multiple_of(64)
}

impl Default for CriteriaTable {
    fn default() -> Self {
        CriteriaTableBuilder::default().finish()
    }
}

impl CriteriaTable {
    fn of_rows(
        documents: u32,
        values: Vec<Criterion<'static>>,
        row_starts: Vec<u32>,
        row_values: Vec<u32>,
        alternatives: Vec<u32>,
    ) -> Self {
        let mut kinds = values::kinds_of(&values);
        let words = values::words_by_kind(&values, &mut kinds);
        let ranges: Vec<Range<u32>> = kinds.iter().map(|kind| kind.values.clone()).collect();
        let rows = row_starts.len() - 1;
        let stated = (0..rows as u32).flat_map(|row| {
            let (start, end) = (row_starts[row as usize], row_starts[row as usize + 1]);
            let values = &row_values[start as usize..end as usize];
            values.iter().map(move |value| (row, *value))
        });
        let lists = RowLists::of(rows, &ranges, stated);
        let mut with_alternatives = vec![0; (documents as usize).div_ceil(64)];
        for document in &alternatives {
            set_bit(&mut with_alternatives, *document);
        }
        Self {
            documents,
            values,
            row_starts,
            row_values,
            alternatives,
            kinds,
            lists,
            words,
            with_alternatives,
        }
    }

    /// Words of a bitmap over documents.
    pub(crate) fn document_words(&self) -> usize {
        self.with_alternatives.len()
    }

    /// Words of a bitmap over rows; it starts with one over documents.
    pub(crate) fn row_words(&self) -> usize {
        (self.row_starts.len() - 1).div_ceil(64)
    }

    /// Bits of the documents, without those that only fill the last word.
    pub(crate) fn all_documents(&self) -> Vec<u64> {
        let mut words = vec![u64::MAX; self.document_words()];
        if let Some(last) = words.last_mut()
            && !self.documents.is_multiple_of(64)
        {
            *last = (1 << (self.documents % 64)) - 1;
        }
        words
    }

    /// Bits of all rows of some documents.
    pub(crate) fn rows_of_all(&self, documents: &BitSet) -> Vec<u64> {
        let mut rows = vec![0; self.row_words()];
        combine(&mut rows, documents.words(), |_, documents| documents);
        for (row, document) in (first_alternative(self.documents)..).zip(&self.alternatives) {
            if documents.contains(*document) {
                set_bit(&mut rows, row);
            }
        }
        rows
    }

    /// Bits of the documents that have any of the rows.
    pub(crate) fn documents_of(&self, rows: &[u64]) -> Vec<u64> {
        let (of_documents, further) = rows.split_at(self.document_words());
        let mut documents = of_documents.to_vec();
        self.add_documents(bits(further.iter().copied()), &mut documents);
        documents
    }

    /// Adds the documents of rows that are counted from the first one behind those of documents.
    pub(crate) fn add_documents(&self, further: impl Iterator<Item = u32>, documents: &mut [u64]) {
        for row in further {
            // Behind the last one, bits only fill a word.
            if let Some(document) = self.alternatives.get(row as usize) {
                set_bit(documents, *document);
            }
        }
    }

    /// The rows of a document, in the order of its sets.
    pub(crate) fn rows_of(&self, document: u32) -> impl Iterator<Item = u32> {
        let further = if has_bit(&self.with_alternatives, document) {
            let start = self.alternatives.partition_point(|other| *other < document);
            let length = self.alternatives[start..].partition_point(|other| *other == document);
            let start = first_alternative(self.documents) + start as u32;
            start..start + length as u32
        } else {
            0..0
        };
        std::iter::once(document).chain(further)
    }

    /// What a row states, rising.
    pub(crate) fn values_of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.row_values[self.row_starts[row] as usize..self.row_starts[row + 1] as usize]
    }

    pub(crate) fn values(&self) -> &[Criterion<'static>] {
        &self.values
    }

    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The words that values of an attribute accept, rising.
    pub(crate) fn words(&self, kind: usize) -> impl Iterator<Item = &str> {
        let words = self.words_of(kind).iter();
        let mut last = None;
        words
            .map(|place| values::word(&self.values, *place))
            .filter(move |word| last.replace(*word) != Some(*word))
    }

    fn words_of(&self, kind: usize) -> &[(u32, u32)] {
        let words = self.kinds[kind].words.clone();
        &self.words[words.start as usize..words.end as usize]
    }

    /// The values of an attribute that accept a word.
    pub(crate) fn accepting(&self, kind: usize, word: &str) -> impl Iterator<Item = u32> {
        let words = self.words_of(kind);
        let text = |place: &(u32, u32)| values::word(&self.values, *place);
        let start = words.partition_point(|place| text(place) < word);
        let length = words[start..].partition_point(|place| text(place) == word);
        words[start..start + length].iter().map(|(value, _)| *value)
    }

    /// The rows that state a value.
    pub(crate) fn rows_with(&self, value: u32) -> Rows<'_> {
        self.lists.rows(value as usize)
    }

    /// The rows that state any value of the kind that has this place among the kinds.
    pub(crate) fn rows_with_kind(&self, kind: usize) -> Rows<'_> {
        self.lists.rows(self.values.len() + kind)
    }

    /// The criteria sets of a document, as far as verdicts rest on them: `domain` explains them in the same words as the
    /// whole record's. One that asks nothing stands for no sets.
    pub(crate) fn criteria(&self, document: u32) -> Vec<Criteria> {
        let set = |row| {
            let values = self.values_of(row).iter();
            values.map(|value| &self.values[*value as usize]).collect()
        };
        self.rows_of(document).map(set).collect()
    }
}
