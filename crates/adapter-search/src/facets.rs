//! Exact counts of values over all results, with the money behind them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::award::MinorUnits;
use domain::{
    Citizenship, Currency, FieldOfStudy, GradeLevel, ScholarshipType, Term, TermSet, UsState,
};
use ports::search_index::{Facet, FacetKind, FacetValue};

use crate::facts::Facts;
use crate::filters::Failures;

const AMOUNT_BUCKETS: [(&str, MinorUnits); 5] = [
    ("0-999", 1_000),
    ("1000-4999", 5_000),
    ("5000-9999", 10_000),
    ("10000-24999", 25_000),
    ("25000+", MinorUnits::MAX),
];

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: u64,
    min: Option<MinorUnits>,
    max: Option<MinorUnits>,
    sum: Option<MinorUnits>,
}

impl Tally {
    fn add(&mut self, amount: Option<MinorUnits>) {
        self.count += 1;
        if let Some(amount) = amount {
            self.min = Some(self.min.map_or(amount, |min| min.min(amount)));
            self.max = Some(self.max.map_or(amount, |max| max.max(amount)));
            self.sum = Some(self.sum.unwrap_or(0).saturating_add(amount));
        }
    }

    fn value(self, value: String) -> FacetValue {
        FacetValue {
            value,
            count: self.count,
            min: self.min,
            max: self.max,
            sum: self.sum,
        }
    }
}

/// Counts the facets of one request.
pub(crate) struct FacetCounter {
    wanted: TermSet<FacetKind>,
    currency: Currency,
    today: NaiveDate,
    types: Vec<Tally>,
    fields: Vec<Tally>,
    states: Vec<Tally>,
    grade_levels: Vec<Tally>,
    citizenships: BTreeMap<Citizenship, Tally>,
    /// `false`, `true`.
    need: [Tally; 2],
    /// `false`, `true`.
    renewable: [Tally; 2],
    /// The buckets, then unknown.
    amounts: [Tally; AMOUNT_BUCKETS.len() + 1],
    months: BTreeMap<(i32, u32), Tally>,
    without_month: Tally,
}

impl FacetCounter {
    pub(crate) fn of(wanted: TermSet<FacetKind>, currency: Currency, today: NaiveDate) -> Self {
        Self {
            wanted,
            currency,
            today,
            types: vec![Tally::default(); ScholarshipType::ALL.len()],
            fields: vec![Tally::default(); FieldOfStudy::ALL.len()],
            states: vec![Tally::default(); UsState::ALL.len()],
            grade_levels: vec![Tally::default(); GradeLevel::ALL.len()],
            citizenships: BTreeMap::new(),
            need: Default::default(),
            renewable: Default::default(),
            amounts: Default::default(),
            months: BTreeMap::new(),
            without_month: Tally::default(),
        }
    }

    /// Counts a scholarship for the wanted facets that ignore everything it fails.
    pub(crate) fn add(&mut self, facts: &Facts, failures: Failures) {
        for kind in self.wanted.iter() {
            if failures.is_subset_of(TermSet::of(&[kind])) {
                self.add_to(kind, facts);
            }
        }
    }

    fn add_to(&mut self, kind: FacetKind, facts: &Facts) {
        let amount = facts.most_in(self.currency);
        match kind {
            FacetKind::ScholarshipTypes => {
                self.types[facts.scholarship_type.index()].add(amount);
            }
            FacetKind::FieldsOfStudy => add_terms(&mut self.fields, facts.fields_of_study, amount),
            FacetKind::States => add_terms(&mut self.states, facts.states, amount),
            FacetKind::GradeLevels => {
                add_terms(&mut self.grade_levels, facts.grade_levels, amount);
            }
            FacetKind::Citizenship if facts.states_citizenship => {
                self.add_citizenships(facts, amount);
            }
            FacetKind::Citizenship => {}
            FacetKind::FinancialNeed => {
                // As the filter has it: alternative sets may put a scholarship on both sides.
                if facts.asks_for_need {
                    self.need[1].add(amount);
                }
                if facts.open_without_need {
                    self.need[0].add(amount);
                }
            }
            FacetKind::Renewable => {
                if let Some(renewable) = facts.renewable {
                    self.renewable[usize::from(renewable)].add(amount);
                }
            }
            FacetKind::Amount => {
                let bucket = amount.map_or(AMOUNT_BUCKETS.len(), |minor| self.bucket(minor));
                self.amounts[bucket].add(amount);
            }
            FacetKind::DeadlineMonth => {
                let tally = match facts.due_on(self.today) {
                    Some(day) => self.months.entry((day.year(), day.month())).or_default(),
                    None => &mut self.without_month,
                };
                tally.add(amount);
            }
        }
    }

