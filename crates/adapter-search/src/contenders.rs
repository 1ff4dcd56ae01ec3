//! The best results by relevance, with nearness looked at only where it can matter.
//!
//! Nearness can raise a score by a bounded share. So what the words' scores add up to tells which documents might be among the
//! best; only those have their words looked at, from the most promising one on, until none is left that could still come in.
//! Whole names raise a score by more than that; the few documents with such a name are looked up and always in the contest.
//! The result is the same as of scoring everything.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::fields::Field;
use crate::ordering::{OwnedKey, Ranked, ResultOrder};
use crate::results::{Result, Results};
use crate::scoring::{Score, Shares};
use crate::segment::Segment;
use crate::snapshot::{Place, Snapshot};
use crate::top::Top;
use crate::words_in_segment::QueryTerms;

/// Besides as many as are wanted, so many are looked at first.
const MORE: usize = 22;

/// Results whose words are asked for together.
const BATCH: usize = 16;

/// Better ones are larger: by rank, then by score.
type Goodness = u64;

fn goodness(rank: u8, score: Score) -> Goodness {
    u64::from(u8::MAX - rank) << 32 | u64::from(score)
}

/// What the worst of the wanted results has, as soon as there are enough.
struct Bound {
    count: usize,
    /// The worst on top.
    best: BinaryHeap<Reverse<Goodness>>,
}

impl Bound {
    fn of(count: usize) -> Self {
        Self {
            count,
            best: BinaryHeap::with_capacity(count.min(128)),
        }
    }

    fn value(&self) -> Goodness {
        if self.best.len() < self.count {
            return 0;
        }
        self.best.peek().map_or(0, |worst| worst.0)
    }

    fn offer(&mut self, goodness: Goodness) {
        if self.best.len() < self.count {
            self.best.push(Reverse(goodness));
        } else if let Some(mut worst) = self.best.peek_mut()
            && goodness > worst.0
        {
            worst.0 = goodness;
        }
    }
}

/// The worst that a result can be.
fn least(result: &Result) -> Goodness {
    goodness(result.rank, Shares::least(result.sum) + result.stated)
}

/// Ranks results of a query with words.
pub(crate) struct Contest<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) order: &'a ResultOrder<'a>,
    pub(crate) shares: Shares,
    /// By segment.
    pub(crate) terms: &'a [QueryTerms],
}

