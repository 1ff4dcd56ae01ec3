//! What single changes of a profile would open.
//!
//! The values that open scholarships name give the changes worth trying; `near_misses` finds the closed scholarships that
//! one change could open, those of a kind together; and each change is tried on each kind, by the rules of `domain`.

mod group;
mod near_misses;

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::unlock::{CriteriaValues, ProfileChange, candidates};
use domain::{Currency, ScholarshipId, StudentProfile, Timestamp, Verdict};
use ports::search_index::{Unlock, UnlockAnswer};

use self::group::Group;
use self::near_misses::{Alike, NearMisses, by_word};
use crate::bit_set::BitSet;
use crate::card_texts::text_of;
use crate::criteria_table::CriteriaTable;
use crate::facts::currency_bits;
use crate::matching::{Verdicts, open_documents};
use crate::snapshot::{Place, Snapshot};

const MOST_EXAMPLES: usize = 5;

/// One segment as the student finds it.
struct Part<'a> {
    table: &'a CriteriaTable,
    verdicts: Verdicts<'a>,
    near_misses: NearMisses<'a>,
}

/// The scholarships of a segment that are closed for the same reason.
struct Closed<'a> {
    table: &'a CriteriaTable,
    all: Vec<Alike<Tally>>,
    /// Word -> which of them accept it, of attributes: a catalogue may name thousands of memberships or employers.
    by_word: HashMap<&'a str, Vec<usize>, ahash::RandomState>,
}

/// Scholarships and what they pay.
#[derive(Debug, Clone, Default)]
struct Tally {
    count: u64,
    sum: i64,
    unknown_amounts: u64,
    /// Dearest first, the empty ones last.
    examples: [Option<Example>; MOST_EXAMPLES],
}

/// One scholarship with the most that it pays.
#[derive(Debug, Clone, Copy)]
struct Example {
    amount: Option<i64>,
    place: Place,
}

/// What one change opens.
#[derive(Default)]
struct Opening {
    eligible: u64,
    possible: u64,
    tally: Tally,
}

pub(crate) fn unlocks(
    snapshot: &Snapshot,
    profile: &StudentProfile,
    currency: Currency,
    now: Timestamp,
) -> UnlockAnswer {
    let mut answer = UnlockAnswer::default();
    let mut named = CriteriaValues::default();
    let mut parts = Vec::with_capacity(snapshot.segments.len());
    for live in &snapshot.segments {
        let table = &live.segment.criteria;
        let open = open_documents(live, now);
        let verdicts = Verdicts::of(table, profile);
        verdicts.count(&open, &mut answer.verdicts);
        name_values(table, &open, profile, &mut named);
        parts.push(Part {
            table,
            near_misses: NearMisses::of(table, &verdicts, &open),
            verdicts,
        });
    }
    let changes = candidates(profile, &named);
    for same in changes.chunk_by(|left, right| Group::of_change(left) == Group::of_change(right)) {
        let group = Group::of_change(&same[0]);
        let closed = closed_by(group, &parts, snapshot, currency);
        let touched = group.facts(profile);
        for change in same {
            let opening = opening(change, &touched, &closed, snapshot);
            if opening.tally.count > 0 {
                answer
                    .unlocks
                    .push(opening.finished(change.clone(), snapshot));
            }
        }
    }
    // Stable: what is equal stays in the order of the candidates.
    answer
        .unlocks
        .sort_by_key(|unlock| Reverse((unlock.sum, unlock.eligible + unlock.possible)));
    answer
}

/// Adds the values that any of the open documents state.
fn name_values(
    table: &CriteriaTable,
    open: &BitSet,
    profile: &StudentProfile,
    named: &mut CriteriaValues,
) {
    let rows = table.rows_of_all(open);
    for (number, kind) in table.kinds().iter().enumerate() {
        let first = &table.values()[kind.values.start as usize];
        if !first.concerns(profile) {
            // No change is proposed of a fact that is unknown.
            continue;
        }
        if let Some(attribute) = first.attribute() {
            // All of them: what only closed documents accept opens nothing, and is not proposed in the end. Rising words make
            // a set at once, which one after the other they would not.
            let known = named.attributes.entry(attribute.to_owned()).or_default();
            known.append(&mut table.words(number).map(str::to_owned).collect());
            continue;
        }
        for value in kind.values.start..kind.values.end {
            if table.rows_with(value).meet(&rows) {
                named.include_criterion(&table.values()[value as usize]);
            }
        }
    }
}