    fn add_citizenships(&mut self, facts: &Facts, amount: Option<MinorUnits>) {
        for (at, set) in facts.criteria.iter().enumerate() {
            for citizenship in &set.citizenship_required {
                let counted = facts.criteria[..at]
                    .iter()
                    .any(|before| before.citizenship_required.contains(citizenship));
                if !counted {
                    let tally = self.citizenships.entry(*citizenship).or_default();
                    tally.add(amount);
                }
            }
        }
    }

    fn bucket(&self, minor: MinorUnits) -> usize {
        let major = minor / 10_i64.pow(self.currency.decimals());
        AMOUNT_BUCKETS
            .iter()
            .position(|(_, end)| major < *end)
            .unwrap_or(AMOUNT_BUCKETS.len() - 1)
    }

    /// The facets in the order of their kinds, without values that nothing has.
    pub(crate) fn finish(self) -> Vec<Facet> {
        let wanted = self.wanted;
        let truth = |tallies: [Tally; 2]| {
            let [without, with] = tallies;
            most_frequent_first([("false".to_owned(), without), ("true".to_owned(), with)])
        };
        let mut all = BTreeMap::new();
        all.insert(
            FacetKind::ScholarshipTypes,
            of_terms::<ScholarshipType>(&self.types),
        );
        all.insert(
            FacetKind::FieldsOfStudy,
            of_terms::<FieldOfStudy>(&self.fields),
        );
        all.insert(FacetKind::States, of_terms::<UsState>(&self.states));
        all.insert(
            FacetKind::GradeLevels,
            of_terms::<GradeLevel>(&self.grade_levels),
        );
        let citizenships = self
            .citizenships
            .into_iter()
            .map(|(citizenship, tally)| (citizenship.code().to_owned(), tally));
        all.insert(FacetKind::Citizenship, most_frequent_first(citizenships));
        all.insert(FacetKind::FinancialNeed, truth(self.need));
        all.insert(FacetKind::Renewable, truth(self.renewable));
        let names = AMOUNT_BUCKETS
            .iter()
            .map(|(name, _)| *name)
            .chain(["unknown"]);
        let amounts = names
            .zip(self.amounts)
            .map(|(name, tally)| (name.to_owned(), tally));
        all.insert(FacetKind::Amount, in_order(amounts));
        let months = self
            .months
            .into_iter()
            .map(|((year, month), tally)| (format!("{year:04}-{month:02}"), tally))
            .chain([("none".to_owned(), self.without_month)]);
        all.insert(FacetKind::DeadlineMonth, in_order(months));
        all.into_iter()
            .filter(|(kind, _)| wanted.contains(*kind))
            .map(|(kind, values)| Facet { kind, values })
            .collect()
    }
}

fn add_terms<T: Term>(tallies: &mut [Tally], terms: TermSet<T>, amount: Option<MinorUnits>) {
    for term in terms.iter() {
        tallies[term.index()].add(amount);
    }
}

fn of_terms<T: Term>(tallies: &[Tally]) -> Vec<FacetValue> {
    let values = T::ALL
        .iter()
        .map(|term| (term.code().to_owned(), tallies[term.index()]));
    most_frequent_first(values)
}

fn in_order(values: impl IntoIterator<Item = (String, Tally)>) -> Vec<FacetValue> {
    values
        .into_iter()
        .filter(|(_, tally)| tally.count > 0)
        .map(|(value, tally)| tally.value(value))
        .collect()
}

fn most_frequent_first(values: impl IntoIterator<Item = (String, Tally)>) -> Vec<FacetValue> {
    let mut values = in_order(values);
    values.sort_by(|left, right| {
        right
            .count
            .cmp(&left.count)
            .then_with(|| left.value.cmp(&right.value))
    });
    values
}
