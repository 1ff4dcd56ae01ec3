//! Posting lists: for each term the documents that hold it, in rising order, with one byte of impact each.
//!
//! A list is two flat arrays, so that it is walked as fast as memory goes and a document is found in it by galloping.
//! Frequent terms (at least one document in [`DENSE_SHARE`]) have a bitmap besides with the number of bits before each word, so
//! that a document is found in one step.

use std::io::{Read, Write};

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

const DOCUMENTS: Tag = Tag::of(*b"pdoc");
const IMPACTS: Tag = Tag::of(*b"pimp");
const ENDS: Tag = Tag::of(*b"pend");

/// A term is frequent when it is in one document of this many.
const DENSE_SHARE: u32 = 64;

/// Bitmaps do not pay in segments smaller than this.
const LEAST_DENSE_SEGMENT: u32 = 1_024;

/// Stands for terms without a bitmap.
const SPARSE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Postings {
    documents: Vec<u32>,
    impacts: Vec<u8>,
    /// Where each term's list ends.
    ends: Vec<u32>,
    /// By term: the number of its bitmap, or [`SPARSE`].
    dense: Vec<u32>,
    /// Bitmaps one after the other, each of `words` words.
    bits: Vec<u64>,
    /// For each word of `bits`: how many bits of its bitmap stand before it.
    ranks: Vec<u32>,
    words: u32,
}

/// Lists while they are collected; terms in any order, documents in rising order within each.
#[derive(Debug, Default)]
pub(crate) struct PostingsBuilder {
    lists: Vec<Vec<(u32, u8)>>,
}

impl PostingsBuilder {
    pub(crate) fn push(&mut self, term: u32, document: u32, impact: u8) {
        let term = term as usize;
        if term >= self.lists.len() {
            self.lists.resize_with(term + 1, Vec::new);
        }
        self.lists[term].push((document, impact));
    }

    /// The lists of the terms in this order.
    pub(crate) fn finish(
        mut self,
        order: impl IntoIterator<Item = u32>,
        documents: u32,
    ) -> Postings {
        let mut postings = Postings::default();
        for term in order {
            let list = self.lists.get_mut(term as usize).map(std::mem::take);
            postings.append(list.unwrap_or_default());
        }
        postings.complete(documents);
        postings
    }
}

impl Postings {
    /// Appends the list of the next term.
    pub(crate) fn append(&mut self, list: impl IntoIterator<Item = (u32, u8)>) {
        for (document, impact) in list {
            self.documents.push(document);
            self.impacts.push(impact);
        }
        self.ends.push(self.documents.len() as u32);
    }

    /// Makes the bitmaps, of a segment with this many documents.
    pub(crate) fn complete(&mut self, documents: u32) {
        self.documents.shrink_to_fit();
        self.impacts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.words = documents.div_ceil(64);
        self.dense = vec![SPARSE; self.ends.len()];
        if documents < LEAST_DENSE_SEGMENT {
            return;
        }
        for term in 0..self.ends.len() as u32 {
            if self.count(term) < documents / DENSE_SHARE {
                continue;
            }
            let start = self.bits.len();
            self.dense[term as usize] = (start / self.words as usize) as u32;
            self.bits.resize(start + self.words as usize, 0);
            let list = self.range(term);
            for document in &self.documents[list] {
                self.bits[start + *document as usize / 64] |= 1 << (document % 64);
            }
            let mut rank = 0;
            for word in &self.bits[start..] {
                self.ranks.push(rank);
                rank += word.count_ones();
            }
        }
        self.bits.shrink_to_fit();
        self.ranks.shrink_to_fit();
    }

    /// # Errors
    /// What writing fails with.
    pub(crate) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        writer.array(DOCUMENTS, &self.documents)?;
        writer.bytes(IMPACTS, &self.impacts)?;
        writer.array(ENDS, &self.ends)
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// It cannot be read, or is not a list of documents in rising order for each term.
    pub(crate) fn load(
        reader: &mut SectionReader<impl Read>,
        terms: u32,
        documents: u32,
    ) -> Result<Self, SnapshotError> {
        let mut postings = Self {
            documents: reader.array(DOCUMENTS)?,
            impacts: reader.bytes(IMPACTS)?,
            ends: reader.array(ENDS)?,
            ..Self::default()
        };
        let length = postings.documents.len();
        ensure(
            postings.impacts.len() == length,
            IMPACTS,
            "it has another length",
        )?;
        let ends = &postings.ends;
        ensure(
            ends.len() == terms as usize
                && ends.is_sorted()
                && ends.last().map_or(0, |end| *end as usize) == length,
            ENDS,
            "lists do not fill it",
        )?;
        let is_list = |term: u32| {
            let list = &postings.documents[postings.range(term)];
            list.last().is_none_or(|last| *last < documents)
                && list.windows(2).all(|pair| pair[0] < pair[1])
        };
        ensure((0..terms).all(is_list), DOCUMENTS, "a list is out of order")?;
        postings.complete(documents);
        Ok(postings)
    }