/// By segment, what a group of criteria alone keeps closed.
fn closed_by<'a>(
    group: Group<'_>,
    parts: &[Part<'a>],
    snapshot: &Snapshot,
    currency: Currency,
) -> Vec<Closed<'a>> {
    let of_part = |(segment, part): (u32, &Part<'a>)| {
        let facts = &snapshot.segments[segment as usize].segment.facts;
        let currency = currency_bits(currency) as u32;
        let judgement = part.verdicts.judgement();
        let count = |tally: &mut Tally, document: u32| {
            let amount = facts[document as usize].most_in(currency);
            tally.add(amount, Place { segment, document }, snapshot);
        };
        let all = part.near_misses.of_group(group, judgement, count);
        Closed {
            table: part.table,
            by_word: by_word(part.table, &all),
            all,
        }
    };
    (0..).zip(parts).map(of_part).collect()
}

/// What the change of these facts opens among those that are closed for want of it.
fn opening(
    change: &ProfileChange,
    facts: &StudentProfile,
    closed: &[Closed<'_>],
    snapshot: &Snapshot,
) -> Opening {
    let mut opening = Opening::default();
    let mut after = None;
    for part in closed {
        let mut try_on = |alike: &Alike<Tally>| {
            let after = after.get_or_insert_with(|| change.applied_to(facts));
            match alike.verdict(part.table, after) {
                Verdict::Eligible => opening.eligible += alike.tally.count,
                Verdict::Possible => opening.possible += alike.tally.count,
                Verdict::Ineligible => return,
            }
            opening.tally.merge(&alike.tally, snapshot);
        };
        match change {
            // Only what accepts the new value.
            ProfileChange::Attribute { value, .. } => {
                let places = part.by_word.get(value.as_str()).into_iter().flatten();
                places.for_each(|place| try_on(&part.all[*place]));
            }
            _ => part.all.iter().for_each(try_on),
        }
    }
    opening
}

impl Tally {
    fn add(&mut self, amount: Option<i64>, place: Place, snapshot: &Snapshot) {
        self.count += 1;
        match amount {
            Some(amount) => self.sum = self.sum.saturating_add(amount),
            None => self.unknown_amounts += 1,
        }
        self.show(Example { amount, place }, snapshot);
    }

    fn merge(&mut self, other: &Self, snapshot: &Snapshot) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.unknown_amounts += other.unknown_amounts;
        for example in other.examples.iter().flatten() {
            self.show(*example, snapshot);
        }
    }

    /// Keeps it as an example if it is among the dearest, then the first by id.
    fn show(&mut self, new: Example, snapshot: &Snapshot) {
        // Unknown amounts are the smallest.
        let is_before = |old: &Example| {
            old.amount > new.amount
                || (old.amount == new.amount && snapshot.id(old.place) < snapshot.id(new.place))
        };
        let mut next = Some(new);
        let at = self
            .examples
            .partition_point(|old| old.as_ref().is_some_and(is_before));
        for place in &mut self.examples[at..] {
            next = std::mem::replace(place, next);
        }
    }
}

impl Opening {
    fn finished(self, change: ProfileChange, snapshot: &Snapshot) -> Unlock {
        let example = |Example { place, .. }: &Example| {
            let id = ScholarshipId::parse(snapshot.id(*place)).ok()?;
            Some((id, text_of(snapshot.card(*place), "name").into_owned()))
        };
        Unlock {
            change,
            eligible: self.eligible,
            possible: self.possible,
            sum: self.tally.sum,
            unknown_amounts: self.tally.unknown_amounts,
            examples: self
                .tally
                .examples
                .iter()
                .flatten()
                .filter_map(example)
                .collect(),
        }
    }
}
