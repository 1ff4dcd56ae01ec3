//! The orders of results as keys that compare from best to worst.
//!
//! Each order is a rank (of verdicts, or of what is known of the amount asked about), two numbers and, for the order by name,
//! a text; ties end with the id. A key can be written into a cursor and compared again after any number of writes.

use std::cmp::Ordering;
use std::sync::Arc;

use ports::search_index::SortOrder;

use crate::deadlines::{DueDays, NO_DAY};
use crate::facts::{Facts, UNKNOWN_AMOUNT_VALUE};
use crate::scoring::Score;
use crate::snapshot::{Place, Snapshot};

/// One result with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) place: Place,
    pub(crate) key: NumericKey,
}

/// The numbers of a key; smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericKey {
    pub(crate) rank: u8,
    pub(crate) first: i64,
    pub(crate) second: i64,
}

/// A whole key, apart from any snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnedKey {
    pub(crate) numbers: NumericKey,
    /// Empty except in the order by name.
    pub(crate) name: String,
    pub(crate) id: String,
}

impl NumericKey {
    /// Of a key by relevance: the score in it.
    pub(crate) fn score(&self) -> Score {
        Score::try_from(self.first.saturating_neg()).unwrap_or(0)
    }
}

/// What the order by name looks at, so that a key fits into a URL; longer names that begin alike go by their ids.
const COMPARED_BYTES: usize = 512;

fn compared(name: &str) -> &str {
    &name[..name.floor_char_boundary(COMPARED_BYTES)]
}

/// Makes and compares the keys of one request.
pub(crate) struct ResultOrder<'a> {
    pub(crate) sort: SortOrder,
    pub(crate) snapshot: &'a Snapshot,
    /// What the deadlines of each segment come to.
    pub(crate) due: &'a [Arc<DueDays>],
    /// Of deadline, amount and completeness, in 1,024ths.
    pub(crate) weights: [u32; 3],
    pub(crate) currency: u32,
}

impl ResultOrder<'_> {
    /// The key of a scholarship with a rank and a score, if there are any.
    pub(crate) fn ranked(&self, place: Place, rank: u8, score: Score) -> Ranked {
        let segment = &self.snapshot.segments[place.segment as usize].segment;
        let facts = &segment.facts[place.document as usize];
        let known_first = |number: Option<i64>| match number {
            Some(number) => (0, number),
            None => (1, 0),
        };
        let amount = || facts.most_in(self.currency);
        let due = || {
            let due = self.due[place.segment as usize].due[facts.deadline() as usize];
            (due != NO_DAY).then_some(i64::from(due))
        };
        let (first, second) = match self.sort {
            SortOrder::Relevance => {
                let intrinsic = self.intrinsic(place.segment, facts);
                (-i64::from(score), -i64::from(intrinsic))
            }
            SortOrder::Deadline => known_first(due()),
            SortOrder::DeadlineDescending => known_first(due().map(|day| -day)),
            SortOrder::Amount => known_first(amount()),
            SortOrder::AmountDescending => known_first(amount().map(|amount| -amount)),
            SortOrder::Newest => (-segment.created[place.document as usize], 0),
            SortOrder::Name => (0, 0),
        };
        Ranked {
            place,
            key: NumericKey {
                rank,
                first,
                second,
            },
        }
    }

    /// What a scholarship is worth showing for, whatever was asked.
    fn intrinsic(&self, segment: u32, facts: &Facts) -> u32 {
        let urgency = self.due[segment as usize].urgency[facts.deadline() as usize];
        let amount = if facts.currency() == self.currency {
            facts.amount_value()
        } else {
            UNKNOWN_AMOUNT_VALUE
        };
        let completeness =
            65_535 / u32::from(Facts::MOST_COMPLETE) * u32::from(facts.completeness());
        let [of_deadline, of_amount, of_completeness] = self.weights;
        // At most 3 x 2^10 x 2^16.
        of_deadline * u32::from(urgency)
            + of_amount * u32::from(amount)
            + of_completeness * completeness
    }

    pub(crate) fn compare(&self, left: &Ranked, right: &Ranked) -> Ordering {
        let by_name = || match self.sort {
            SortOrder::Name => {
                let names = self.snapshot;
                compared(names.name(left.place)).cmp(compared(names.name(right.place)))
            }
            _ => Ordering::Equal,
        };
        let ids = || {
            self.snapshot
                .id(left.place)
                .cmp(self.snapshot.id(right.place))
        };
        left.key.cmp(&right.key).then_with(by_name).then_with(ids)
    }

    pub(crate) fn is_after(&self, ranked: &Ranked, key: &OwnedKey) -> bool {
        let by_name = || match self.sort {
            SortOrder::Name => compared(self.snapshot.name(ranked.place)).cmp(&key.name),
            _ => Ordering::Equal,
        };
        let ids = || self.snapshot.id(ranked.place).cmp(&key.id);
        let order = ranked.key.cmp(&key.numbers);
        order.then_with(by_name).then_with(ids) == Ordering::Greater
    }

    pub(crate) fn owned_key(&self, ranked: &Ranked) -> OwnedKey {
        OwnedKey {
            numbers: ranked.key,
            name: match self.sort {
                SortOrder::Name => compared(self.snapshot.name(ranked.place)).to_owned(),
                _ => String::new(),
            },
            id: self.snapshot.id(ranked.place).to_owned(),
        }
    }
}
