//! Posting lists: for each term the documents that hold it, with the places of its occurrences.
//!
//! A list is a stream of variable-length integers: the distance to the previous document (doubled, plus one when there is
//! more than one occurrence), then the number of occurrences, then their places as distances. Every 128th posting has an
//! entry in a skip table, so that a reader that looks for few documents need not decode the ones between. Fields are not
//! written: a document's field ends tell in which one a place lies.

/// Postings between two entries of the skip table.
const SKIP: u32 = 128;

#[derive(Debug, Default)]
pub(crate) struct Postings {
    bytes: Vec<u8>,
    lists: Vec<List>,
    skips: Vec<SkipEntry>,
}

#[derive(Debug, Clone, Copy)]
struct List {
    start: u32,
    first_skip: u32,
    count: u32,
}

/// Where a block begins (from the start of its list), and the document before it.
#[derive(Debug, Clone, Copy)]
struct SkipEntry {
    before: u32,
    offset: u32,
}

/// One list while it is written, documents in rising order.
#[derive(Debug, Default)]
pub(crate) struct ListBuilder {
    bytes: Vec<u8>,
    skips: Vec<SkipEntry>,
    last: u32,
    count: u32,
}

impl ListBuilder {
    /// `places` must be rising and not empty.
    pub(crate) fn push(&mut self, document: u32, places: &[u16]) {
        if self.count > 0 && self.count.is_multiple_of(SKIP) {
            self.skips.push(SkipEntry {
                before: self.last,
                offset: self.bytes.len() as u32,
            });
        }
        let several = places.len() > 1;
        write(
            &mut self.bytes,
            (u64::from(document - self.last) << 1) | u64::from(several),
        );
        if several {
            write(&mut self.bytes, places.len() as u64);
        }
        let mut previous = 0;
        for place in places {
            write(&mut self.bytes, u64::from(place - previous));
            previous = *place;
        }
        self.last = document;
        self.count += 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.skips.clear();
        (self.last, self.count) = (0, 0);
    }
}

impl Postings {
    /// Appends the list of the next term.
    pub(crate) fn append(&mut self, list: &ListBuilder) {
        self.lists.push(List {
            start: self.bytes.len() as u32,
            first_skip: self.skips.len() as u32,
            count: list.count,
        });
        self.bytes.extend_from_slice(&list.bytes);
        self.skips.extend_from_slice(&list.skips);
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.skips.shrink_to_fit();
    }

    /// How many documents hold the term.
    pub(crate) fn count(&self, term: u32) -> u32 {
        self.lists[term as usize].count
    }

    pub(crate) fn cursor(&self, term: u32) -> PostingCursor<'_> {
        let list = self.lists[term as usize];
        let next = self.lists.get(term as usize + 1);
        let end = next.map_or(self.bytes.len(), |next| next.start as usize);
        let last_skip = next.map_or(self.skips.len(), |next| next.first_skip as usize);
        PostingCursor {
            bytes: &self.bytes[list.start as usize..end],
            skips: &self.skips[list.first_skip as usize..last_skip],
            at: 0,
            document: 0,
            unread: 0,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity()
            + self.lists.capacity() * size_of::<List>()
            + self.skips.capacity() * size_of::<SkipEntry>()
    }
}

/// Reads one list from front to back.
pub(crate) struct PostingCursor<'a> {
    bytes: &'a [u8],
    skips: &'a [SkipEntry],
    at: usize,
    document: u32,
    /// Places of the present document that were not read.
    unread: u32,
}

impl PostingCursor<'_> {
    /// The next document of the list.
    pub(crate) fn advance(&mut self) -> Option<u32> {
        while self.unread > 0 {
            self.read();
            self.unread -= 1;
        }
        if self.at >= self.bytes.len() {
            return None;
        }
        let head = self.read();
        self.document += (head >> 1) as u32;
        self.unread = if head & 1 == 1 { self.read() as u32 } else { 1 };
        Some(self.document)
    }

    /// The first document that is at least `target` and lies behind the present one.
    pub(crate) fn advance_to(&mut self, target: u32) -> Option<u32> {
        let reachable = self.skips.partition_point(|skip| skip.before < target);
        if let Some(skip) = reachable.checked_sub(1).map(|last| self.skips[last])
            && skip.offset as usize > self.at
        {
            self.at = skip.offset as usize;
            self.document = skip.before;
            self.unread = 0;
        }
        self.skips = &self.skips[reachable..];
        loop {
            let document = self.advance()?;
            if document >= target {
                return Some(document);
            }
        }
    }

    /// Appends the places of the present document.
    pub(crate) fn places(&mut self, places: &mut Vec<u16>) {
        let mut place = 0;
        while self.unread > 0 {
            place += self.read() as u16;
            places.push(place);
            self.unread -= 1;
        }
    }

    fn read(&mut self) -> u64 {
        let mut value = 0;
        let mut shift = 0;
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return value;
            }
            shift += 7;
        }
    }
}

fn write(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_back_from_anywhere(
            lists in prop::collection::vec(
                prop::collection::btree_map(0_u32..5_000, prop::collection::btree_set(any::<u16>(), 1..5), 0..400), 1..4),
            targets in prop::collection::btree_set(0_u32..5_100, 0..20),
        ) {
            let mut postings = Postings::default();
            for list in &lists {
                let mut builder = ListBuilder::default();
                for (document, places) in list {
                    builder.push(*document, &places.iter().copied().collect::<Vec<_>>());
                }
                postings.append(&builder);
            }
            for (term, list) in lists.iter().enumerate() {
                prop_assert_eq!(postings.count(term as u32) as usize, list.len());
                let mut cursor = postings.cursor(term as u32);
                let mut read = BTreeMap::new();
                while let Some(document) = cursor.advance() {
                    let mut places = Vec::new();
                    if document % 3 > 0 {
                        cursor.places(&mut places);
                        read.insert(document, places.into_iter().collect::<BTreeSet<_>>());
                    } else {
                        read.insert(document, list[&document].clone());
                    }
                }
                prop_assert_eq!(&read, list);

                let mut cursor = postings.cursor(term as u32);
                let mut after = 0;
                for target in &targets {
                    let expected = list.range((*target).max(after)..).next().map(|(document, _)| *document);
                    let found = cursor.advance_to(*target);
                    prop_assert_eq!(found, expected);
                    let Some(found) = found else { break };
                    after = found + 1;
                }
            }
        }
    }
}