impl Contest<'_> {
    /// The first `count` results in order; `whole`, sorted, are those whose name the whole query is.
    pub(crate) fn best(&self, results: &Results<'_>, whole: &[Place], count: usize) -> Vec<Ranked> {
        let mut scorer = Scorer::default();
        let mut looked_at = Top::new(count, |left: &Ranked, right: &Ranked| {
            self.order.compare(left, right)
        });
        let mut look_at = |result: &Result, is_whole: bool, bound: &mut Bound| {
            let score = self.score(result, is_whole, &mut scorer);
            let goodness = goodness(result.rank, score);
            if goodness >= bound.value() {
                looked_at.offer(self.order.ranked(result.place, result.rank, score));
                bound.offer(goodness);
            }
        };
        let mut bound = Bound::of(count);
        let best_first = |left: &Result, right: &Result| {
            (Reverse(least(left)), left.place).cmp(&(Reverse(least(right)), right.place))
        };
        let mut first = Top::new(count + MORE, best_first);
        results.each(|result| first.offer(result));
        let first = first.finish();
        let is_whole = |place: Place| whole.binary_search(&place).is_ok();
        if !whole.is_empty() {
            results.each(|result| {
                if is_whole(result.place) {
                    look_at(&result, true, &mut bound);
                }
            });
        }
        let open_end = first.len() < results.len();
        let Some(last) = first.last().copied() else {
            return looked_at.finish();
        };
        self.in_batches(&first, |result| {
            if !is_whole(result.place) && self.most(result) >= bound.value() {
                look_at(result, false, &mut bound);
            }
            true
        });
        // With one slot there is nothing to be near to.
        let could_come_in = self.has_pairs() || least(&last) >= bound.value();
        if open_end && could_come_in {
            let mut others: Vec<Result> = Vec::new();
            results.each(|result| {
                let is_behind = best_first(&result, &last).is_gt();
                if is_behind && self.most(&result) >= bound.value() && !is_whole(result.place) {
                    others.push(result);
                }
            });
            others.sort_unstable_by_key(|result| Reverse(self.most(result)));
            self.in_batches(&others, |result| {
                let may_come_in = self.most(result) >= bound.value();
                if may_come_in {
                    look_at(result, false, &mut bound);
                }
                may_come_in
            });
        }
        looked_at.finish()
    }

    fn has_pairs(&self) -> bool {
        self.terms.iter().any(|terms| terms.slots.len() > 1)
    }

    /// Visits results until `visit` says that it is enough. What scores of a few rest on is asked for ahead, so that the memory
    /// answers for all of them at the same time.
    fn in_batches(&self, results: &[Result], mut visit: impl FnMut(&Result) -> bool) {
        let has_pairs = self.has_pairs();
        for batch in results.chunks(BATCH) {
            let mut touched = 0;
            for result in batch {
                let (segment, document) = (self.segment(result.place), result.place.document);
                touched ^= segment.facts[document as usize].deadline();
                if has_pairs {
                    touched ^= u32::from(segment.tokens.touch(document));
                }
            }
            std::hint::black_box(touched);
            if !batch.iter().all(&mut visit) {
                return;
            }
        }
    }

    /// The first `count` results behind a key. Only those that may be among them have their words looked at.
    pub(crate) fn behind(
        &self,
        key: &OwnedKey,
        results: &Results<'_>,
        whole: &[Place],
        count: usize,
    ) -> Vec<Ranked> {
        let mut scorer = Scorer::default();
        let mut first = Top::new(count, |left: &Ranked, right: &Ranked| {
            self.order.compare(left, right)
        });
        let mut bound = Bound::of(count);
        let shown = goodness(key.numbers.rank, key.score());
        results.each(|result| {
            let is_whole = whole.binary_search(&result.place).is_ok();
            let is_out = least(&result) > shown || self.most(&result) < bound.value();
            if is_out && !is_whole {
                return;
            }
            let score = self.score(&result, is_whole, &mut scorer);
            let ranked = self.order.ranked(result.place, result.rank, score);
            if self.order.is_after(&ranked, key) {
                first.offer(ranked);
                bound.offer(goodness(result.rank, score));
            }
        });
        first.finish()
    }

    fn segment(&self, place: Place) -> &Segment {
        &self.snapshot.segments[place.segment as usize].segment
    }

    fn score(&self, result: &Result, is_whole: bool, scorer: &mut Scorer) -> Score {
        let terms = &self.terms[result.place.segment as usize];
        let segment = self.segment(result.place);
        let nearness = scorer.nearness(terms, segment, result.place.document, &self.shares);
        self.shares.score(result.sum, nearness, is_whole) + result.stated
    }

    /// The best that it can be, unless its name is the whole query.
    fn most(&self, result: &Result) -> Goodness {
        let slots = self.terms[result.place.segment as usize].slots.len();
        goodness(
            result.rank,
            self.shares.most(result.sum, slots) + result.stated,
        )
    }
}

/// Documents of a segment whose name is the whole query.
pub(crate) fn with_whole_name(terms: &QueryTerms, segment: &Segment) -> Vec<u32> {
    let Some(whole) = &terms.whole else {
        return Vec::new();
    };
    let words: Vec<&str> = whole
        .iter()
        .map(|term| segment.dictionary.word(*term))
        .collect();
    let mut documents = segment.named(&words.join(" "));
    // Single characters of scripts without spaces may join to the same text.
    documents.retain(|document| segment.tokens.in_field(*document, Field::Name) == whole);
    documents
}

/// Finds the places of slots in documents.
#[derive(Default)]
struct Scorer {
    places: Vec<Vec<u16>>,
}

impl Scorer {
    /// In 1,024ths.
    fn nearness(
        &mut self,
        terms: &QueryTerms,
        segment: &Segment,
        document: u32,
        shares: &Shares,
    ) -> u32 {
        let slots = terms.slots.len();
        if slots < 2 {
            return 0;
        }
        self.places.resize_with(slots, Vec::new);
        self.places.iter_mut().for_each(Vec::clear);
        let tokens = segment.tokens.of(document);
        let slots = terms.ranges.iter().zip(&terms.codes);
        for ((ranges, codes), places) in slots.zip(&mut self.places) {
            let is_of_slot = |term: u32| ranges.iter().any(|range| range.contains(&term));
            if codes.is_empty() {
                let all = (0_u16..).zip(tokens).filter(|(_, term)| is_of_slot(**term));
                places.extend(all.map(|(place, _)| place));
            } else {
                let tokens = &segment.tokens;
                tokens.each_place_of(document, codes, is_of_slot, |place| places.push(place));
            }
        }
        let ends = &segment.tokens.field_ends[document as usize];
        shares.nearness(&self.places, ends)
    }
}
