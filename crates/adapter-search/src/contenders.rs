//! The best results by relevance, with nearness looked at only where it can matter.
//!
//! Nearness can raise a score by a bounded share. So what the words' scores add up to tells which documents might be among the
//! best; only those have their words looked at, from the most promising one on, until none is left that could still come in.
//! Whole names raise a score by more than that; the few documents with such a name are looked up and always in the contest.
//! The result is the same as of scoring everything.

use std::cmp::{Ordering, Reverse};
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

/// Up to so many wanted results the worst of them is known at any time.
const MOST_EXACT: usize = 256;

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

/// The score behind a goodness of rank 0; any result of rank 0 is better than one of another.
fn score_of_rank_0(goodness: Goodness) -> Option<Score> {
    (goodness >> 32 == u64::from(u8::MAX)).then_some(goodness as Score)
}

/// What a result of rank 0 without stated values sums up to at least, if it is better than that whatever else is added.
fn sum_above(goodness: Goodness) -> u32 {
    score_of_rank_0(goodness).map_or(0, |score| Shares::sum_of(score.saturating_add(1)))
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
        let mut leaders = Leaders::of(self, count);
        let best_first = |left: &Result, right: &Result| {
            (Reverse(least(left)), left.place).cmp(&(Reverse(least(right)), right.place))
        };
        let mut first = Top::new(count + MORE, best_first);
        results.each_from(0, |enough, result| {
            first.offer(result);
            // Of equally good ones the earlier is the first.
            if let Some(last) = first.bound() {
                *enough = sum_above(least(last));
            }
        });
        let first = first.finish();
        let is_whole = |place: Place| whole.binary_search(&place).is_ok();
        for result in whole.iter().filter_map(|place| results.at(*place)) {
            leaders.look_at(&result, true);
        }
        let open_end = first.len() < results.len();
        let Some(last) = first.last().copied() else {
            return leaders.finish();
        };
        let others_of_first: Vec<Result> = first
            .into_iter()
            .filter(|result| !is_whole(result.place))
            .collect();
        for batch in others_of_first.chunks(BATCH) {
            leaders.look_at_batch(batch);
        }
        // With one slot there is nothing to be near to.
        let could_come_in = self.has_pairs() || least(&last) >= leaders.bound.value();
        if open_end && could_come_in {
            let mut others: Vec<(Goodness, Result)> = Vec::new();
            let bound = leaders.bound.value();
            results.each_from(self.sum_that_may_reach(bound), |_, result| {
                let most = self.most(&result);
                if most >= bound && best_first(&result, &last).is_gt() && !is_whole(result.place) {
                    others.push((most, result));
                }
            });
            others.sort_unstable_by_key(|(most, _)| Reverse(*most));
            let others: Vec<Result> = others.into_iter().map(|(_, result)| result).collect();
            for batch in others.chunks(BATCH) {
                if self.most(&batch[0]) < leaders.bound.value() {
                    break;
                }
                leaders.look_at_batch(batch);
            }
        }
        leaders.finish()
    }

    fn has_pairs(&self) -> bool {
        self.terms.iter().any(|terms| terms.slots.len() > 1)
    }

    /// The first `count` results behind a key. Only those that may be among them have their words looked at.
    pub(crate) fn behind(
        &self,
        key: &OwnedKey,
        results: &Results<'_>,
        whole: &[Place],
        count: usize,
    ) -> Vec<Ranked> {
        let mut leaders = Leaders::of(self, count);
        let shown = goodness(key.numbers.rank, key.numbers.score());
        results.each(|result| {
            let is_whole = whole.binary_search(&result.place).is_ok();
            if !is_whole && (least(&result) > shown || !leaders.may_come_in(&result)) {
                return;
            }
            let ranked = leaders.ranked(&result, is_whole);
            if self.order.is_after(&ranked, key) {
                leaders.offer(ranked);
            }
        });
        leaders.finish()
    }

    fn segment(&self, place: Place) -> &Segment {
        &self.snapshot.segments[place.segment as usize].segment
    }

    /// What a result of rank 0 without stated values sums up to at least, if it can be that good.
    fn sum_that_may_reach(&self, bound: Goodness) -> u32 {
        let Some(score) = score_of_rank_0(bound) else {
            return 0;
        };
        let slots = self.terms.iter().map(|terms| terms.slots.len()).max();
        let most = |sum| self.shares.most(sum, slots.unwrap_or(0));
        // Shares only add: the sum that is enough without them is enough with them.
        let (mut low, mut high) = (0, u64::from(Shares::sum_of(score)));
        while low < high {
            let middle = (low + high) / 2;
            if most(middle as u32) >= score {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low as u32
    }

    /// The best that it can be, unless its name is the whole query.
    fn most(&self, result: &Result) -> Goodness {
        goodness(result.rank, self.highest_score(result))
    }

    fn highest_score(&self, result: &Result) -> Score {
        let slots = self.terms[result.place.segment as usize].slots.len();
        self.shares.most(result.sum, slots) + result.stated
    }
}

/// The best results so far, of those that were looked at.
struct Leaders<'a, 'b> {
    contest: &'b Contest<'a>,
    first: LeadersTop<'b>,
    count: usize,
    bound: Bound,
    scorer: Scorer,
}

type LeadersTop<'b> = Top<Ranked, Box<dyn Fn(&Ranked, &Ranked) -> Ordering + 'b>>;

impl<'a, 'b> Leaders<'a, 'b> {
    fn of(contest: &'b Contest<'a>, count: usize) -> Self {
        Self {
            contest,
            first: Top::new(
                count,
                Box::new(|left, right| contest.order.compare(left, right)),
            ),
            count,
            bound: Bound::of(count),
            scorer: Scorer::default(),
        }
    }

    /// Whether a result could be among the best, unless its name is the whole query. Where many have the same words, what they
    /// are worth showing for tells most of them apart, without a look at their words.
    fn may_come_in(&mut self, result: &Result) -> bool {
        let (most, bound) = (self.contest.most(result), self.bound.value());
        if most != bound || bound == 0 {
            return most > bound || bound == 0;
        }
        let last = if self.count <= MOST_EXACT {
            self.first.last()
        } else {
            self.first.bound().copied()
        };
        let score = self.contest.highest_score(result);
        let best = || self.contest.order.ranked(result.place, result.rank, score);
        last.is_none_or(|last| self.contest.order.compare(&best(), &last) == Ordering::Less)
    }

    /// Looks at those of a few results that may come in. What is read of them is asked for ahead, so that the memory answers for
    /// all of them at the same time.
    fn look_at_batch(&mut self, batch: &[Result]) {
        let mut touched = 0;
        for result in batch {
            let segment = self.contest.segment(result.place);
            touched ^= segment.facts[result.place.document as usize].deadline();
        }
        let hopeful: Vec<&Result> = batch
            .iter()
            .filter(|result| self.may_come_in(result))
            .collect();
        if self.contest.has_pairs() {
            for result in &hopeful {
                let segment = self.contest.segment(result.place);
                touched ^= u32::from(segment.tokens.touch(result.place.document));
            }
        }
        std::hint::black_box(touched);
        for result in hopeful {
            if self.may_come_in(result) {
                self.look_at(result, false);
            }
        }
    }

    fn look_at(&mut self, result: &Result, is_whole: bool) {
        let ranked = self.ranked(result, is_whole);
        self.offer(ranked);
    }

    fn ranked(&mut self, result: &Result, is_whole: bool) -> Ranked {
        let contest = self.contest;
        let terms = &contest.terms[result.place.segment as usize];
        let segment = contest.segment(result.place);
        let document = result.place.document;
        let nearness = self
            .scorer
            .nearness(terms, segment, document, &contest.shares);
        let score = contest.shares.score(result.sum, nearness, is_whole) + result.stated;
        contest.order.ranked(result.place, result.rank, score)
    }

    fn offer(&mut self, ranked: Ranked) {
        // Of an order by relevance.
        let goodness = goodness(ranked.key.rank, ranked.key.score());
        if goodness >= self.bound.value() {
            self.first.offer(ranked);
            self.bound.offer(goodness);
        }
    }

    fn finish(self) -> Vec<Ranked> {
        self.first.finish()
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
