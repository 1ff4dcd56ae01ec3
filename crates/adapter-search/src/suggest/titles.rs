//! The titles of one segment: each distinct name and each distinct organization once, with the documents that bear it.
//!
//! Titles are numbered from the most borne to the least, equals in the order of their texts, so that any list of titles in
//! the order of their numbers is best first, as far as can be known before some documents have closed or died. Only
//! documents that are active are counted: the others are never open.

use std::collections::HashMap;
use std::ops::Range;

use ports::search_index::SuggestionKind;

use crate::bit_set::BitSet;
use crate::fields::Field;
use crate::segment::Segment;
use crate::snapshot::LiveSegment;

/// So many titles in the order of their texts share one entry of `best_of_block`.
pub(super) const BLOCK: usize = 64;

/// Bits of the filter for each title: about one foreign title in eight passes.
const FILTER_BITS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Titles {
    /// The documents of each title in rising order, title by title.
    documents: Vec<u32>,
    /// By title: where its documents end.
    ends: Vec<u32>,
    /// The titles that are organizations; all others are names.
    organizations: BitSet,
    /// The titles in the order of their texts, a name before an equal organization.
    by_text: Vec<u32>,
    /// The smallest number in each block of `by_text`.
    best_of_block: Vec<u32>,
    /// For each term the titles that hold it in rising order, term by term.
    holders: Vec<u32>,
    /// By term: where its titles end.
    holder_ends: Vec<u32>,
    /// One bit for each title, by hash: rules out most titles that are only in other segments.
    filter: Vec<u64>,
}

/// A title while its number is not known yet.
struct Unnumbered<'a> {
    text: &'a str,
    kind: SuggestionKind,
    documents: Range<usize>,
}

impl Titles {
    /// Of a segment that is complete but for this.
    pub(crate) fn of(segment: &Segment) -> Self {
        let mut documents = Vec::with_capacity(2 * (segment.len() - segment.inactive) as usize);
        let mut unnumbered = names(segment, &mut documents);
        unnumbered.append(&mut organizations(segment, &mut documents));
        // Two sorted runs, which this sort recognises.
        unnumbered.sort_by(|left, right| (left.text, left.kind).cmp(&(right.text, right.kind)));
        let mut order: Vec<(std::cmp::Reverse<usize>, u32)> = (0..)
            .zip(&unnumbered)
            .map(|(at, title)| (std::cmp::Reverse(title.documents.len()), at))
            .collect();
        order.sort_unstable();
        let mut titles = Self {
            documents: Vec::with_capacity(documents.len()),
            ends: Vec::with_capacity(order.len()),
            organizations: BitSet::of_size(order.len() as u32),
            by_text: vec![0; order.len()],
            filter: vec![0; (order.len() * FILTER_BITS).next_power_of_two().div_ceil(64)],
            ..Self::default()
        };
        for (number, (_, at)) in (0..).zip(order) {
            let title = &unnumbered[at as usize];
            titles.by_text[at as usize] = number;
            titles
                .documents
                .extend_from_slice(&documents[title.documents.clone()]);
            titles.ends.push(titles.documents.len() as u32);
            if title.kind == SuggestionKind::Organization {
                titles.organizations.insert(number);
            }
            let (word, bit) = titles.place_in_filter(hash(title.text, title.kind));
            titles.filter[word] |= bit;
        }
        let blocks = titles.by_text.chunks(BLOCK);
        titles.best_of_block = blocks
            .filter_map(|block| block.iter().copied().min())
            .collect();
        titles.list_holders(segment);
        titles
    }

    fn list_holders(&mut self, segment: &Segment) {
        let terms = segment.dictionary.len() as usize;
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(4 * self.ends.len());
        // By term, the last title that was seen with it and one more: a title counts once for a word that it repeats.
        let mut seen = vec![0_u32; terms];
        // Where the next title of each term goes; at first how many there are, of the term before.
        let mut next = vec![0_u32; terms + 1];
        for title in 0..self.len() {
            for term in self.terms(segment, title) {
                if seen[*term as usize] <= title {
                    seen[*term as usize] = title + 1;
                    next[*term as usize + 1] += 1;
                    pairs.push((*term, title));
                }
            }
        }
        let mut sum = 0;
        for count in &mut next {
            sum += *count;
            *count = sum;
        }
        self.holders = vec![0; pairs.len()];
        for (term, title) in pairs {
            let place = &mut next[term as usize];
            self.holders[*place as usize] = title;
            *place += 1;
        }
        // Every list is full, so the next title of a term would go where its list ends.
        next.truncate(terms);
        next.shrink_to_fit();
        self.holder_ends = next;
    }

    pub(super) fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    pub(super) fn documents(&self, title: u32) -> &[u32] {
        let start = before(&self.ends, title);
        &self.documents[start..self.ends[title as usize] as usize]
    }

    pub(super) fn kind(&self, title: u32) -> SuggestionKind {
        if self.organizations.contains(title) {
            SuggestionKind::Organization
        } else {
            SuggestionKind::Scholarship
        }
    }

