//! One count with the money behind it, and counts as the values of a facet.

use std::borrow::Cow;

use domain::Term;
use domain::award::MinorUnits;
use ports::search_index::FacetValue;

/// Stands for an amount that is not known.
pub(super) const UNKNOWN: MinorUnits = -1;

#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    count: u64,
    /// As unsigned numbers, of which [`UNKNOWN`] is the largest.
    min: u64,
    max: MinorUnits,
    sum: MinorUnits,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            min: u64::MAX,
            max: UNKNOWN,
            sum: 0,
        }
    }
}

impl Tally {
    /// Without branches: whether an amount is known is as good as random. Amounts are at most 10^12, so the sums of millions
    /// of them fit.
    #[inline]
    pub(super) fn add(&mut self, amount: MinorUnits) {
        self.count += 1;
        self.min = self.min.min(amount as u64);
        self.max = self.max.max(amount);
        self.sum += amount.max(0);
    }

    /// Adds what another one counted.
    pub(super) fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }

    fn value(self, value: Cow<'static, str>) -> FacetValue {
        let is_known = self.max != UNKNOWN;
        FacetValue {
            value,
            count: self.count,
            min: is_known.then_some(self.min as MinorUnits),
            max: is_known.then_some(self.max),
            sum: is_known.then_some(self.sum),
        }
    }
}

pub(super) fn of_terms<T: Term>(tallies: &[Tally]) -> Vec<FacetValue> {
    let values = T::ALL
        .iter()
        .map(|term| (Cow::Borrowed(term.code()), tallies[term.index()]));
    most_frequent_first(values)
}

pub(super) fn in_order(
    values: impl IntoIterator<Item = (Cow<'static, str>, Tally)>,
) -> Vec<FacetValue> {
    values
        .into_iter()
        .filter(|(_, tally)| tally.count > 0)
        .map(|(value, tally)| tally.value(value))
        .collect()
}

pub(super) fn most_frequent_first(
    values: impl IntoIterator<Item = (Cow<'static, str>, Tally)>,
) -> Vec<FacetValue> {
    let mut values = in_order(values);
    values.sort_unstable_by(|left, right| {
        right
            .count
            .cmp(&left.count)
            .then_with(|| left.value.cmp(&right.value))
    });
    values
}