    fn range(&self, term: u32) -> std::ops::Range<usize> {
        let term = term as usize;
        let start = term
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        start..self.ends[term] as usize
    }

    /// How many documents hold the term.
    pub(crate) fn count(&self, term: u32) -> u32 {
        self.range(term).len() as u32
    }

    /// How many documents hold any of some terms that follow each other, counted once for each.
    pub(crate) fn count_of_range(&self, terms: std::ops::Range<u32>) -> u32 {
        if terms.is_empty() {
            return 0;
        }
        let first = self.range(terms.start).start;
        (self.range(terms.end - 1).end - first) as u32
    }

    pub(crate) fn list(&self, term: u32) -> List<'_> {
        let range = self.range(term);
        let dense = self.dense[term as usize];
        let words = self.words as usize;
        let bitmap = (dense != SPARSE).then(|| {
            let start = dense as usize * words;
            (
                &self.bits[start..start + words],
                &self.ranks[start..start + words],
            )
        });
        List {
            documents: &self.documents[range.clone()],
            impacts: &self.impacts[range],
            bitmap,
        }
    }
}

impl Postings {
    /// The lists of terms that follow each other, one after the other: only to be gone through.
    pub(crate) fn lists(&self, terms: std::ops::Range<u32>) -> List<'_> {
        let postings = if terms.is_empty() {
            0..0
        } else {
            self.range(terms.start).start..self.range(terms.end - 1).end
        };
        List {
            documents: &self.documents[postings.clone()],
            impacts: &self.impacts[postings],
            bitmap: None,
        }
    }
}

/// The documents of one term, with their impacts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    pub(crate) documents: &'a [u32],
    pub(crate) impacts: &'a [u8],
    bitmap: Option<(&'a [u64], &'a [u32])>,
}

impl<'a> List<'a> {
    /// The part of the list from a document on.
    pub(crate) fn from(self, first: u32) -> Self {
        let start = self.documents.partition_point(|document| *document < first);
        Self {
            documents: &self.documents[start..],
            impacts: &self.impacts[start..],
            bitmap: self.bitmap,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.documents.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (u32, u8)> + use<'a> {
        self.documents
            .iter()
            .copied()
            .zip(self.impacts.iter().copied())
    }

    /// Looks up documents in rising order.
    pub(crate) fn probe(self) -> Probe<'a> {
        Probe { list: self, at: 0 }
    }
}

/// Looks for documents in one whole list; what is asked for must not fall.
#[derive(Debug, Clone)]
pub(crate) struct Probe<'a> {
    list: List<'a>,
    at: usize,
}

impl Probe<'_> {
    /// The impact of the term on the document, 0 when it does not hold it.
    pub(crate) fn impact(&mut self, document: u32) -> u8 {
        if let Some((bits, ranks)) = self.list.bitmap {
            let word = bits[document as usize / 64];
            let bit = 1_u64 << (document % 64);
            if word & bit == 0 {
                return 0;
            }
            let before = ranks[document as usize / 64] + (word & (bit - 1)).count_ones();
            return self.list.impacts[before as usize];
        }
        let documents = &self.list.documents[self.at..];
        let mut step = 1;
        while documents
            .get(step - 1)
            .is_some_and(|other| *other < document)
        {
            step *= 2;
        }
        let low = step / 2;
        let high = step.min(documents.len());
        let within = documents[low.min(high)..high].partition_point(|other| *other < document);
        self.at += low.min(high) + within;
        match self.list.documents.get(self.at) {
            Some(found) if *found == document => self.list.impacts[self.at],
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_found_from_anywhere(
            lists in prop::collection::vec(prop::collection::btree_map(0_u32..3_000, 1_u8.., 0..200), 1..6),
            targets in prop::collection::btree_set(0_u32..3_000, 0..60),
            size in prop::sample::select(vec![3_000_u32, 3_100]),
            first in 0_u32..3_000,
        ) {
            let mut builder = PostingsBuilder::default();
            for (term, list) in lists.iter().enumerate().rev() {
                for (document, impact) in list {
                    builder.push(term as u32, *document, *impact);
                }
            }
            let postings = builder.finish(0..lists.len() as u32, size);
            for (term, list) in lists.iter().enumerate() {
                let found = postings.list(term as u32);
                prop_assert_eq!(&found.iter().collect::<BTreeMap<_, _>>(), list);
                prop_assert_eq!(found.from(first).iter().collect::<BTreeMap<_, _>>(), list.range(first..).map(|(document, impact)| (*document, *impact)).collect());
                // 3,000 / 64 documents make a bitmap, fewer do not: both kinds occur.
                let mut probe = found.probe();
                for target in &targets {
                    prop_assert_eq!(probe.impact(*target), list.get(target).copied().unwrap_or(0));
                }
            }
            let all: usize = lists.iter().map(BTreeMap::len).sum();
            prop_assert_eq!(postings.count_of_range(0..lists.len() as u32) as usize, all);
        }
    }
}
