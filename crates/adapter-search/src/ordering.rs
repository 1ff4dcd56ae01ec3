//! The orders of results as keys that compare from best to worst.
//!
//! Each order is a rank (of verdicts, or of what is known of the amount asked about), two numbers and, for the order by name, a text; ties end with the id. A key can be
//! written into a cursor and compared again after any number of writes.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};
use domain::{Currency, Verdict};
use ports::search_index::SortOrder;

use crate::facts::Facts;
use crate::settings::RelevanceWeights;
use crate::snapshot::{Place, Snapshot};

/// One result with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) place: Place,
    pub(crate) key: NumericKey,
    pub(crate) score: f32,
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

/// Makes and compares the keys of one request.
pub(crate) struct ResultOrder<'a> {
    pub(crate) sort: SortOrder,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) weights: RelevanceWeights,
    pub(crate) currency: Currency,
    pub(crate) today: NaiveDate,
    /// Whether unknown amounts come last in every order.
    pub(crate) limits_amount: bool,
}

impl ResultOrder<'_> {
    /// The key of a scholarship with a text score and a verdict, if there are any.
    pub(crate) fn ranked(
        &self,
        place: Place,
        facts: &Facts,
        score: f32,
        verdict: Option<Verdict>,
    ) -> Ranked {
        let known_first = |number: Option<i64>| match number {
            Some(number) => (0, number),
            None => (1, 0),
        };
        let amount = || facts.most_in(self.currency);
        let due = || {
            facts
                .due_on(self.today)
                .map(|day| i64::from(day.num_days_from_ce()))
        };
        let unknown = self.limits_amount && amount().is_none();
        let mut rank = u8::from(unknown);
        let (first, second) = match self.sort {
            SortOrder::Relevance => {
                // Eligible scholarships of unknown amount still come before possible ones.
                rank = verdict.map_or(0, |verdict| verdict as u8);
                let unknown = i64::from(unknown);
                let score = i64::from(descending(score));
                let intrinsic = i64::from(descending(self.intrinsic(facts)));
                ((unknown << 32) | score, intrinsic)
            }
            SortOrder::Deadline => known_first(due()),
            SortOrder::DeadlineDescending => known_first(due().map(|day| -day)),
            SortOrder::Amount => known_first(amount()),
            SortOrder::AmountDescending => known_first(amount().map(|amount| -amount)),
            SortOrder::Newest => (-facts.created_at.timestamp_micros(), 0),
            SortOrder::Name => (0, 0),
        };
        Ranked {
            place,
            key: NumericKey {
                rank,
                first,
                second,
            },
            score,
        }
    }

    /// What a scholarship is worth showing for, 0 to 1, whatever was asked.
    fn intrinsic(&self, facts: &Facts) -> f32 {
        let deadline = facts
            .due_on(self.today)
            .map_or(0.4, |day| urgency((day - self.today).num_days()));
        let factor = 10_f32.powi(self.currency.decimals() as i32);
        let amount = facts.most_in(self.currency).map_or(0.3, |minor| {
            let major = minor as f32 / factor;
            ((1.0 + major).log10() / 5.0).min(1.0)
        });
        let completeness = f32::from(facts.completeness) / f32::from(Facts::MOST_COMPLETE);
        self.weights.deadline * deadline
            + self.weights.amount * amount
            + self.weights.completeness * completeness
    }

    pub(crate) fn compare(&self, left: &Ranked, right: &Ranked) -> Ordering {
        let by_name = || match self.sort {
            SortOrder::Name => {
                let names = self.snapshot;
                names.name(left.place).cmp(names.name(right.place))
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
            SortOrder::Name => self.snapshot.name(ranked.place).cmp(&key.name),
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
                SortOrder::Name => self.snapshot.name(ranked.place).to_owned(),
                _ => String::new(),
            },
            id: self.snapshot.id(ranked.place).to_owned(),
        }
    }

    /// The first `count` in order.
    pub(crate) fn best(&self, mut ranked: Vec<Ranked>, count: usize) -> Vec<Ranked> {
        if count == 0 {
            return Vec::new();
        }
        if count < ranked.len() {
            ranked.select_nth_unstable_by(count - 1, |left, right| self.compare(left, right));
            ranked.truncate(count);
        }
        ranked.sort_unstable_by(|left, right| self.compare(left, right));
        ranked
    }
}

/// 1 today, one half in four months, 0 when past.
fn urgency(days: i64) -> f32 {
    if days < 0 {
        0.0
    } else {
        120.0 / (120.0 + days as f32)
    }
}

/// A number that is smaller the larger the score is; scores are finite and at least 0, so their bits are in order.
fn descending(score: f32) -> u32 {
    u32::MAX - score.max(0.0).to_bits()
}
