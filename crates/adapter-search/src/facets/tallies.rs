//! One count with the money behind it, and counts as the values of a facet.

use std::borrow::Cow;

use domain::Term;
use domain::award::MinorUnits;
use ports::search_index::FacetValue;

#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    count: u64,
    /// Nothing is known while this is larger than `max`.
    min: MinorUnits,
    max: MinorUnits,
    sum: MinorUnits,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            min: MinorUnits::MAX,
            max: MinorUnits::MIN,
            sum: 0,
        }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, amount: Option<MinorUnits>) {
        self.count += 1;
        if let Some(amount) = amount {
            self.min = self.min.min(amount);
            self.max = self.max.max(amount);
            // Amounts are at most 10^12, so millions of them fit.
            self.sum = self.sum.saturating_add(amount);
        }
    }

    fn value(self, value: Cow<'static, str>) -> FacetValue {
        let is_known = self.min <= self.max;
        FacetValue {
            value,
            count: self.count,
            min: is_known.then_some(self.min),
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
