//! Filters and facets of the tuned peer: the few facts of each document in one array, looked up by document number.

use domain::award::MinorUnits;
use domain::{
    Currency, EditorialStatus, FieldOfStudy, GradeLevel, Scholarship, ScholarshipType, Term,
    TermSet, Timestamp, UsState,
};
use ports::search_index::{Facet, FacetKind, FacetValue, Filters};

#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) states: TermSet<UsState>,
    pub(super) fields: TermSet<FieldOfStudy>,
    pub(super) levels: TermSet<GradeLevel>,
    pub(super) scholarship_type: ScholarshipType,
    /// Some set of criteria states none of these, so that their filter does not exclude it.
    pub(super) any_state: bool,
    pub(super) any_field: bool,
    pub(super) any_level: bool,
    /// The most that a student can get, if known in dollars.
    pub(super) amount: Option<MinorUnits>,
    pub(super) is_active: bool,
    /// Seconds; never: the largest number.
    pub(super) expires: i64,
}

impl Facts {
    pub(super) fn of(scholarship: &Scholarship) -> Self {
        let content = &scholarship.content;
        let sets = &content.criteria;
        let open = |asks_nothing: &dyn Fn(&domain::Criteria) -> bool| {
            sets.is_empty() || sets.iter().any(asks_nothing)
        };
        let award = &content.award;
        Self {
            states: sets.iter().fold(TermSet::default(), |all, set| {
                all.union(set.residency_states)
            }),
            fields: sets.iter().fold(TermSet::default(), |all, set| {
                all.union(set.fields_of_study)
            }),
            levels: sets
                .iter()
                .fold(TermSet::default(), |all, set| all.union(set.grade_levels)),
            scholarship_type: content.scholarship_type,
            any_state: open(&|set| set.residency_states.is_empty()),
            any_field: open(&|set| set.fields_of_study.is_empty()),
            any_level: open(&|set| set.grade_levels.is_empty()),
            amount: award.most().filter(|_| award.currency == Currency::USD),
            is_active: content.status == EditorialStatus::Active,
            expires: super::seconds(content.deadline.expires_at()),
        }
    }

    /// Which of the facets' own filters it fails; `None` when it fails anything else.
    fn failures(&self, filters: &Filters, now: i64) -> Option<TermSet<FacetKind>> {
        let fails_amount = filters
            .min_amount
            .is_some_and(|least| self.amount.is_some_and(|amount| amount < least));
        let fails_level = !filters.grade_levels.is_empty()
            && !self.any_level
            && !self.levels.intersects(filters.grade_levels);
        if !self.is_active || self.expires < now || fails_amount || fails_level {
            return None;
        }
        let mut failures = TermSet::default();
        if !filters.states.is_empty() && !self.any_state && !self.states.intersects(filters.states)
        {
            failures.insert(FacetKind::States);
        }
        if !filters.fields_of_study.is_empty()
            && !self.any_field
            && !self.fields.intersects(filters.fields_of_study)
        {
            failures.insert(FacetKind::FieldsOfStudy);
        }
        if !filters.scholarship_types.is_empty()
            && !filters.scholarship_types.contains(self.scholarship_type)
        {
            failures.insert(FacetKind::ScholarshipTypes);
        }
        Some(failures)
    }
}

#[derive(Clone, Copy)]
struct Tally {
    count: u64,
    known: u64,
    min: MinorUnits,
    max: MinorUnits,
    sum: MinorUnits,
}

const NOTHING: Tally = Tally {
    count: 0,
    known: 0,
    min: MinorUnits::MAX,
    max: MinorUnits::MIN,
    sum: 0,
};

impl Tally {
    fn add(&mut self, amount: Option<MinorUnits>) {
        self.count += 1;
        if let Some(amount) = amount {
            self.known += 1;
            self.min = self.min.min(amount);
            self.max = self.max.max(amount);
            self.sum = self.sum.saturating_add(amount);
        }
    }
}

/// Counts what a search found.
pub(super) struct Counter {
    filters: Filters,
    now: i64,
    pub(super) total: u64,
    states: [Tally; 64],
    fields: [Tally; 16],
    types: [Tally; 8],
}

impl Counter {
    pub(super) fn new(filters: &Filters, now: Timestamp) -> Self {
        Self {
            filters: filters.clone(),
            now: now.timestamp(),
            total: 0,
            states: [NOTHING; 64],
            fields: [NOTHING; 16],
            types: [NOTHING; 8],
        }
    }

    /// Whether it is a result.
    pub(super) fn add(&mut self, facts: &Facts) -> bool {
        let Some(failures) = facts.failures(&self.filters, self.now) else {
            return false;
        };
        if failures.is_subset_of(TermSet::of(&[FacetKind::States])) {
            for state in facts.states.iter() {
                self.states[state.index()].add(facts.amount);
            }
        }
        if failures.is_subset_of(TermSet::of(&[FacetKind::FieldsOfStudy])) {
            for field in facts.fields.iter() {
                self.fields[field.index()].add(facts.amount);
            }
        }
        if failures.is_subset_of(TermSet::of(&[FacetKind::ScholarshipTypes])) {
            self.types[facts.scholarship_type.index()].add(facts.amount);
        }
        self.total += u64::from(failures.is_empty());
        failures.is_empty()
    }

    pub(super) fn facets(&self) -> Vec<Facet> {
        vec![
            facet::<UsState>(FacetKind::States, &self.states),
            facet::<FieldOfStudy>(FacetKind::FieldsOfStudy, &self.fields),
            facet::<ScholarshipType>(FacetKind::ScholarshipTypes, &self.types),
        ]
    }
}

fn facet<T: Term>(kind: FacetKind, tallies: &[Tally]) -> Facet {
    let mut values: Vec<FacetValue> = T::ALL
        .iter()
        .zip(tallies)
        .filter(|(_, tally)| tally.count > 0)
        .map(|(term, tally)| {
            let known = |value| (tally.known > 0).then_some(value);
            FacetValue {
                value: term.code().into(),
                count: tally.count,
                min: known(tally.min),
                max: known(tally.max),
                sum: known(tally.sum),
            }
        })
        .collect();
    values.sort_by(|left, right| {
        let by_count = right.count.cmp(&left.count);
        by_count.then_with(|| left.value.cmp(&right.value))
    });
    Facet { kind, values }
}
