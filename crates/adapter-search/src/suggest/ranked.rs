//! The first few of what several segments offer, by counts over all of them, looking at as little as possible.
//!
//! Each segment offers best first by a count that nothing of it exceeds. What was not looked at yet counts at most the sum
//! of what the segments offer next; as soon as enough is known to be before that, the rest need not be looked at.

use std::cmp::Ordering;
use std::collections::HashSet;

use ports::search_index::SuggestionKind;

use crate::top::Top;

/// Something that can be suggested.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked<'a> {
    pub(super) count: u64,
    /// In normal form.
    pub(super) text: &'a str,
    pub(super) kind: SuggestionKind,
    /// A segment that has it, and its number there: of a title or of a term.
    pub(super) segment: usize,
    pub(super) number: u32,
}

impl Ranked<'_> {
    /// By count, then by text.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let counts = other.count.cmp(&self.count);
        counts
            .then_with(|| self.text.cmp(other.text))
            .then_with(|| self.kind.cmp(&other.kind))
    }
}

/// What one segment offers, in the order of [`Ranked::compare`] by counts that are at least the true ones.
pub(super) trait Offers<'a> {
    /// The count of what comes next.
    fn bound(&self) -> Option<u64>;

    /// What comes next, with that count.
    fn head(&self) -> Option<Ranked<'a>>;

    /// Goes on to what comes behind it.
    fn advance(&mut self);

    /// Roughly how much is left.
    fn remaining(&self) -> usize;
}

/// The first `limit` in order by true counts, which `counted` answers; `None` or none is no suggestion.
pub(super) fn best<'a, O: Offers<'a>>(
    offers: &mut [O],
    limit: usize,
    mut counted: impl FnMut(&mut O, Ranked<'a>) -> Option<u64>,
) -> Vec<Ranked<'a>> {
    let mut top = Top::new(limit, |left: &Ranked<'a>, right: &Ranked<'a>| {
        left.compare(right)
    });
    let mut seen: HashSet<(&str, SuggestionKind), ahash::RandomState> = HashSet::default();
    let several = offers.len() > 1;
    loop {
        let mut most = 0;
        let mut next: Option<(u64, usize, usize)> = None;
        let mut left = 0;
        for (at, offer) in offers.iter().enumerate() {
            let Some(bound) = offer.bound() else { continue };
            most += bound;
            left += 1;
            let remaining = offer.remaining();
            // Of equals the one that is exhausted first: that lowers the sum.
            let is_better = |(other, others, _): (u64, usize, usize)| {
                bound > other || bound == other && remaining < others
            };
            if next.is_none_or(is_better) {
                next = Some((bound, remaining, at));
            }
        }
        let Some((_, _, at)) = next else { break };
        let Some(head) = offers[at].head() else { break };
        if let Some(last) = top.last() {
            let is_settled = if left == 1 {
                last.compare(&head) == Ordering::Less
            } else {
                last.count > most
            };
            if is_settled {
                break;
            }
        }
        offers[at].advance();
        if several && seen.contains(&(head.text, head.kind)) {
            continue;
        }
        if let Some(count) = counted(&mut offers[at], head)
            && count > 0
        {
            if several {
                seen.insert((head.text, head.kind));
            }
            top.offer(Ranked { count, ..head });
        }
    }
    top.finish()
}