    /// In normal form.
    pub(super) fn text<'a>(&self, segment: &'a Segment, title: u32) -> &'a str {
        let document = self.documents[before(&self.ends, title)];
        match self.kind(title) {
            SuggestionKind::Organization => segment.organizations.get(document),
            SuggestionKind::Scholarship | SuggestionKind::Word => segment.names.get(document),
        }
    }

    /// The words of a title in order.
    pub(super) fn terms<'a>(&self, segment: &'a Segment, title: u32) -> &'a [u32] {
        let document = self.documents[before(&self.ends, title)];
        let field = match self.kind(title) {
            SuggestionKind::Organization => Field::Organization,
            SuggestionKind::Scholarship | SuggestionKind::Word => Field::Name,
        };
        segment.tokens.in_field(document, field)
    }

    /// The titles that hold a term.
    pub(super) fn holders(&self, term: u32) -> &[u32] {
        let start = before(&self.holder_ends, term);
        &self.holders[start..self.holder_ends[term as usize] as usize]
    }

    /// The places in the order of texts whose titles begin like this.
    pub(super) fn beginning_with(&self, segment: &Segment, typed: &str) -> Range<usize> {
        let text_of = |title: &u32| self.text(segment, *title);
        let start = self.by_text.partition_point(|title| text_of(title) < typed);
        let behind = &self.by_text[start..];
        start..start + behind.partition_point(|title| text_of(title).starts_with(typed))
    }

    pub(super) fn find(&self, segment: &Segment, text: &str, kind: SuggestionKind) -> Option<u32> {
        let (word, bit) = self.place_in_filter(hash(text, kind));
        if self.filter[word] & bit == 0 {
            return None;
        }
        let key_of = |title: &u32| (self.text(segment, *title), self.kind(*title));
        let found = self
            .by_text
            .binary_search_by(|title| key_of(title).cmp(&(text, kind)));
        found.ok().map(|at| self.by_text[at])
    }

    fn place_in_filter(&self, hash: u64) -> (usize, u64) {
        let word = (hash >> 6) as usize & (self.filter.len() - 1);
        (word, 1 << (hash % 64))
    }

    /// The titles at these places, in the order of texts.
    pub(super) fn in_text_order(&self, places: Range<usize>) -> &[u32] {
        &self.by_text[places]
    }

    pub(super) fn best_of_block(&self, block: usize) -> u32 {
        self.best_of_block[block]
    }
}

/// The documents of a title that are open, when `first` is the first one of the segment that is.
pub(super) fn open_documents(
    live: &LiveSegment,
    title: u32,
    first: u32,
) -> impl Iterator<Item = u32> {
    let documents = live.segment.titles.documents(title);
    let closed = documents.partition_point(|document| *document < first);
    let open = documents[closed..].iter().copied();
    open.filter(|document| live.is_live(*document))
}

/// Where the list of a number begins.
fn before(ends: &[u32], number: u32) -> usize {
    let before = (number as usize).checked_sub(1);
    before.map_or(0, |before| ends[before] as usize)
}

/// The same in every segment.
fn hash(text: &str, kind: SuggestionKind) -> u64 {
    ahash::RandomState::with_seeds(1, 2, 3, 4)
        .hash_one((text, kind == SuggestionKind::Organization))
}

/// The names of active documents, sorted; their documents are appended.
fn names<'a>(segment: &'a Segment, documents: &mut Vec<u32>) -> Vec<Unnumbered<'a>> {
    let text_of = |document: &u32| segment.names.get(*document);
    let mut unnumbered = Vec::new();
    let same_name = |left: &u32, right: &u32| text_of(left) == text_of(right);
    for same in segment.by_name.chunk_by(same_name) {
        let start = documents.len();
        let active = same
            .iter()
            .filter(|document| **document >= segment.inactive);
        documents.extend(active);
        let text = text_of(&same[0]);
        if documents.len() > start && !text.is_empty() {
            documents[start..].sort_unstable();
            unnumbered.push(Unnumbered {
                text,
                kind: SuggestionKind::Scholarship,
                documents: start..documents.len(),
            });
        }
    }
    unnumbered
}

/// The organizations of active documents, sorted; their documents are appended.
fn organizations<'a>(segment: &'a Segment, documents: &mut Vec<u32>) -> Vec<Unnumbered<'a>> {
    let mut numbers: HashMap<&str, u32, ahash::RandomState> = HashMap::default();
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for document in segment.inactive..segment.len() {
        let text = segment.organizations.get(document);
        if text.is_empty() {
            continue;
        }
        let number = *numbers.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() as u32 - 1
        });
        pairs.push((number, document));
    }
    // By number and then by document.
    pairs.sort_unstable();
    let mut unnumbered: Vec<Unnumbered<'_>> = pairs
        .chunk_by(|left, right| left.0 == right.0)
        .map(|same| {
            let start = documents.len();
            documents.extend(same.iter().map(|(_, document)| *document));
            Unnumbered {
                text: texts[same[0].0 as usize],
                kind: SuggestionKind::Organization,
                documents: start..documents.len(),
            }
        })
        .collect();
    unnumbered.sort_unstable_by_key(|title| title.text);
    unnumbered
}
