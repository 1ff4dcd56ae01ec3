//! Which words to give up when nothing matches all of them.
//!
//! Every document that the filters let through matches some of the query's slots. The largest such set is kept, of equally
//! large ones that which says most: so as few words are dropped as possible, and the least informative ones. States say
//! nothing here: most scholarships are open to all of them, so a state is given up before what a scholarship is for.

use domain::{Term, UsState};

use crate::candidates::Matcher;
use crate::query::{QueryPlan, Slot};
use crate::scoring::informativeness;
use crate::snapshot::Snapshot;
use crate::words_in_segment::QueryTerms;

/// A set of slots, one bit each: a query has at most 32.
pub(crate) type Slots = u32;

/// How good a set of slots is to keep: their number, what they say, and the earlier words.
type Worth = (u32, u64, u32);

/// The slots of the best part of a plan that some document which `passes` (segment, document) matches; `None` when no document
/// matches anything.
pub(crate) fn relaxed(
    plan: &QueryPlan,
    snapshot: &Snapshot,
    first_of: impl Fn(usize) -> u32,
    mut passes: impl FnMut(usize, u32) -> bool,
) -> Option<Slots> {
    let documents = snapshot.live_count();
    let says: Vec<u64> = plan
        .slots
        .iter()
        .map(|slot| match names_a_state(slot) {
            true => 0,
            false => u64::from(informativeness(slot.frequency, documents)),
        })
        .collect();
    let worth = |slots: Slots| -> Worth {
        let kept = says
            .iter()
            .enumerate()
            .filter(|(at, _)| slots & (1 << at) != 0);
        let sum = kept.map(|(_, says)| says).sum();
        (slots.count_ones(), sum, slots.reverse_bits())
    };
    let mut best: Option<(Worth, Slots)> = None;
    for (at, live) in snapshot.segments.iter().enumerate() {
        let terms = QueryTerms::of(plan, &live.segment);
        let matcher = Matcher::of(live, first_of(at));
        let mut matched: Vec<Slots> = vec![0; live.segment.len() as usize];
        for (number, slot) in terms.slots.iter().enumerate() {
            for document in matcher.slot(slot).documents() {
                matched[*document as usize] |= 1 << number;
            }
        }
        for (document, slots) in (0..).zip(matched) {
            let fewer = best.is_some_and(|(best, _)| slots.count_ones() < best.0);
            if slots == 0 || fewer || best.is_some_and(|(_, best)| best == slots) {
                continue;
            }
            let worth = worth(slots);
            let better = best.is_none_or(|(best, _)| worth > best);
            if better && passes(at, document) {
                best = Some((worth, slots));
            }
        }
    }
    best.map(|(_, kept)| kept)
}

/// Whether one of the slot's alternatives is the name of a state.
fn names_a_state(slot: &Slot) -> bool {
    slot.alternatives.iter().any(|alternative| {
        let forms = alternative.words.iter().map(|word| word.forms.first());
        let forms: Option<Vec<&str>> = forms.map(|form| Some(form?.0.as_str())).collect();
        forms.is_some_and(|forms| {
            let text = forms.join(" ");
            UsState::ALL
                .iter()
                .any(|state| state.name().eq_ignore_ascii_case(&text))
        })
    })
}

/// The plan with some of its slots, and the typed words of the others.
pub(crate) fn with_slots(plan: &QueryPlan, kept: Slots) -> (QueryPlan, Vec<String>) {
    let (mut slots, mut dropped): (Vec<Slot>, Vec<String>) = (Vec::new(), Vec::new());
    for (at, slot) in plan.slots.iter().enumerate() {
        if kept & (1 << at) != 0 {
            slots.push(slot.clone());
        } else {
            dropped.extend(slot.typed.iter().cloned());
        }
    }
    // Words that were typed as one piece are one.
    dropped.dedup();
    let plan = QueryPlan {
        slots,
        ..plan.clone()
    };
    (plan, dropped)
}
