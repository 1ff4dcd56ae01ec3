//! The words that go on from the last one, by the open documents that hold them together with the words before.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use domain::Timestamp;
use ports::search_index::SuggestionKind;

use super::ranked::{Offers, Ranked, best};
use crate::bit_set::BitSet;
use crate::buffers::Buffer;
use crate::segment::Segment;
use crate::snapshot::{LiveSegment, Snapshot};

/// In at most so many documents all words are looked at; else words are looked up, the most frequent first.
const MOST_DOCUMENTS_READ: usize = 400;

/// From so many documents on a set of them pays.
const LEAST_DOCUMENTS_OF_SET: usize = 64;

/// The first `limit` of the words that begin with `last`, by the number of open documents that hold all words.
pub(super) fn best_words<'a>(
    snapshot: &'a Snapshot,
    before: &[&str],
    last: &str,
    limit: usize,
    now: Timestamp,
) -> Vec<Ranked<'a>> {
    let segments = || snapshot.segments.iter().map(|live| &*live.segment);
    let completions: Vec<Range<u32>> = segments()
        .map(|segment| segment.dictionary.completions(last))
        .collect();
    if before.is_empty() {
        let firsts: Vec<u32> = segments().map(|segment| segment.first_open(now)).collect();
        let mut offers = Vec::new();
        for (at, live) in snapshot.segments.iter().enumerate() {
            let terms = completions[at].clone();
            offers.push(WordOffers::of(at, &live.segment, terms, |term| {
                live.frequency(term)
            }));
        }
        return best(&mut offers, limit, |_, word| {
            let of_segment = |(at, live): (usize, &LiveSegment)| {
                let term = term_in(&live.segment, at, word)?;
                Some(open_count(live, term, firsts[at]))
            };
            Some(
                snapshot
                    .segments
                    .iter()
                    .enumerate()
                    .filter_map(of_segment)
                    .sum(),
            )
        });
    }
    let held: Vec<Held> = snapshot
        .segments
        .iter()
        .zip(&completions)
        .map(|(live, completions)| {
            if completions.is_empty() {
                Held::default()
            } else {
                Held::of(live, before, now)
            }
        })
        .collect();
    if held.iter().map(|held| held.documents.len()).sum::<usize>() <= MOST_DOCUMENTS_READ {
        return read_words(snapshot, &held, &completions, limit);
    }
    let mut offers = Vec::new();
    for (at, live) in snapshot.segments.iter().enumerate() {
        let most = held[at].documents.len() as u32;
        let terms = completions[at].clone();
        let bound = |term| live.frequency(term).min(most);
        offers.push(WordOffers::of(at, &live.segment, terms, bound));
    }
    best(&mut offers, limit, |_, word| {
        let of_segment = |(at, live): (usize, &LiveSegment)| {
            let term = term_in(&live.segment, at, word)?;
            Some(held[at].count_with(&live.segment, term))
        };
        Some(
            snapshot
                .segments
                .iter()
                .enumerate()
                .filter_map(of_segment)
                .sum(),
        )
    })
}

/// The number of a word in the segment with this number.
fn term_in(segment: &Segment, at: usize, word: Ranked<'_>) -> Option<u32> {
    if at == word.segment {
        Some(word.number)
    } else {
        segment.dictionary.find(word.text)
    }
}

/// How many open documents hold a term, when `first` is the first document that is open.
fn open_count(live: &LiveSegment, term: u32, first: u32) -> u64 {
    let list = live.segment.postings.list(term);
    let documents = list.documents;
    let alive = live.frequency(term) as usize;
    let closed = documents.len() - list.from(first).len();
    let count_alive = |documents: &[u32]| {
        let alive = documents.iter().filter(|document| live.is_live(**document));
        alive.count()
    };
    let open = if alive == documents.len() {
        alive - closed
    } else if closed < documents.len() / 2 {
        alive - count_alive(&documents[..closed])
    } else {
        count_alive(&documents[closed..])
    };
    open as u64
}

/// The open documents of one segment that hold some words.
#[derive(Default)]
struct Held {
    documents: Buffer,
    /// The same; empty when there are few.
    set: BitSet,
}

