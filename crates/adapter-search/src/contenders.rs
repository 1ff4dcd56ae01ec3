//! The best results by relevance, with nearness looked at only where it can matter.
//!
//! Nearness and whole names can raise a score by bounded shares. So what a sum of words' scores can come to at most tells which
//! documents might be among the best; only those have their words looked at. The result is the same as of scoring everything.

use crate::fields::Field;
use crate::ordering::{Ranked, ResultOrder};
use crate::scoring::{Score, Shares};
use crate::segment::Segment;
use crate::snapshot::{Place, Snapshot};
use crate::words_in_segment::QueryTerms;

/// A result before its score is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    pub(crate) rank: u8,
    /// Of the words' scores.
    pub(crate) sum: u32,
    /// What stated values add.
    pub(crate) stated: Score,
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
    /// The first `count` results in order.
    pub(crate) fn best(&self, mut kept: Vec<Kept>, count: usize) -> Vec<Ranked> {
        if count == 0 {
            return Vec::new();
        }
        let mut scorer = Scorer::default();
        if count < kept.len() {
            // The ones that are best without any share give a bound that the others have to reach.
            let by_least = |kept: &Kept| {
                let least = Shares::least(kept.sum) + kept.stated;
                (kept.rank, std::cmp::Reverse(least))
            };
            kept.select_nth_unstable_by_key(count - 1, by_least);
            let mut first: Vec<(u8, Score)> = kept[..count]
                .iter()
                .map(|kept| (kept.rank, self.score(kept, &mut scorer)))
                .collect();
            first.sort_unstable_by_key(|(rank, score)| (*rank, std::cmp::Reverse(*score)));
            if let Some((rank, score)) = first.last().copied() {
                kept.retain(|kept| kept.rank < rank || (kept.rank == rank && self.most(kept) >= score));
            }
        }
        let ranked = self.all(&kept, &mut scorer);
        self.order.best(ranked, count)
    }

    /// All results with their keys, in no order.
    pub(crate) fn ranked(&self, kept: &[Kept]) -> Vec<Ranked> {
        self.all(kept, &mut Scorer::default())
    }

    fn all(&self, kept: &[Kept], scorer: &mut Scorer) -> Vec<Ranked> {
        let ranked = kept.iter().map(|kept| {
            let score = self.score(kept, scorer);
            self.order.ranked(kept.place, kept.rank, score)
        });
        ranked.collect()
    }

    fn segment(&self, place: Place) -> &Segment {
        &self.snapshot.segments[place.segment as usize].segment
    }

    fn score(&self, kept: &Kept, scorer: &mut Scorer) -> Score {
        let terms = &self.terms[kept.place.segment as usize];
        let segment = self.segment(kept.place);
        let nearness = scorer.nearness(terms, segment, kept.place.document, &self.shares);
        let whole = is_whole_name(terms, segment, kept.place.document);
        self.shares.score(kept.sum, nearness, whole) + kept.stated
    }

    /// The highest score that it can have.
    fn most(&self, kept: &Kept) -> Score {
        let terms = &self.terms[kept.place.segment as usize];
        let whole = is_whole_name(terms, self.segment(kept.place), kept.place.document);
        self.shares.most(kept.sum, terms.slots.len(), whole) + kept.stated
    }
}

fn is_whole_name(terms: &QueryTerms, segment: &Segment, document: u32) -> bool {
    let Some(whole) = &terms.whole else {
        return false;
    };
    let length = segment.tokens.field_ends[document as usize].length(Field::Name);
    usize::from(length) == whole.len() && segment.tokens.in_field(document, Field::Name) == whole
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
        let slots = &terms.slots;
        if slots.len() < 2 {
            return 0;
        }
        self.places.resize_with(slots.len(), Vec::new);
        self.places.iter_mut().for_each(Vec::clear);
        for (place, term) in (0_u16..).zip(segment.tokens.of(document)) {
            if !terms.may_hold(*term) {
                continue;
            }
            for (slot, places) in slots.iter().zip(&mut self.places) {
                if slot.words().any(|word| word.holds(*term)) {
                    places.push(place);
                }
            }
        }
        let ends = &segment.tokens.field_ends[document as usize];
        shares.nearness(&self.places, ends)
    }
}