impl Held {
    fn of(live: &LiveSegment, words: &[&str], now: Timestamp) -> Self {
        let segment = &live.segment;
        let terms = words.iter().map(|word| segment.dictionary.find(word));
        let Some(mut terms) = terms.collect::<Option<Vec<u32>>>() else {
            return Self::default();
        };
        terms.sort_unstable_by_key(|term| segment.postings.count(*term));
        let mut documents = Buffer::new();
        let (rarest, others) = terms.split_at(1);
        let first = segment.first_open(now);
        let open = segment.postings.list(rarest[0]).from(first);
        let alive = open
            .documents
            .iter()
            .filter(|document| live.is_live(**document));
        documents.extend(alive);
        for term in others {
            let mut list = segment.postings.list(*term).probe();
            documents.retain(|document| list.impact(*document) > 0);
        }
        let mut set = BitSet::default();
        if documents.len() >= LEAST_DOCUMENTS_OF_SET {
            set = BitSet::of_size(segment.len());
            for document in documents.iter() {
                set.insert(*document);
            }
        }
        Self { documents, set }
    }

    /// How many of them hold a term.
    fn count_with(&self, segment: &Segment, term: u32) -> u64 {
        let Some(first) = self.documents.first() else {
            return 0;
        };
        let list = segment.postings.list(term);
        let from = list.from(*first);
        // Looking one document up in a list costs a few times as much as going on in one.
        let count = if self.set.count() > 0 && from.len() < 3 * self.documents.len() {
            let documents = from.documents.iter();
            documents
                .filter(|document| self.set.contains(**document))
                .count()
        } else {
            let mut probe = list.probe();
            let documents = self.documents.iter();
            documents
                .filter(|document| probe.impact(**document) > 0)
                .count()
        };
        count as u64
    }
}

/// The same as by looking words up, from the words of the documents.
fn read_words<'a>(
    snapshot: &'a Snapshot,
    held: &[Held],
    completions: &[Range<u32>],
    limit: usize,
) -> Vec<Ranked<'a>> {
    let mut found: HashMap<&str, Ranked<'a>, ahash::RandomState> = HashMap::default();
    for (at, live) in snapshot.segments.iter().enumerate() {
        let (segment, terms) = (&*live.segment, &completions[at]);
        if held[at].documents.is_empty() {
            continue;
        }
        let mut counts = Buffer::zeros(terms.len());
        // The last document that was counted for a term, and one more.
        let mut counted = Buffer::zeros(terms.len());
        for document in held[at].documents.iter() {
            for term in segment.tokens.of(*document) {
                let place = term.wrapping_sub(terms.start) as usize;
                if place < counts.len() && counted[place] <= *document {
                    counted[place] = document + 1;
                    counts[place] += 1;
                }
            }
        }
        for (number, count) in terms.clone().zip(counts.iter()) {
            if *count > 0 {
                let text = segment.dictionary.word(number);
                let word = found.entry(text).or_insert(Ranked {
                    count: 0,
                    text,
                    kind: SuggestionKind::Word,
                    segment: at,
                    number,
                });
                word.count += u64::from(*count);
            }
        }
    }
    let mut words: Vec<Ranked<'a>> = found.into_values().collect();
    words.sort_unstable_by(Ranked::compare);
    words.truncate(limit);
    words
}

/// Words of one segment, the most frequent first.
struct WordOffers<'a> {
    at: usize,
    segment: &'a Segment,
    heads: BinaryHeap<(u32, Reverse<u32>)>,
}

impl<'a> WordOffers<'a> {
    fn of(at: usize, segment: &'a Segment, terms: Range<u32>, bound: impl Fn(u32) -> u32) -> Self {
        let heads = terms.map(|term| (bound(term), Reverse(term)));
        let heads: Vec<_> = heads.filter(|(bound, _)| *bound > 0).collect();
        Self {
            at,
            segment,
            heads: heads.into(),
        }
    }
}

impl<'a> Offers<'a> for WordOffers<'a> {
    fn bound(&self) -> Option<u64> {
        self.heads.peek().map(|(bound, _)| u64::from(*bound))
    }

    fn head(&self) -> Option<Ranked<'a>> {
        let (bound, Reverse(term)) = *self.heads.peek()?;
        Some(Ranked {
            count: u64::from(bound),
            text: self.segment.dictionary.word(term),
            kind: SuggestionKind::Word,
            segment: self.at,
            number: term,
        })
    }

    fn advance(&mut self) {
        self.heads.pop();
    }

    fn remaining(&self) -> usize {
        self.heads.len()
    }
}
