//! Exact counts of values over all results, with the money behind them.
//!
//! Counting goes kind by kind over small blocks of documents, so that their rows stay in the processor's cache.

mod tallies;

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::award::MinorUnits;
use domain::{Citizenship, Currency, FieldOfStudy, GradeLevel, ScholarshipType, Term, TermSet, UsState};
use ports::search_index::{Facet, FacetKind};

use crate::deadlines::DueDays;
use crate::facts::{FactTables, Facts, currency_bits};
use crate::filters::Failures;
use tallies::{Tally, in_order, most_frequent_first, of_terms};

const AMOUNT_BUCKETS: [(&str, MinorUnits); 5] = [
    ("0-999", 1_000),
    ("1000-4999", 5_000),
    ("5000-9999", 10_000),
    ("10000-24999", 25_000),
    ("25000+", MinorUnits::MAX),
];

/// Rows that fit the fastest cache together.
const BLOCK: usize = 256;

/// What the rows of one segment are to be read with.
#[derive(Clone, Copy)]
pub(crate) struct SegmentRows<'a> {
    pub(crate) facts: &'a [Facts],
    pub(crate) tables: &'a FactTables,
    pub(crate) due: &'a DueDays,
}

/// Counts the facets of one request.
pub(crate) struct FacetCounter {
    wanted: TermSet<FacetKind>,
    currency: u32,
    /// In minor units.
    bucket_ends: [MinorUnits; AMOUNT_BUCKETS.len()],
    types: [Tally; ScholarshipType::ALL.len()],
    fields: [Tally; FieldOfStudy::ALL.len()],
    states: [Tally; UsState::ALL.len()],
    grade_levels: [Tally; GradeLevel::ALL.len()],
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
    pub(crate) fn of(wanted: TermSet<FacetKind>, currency: Currency) -> Self {
        let factor = 10_i64.pow(currency.decimals());
        Self {
            wanted,
            currency: currency_bits(currency) as u32,
            bucket_ends: AMOUNT_BUCKETS.map(|(_, end)| end.saturating_mul(factor)),
            types: Default::default(),
            fields: Default::default(),
            states: [Tally::default(); UsState::ALL.len()],
            grade_levels: Default::default(),
            citizenships: BTreeMap::new(),
            need: Default::default(),
            renewable: Default::default(),
            amounts: Default::default(),
            months: BTreeMap::new(),
            without_month: Tally::default(),
        }
    }

    /// Counts a scholarship for the one wanted facet that ignores what it fails, if there is one.
    pub(crate) fn add_failing(&mut self, rows: SegmentRows<'_>, document: u32, failures: Failures) {
        if failures.len() == 1 && failures.is_subset_of(self.wanted) {
            for kind in failures.iter() {
                self.add_to(kind, rows, &[document]);
            }
        }
    }

    /// Counts scholarships that fail nothing for all wanted facets.
    pub(crate) fn add_passing(&mut self, rows: SegmentRows<'_>, documents: &[u32]) {
        for block in documents.chunks(BLOCK) {
            for kind in self.wanted.iter() {
                self.add_to(kind, rows, block);
            }
        }
    }

    fn add_to(&mut self, kind: FacetKind, rows: SegmentRows<'_>, documents: &[u32]) {
        let currency = self.currency;
        let facts = documents.iter().map(|document| {
            let facts = &rows.facts[*document as usize];
            (facts, facts.most_in(currency))
        });
        match kind {
            FacetKind::ScholarshipTypes => {
                let last = self.types.len() - 1;
                for (facts, amount) in facts {
                    self.types[facts.scholarship_type().min(last)].add(amount);
                }
            }
            FacetKind::FieldsOfStudy => {
                for (facts, amount) in facts {
                    add_terms(&mut self.fields, facts.fields_of_study(), amount);
                }
            }
            FacetKind::States => {
                for (facts, amount) in facts {
                    add_terms(&mut self.states, facts.states(), amount);
                }
            }
            FacetKind::GradeLevels => {
                for (facts, amount) in facts {
                    add_terms(&mut self.grade_levels, facts.grade_levels(), amount);
                }
            }
            FacetKind::Citizenship => {
                for (facts, amount) in facts {
                    let sets = rows.tables.citizenships.get(facts.citizenships());
                    for (at, citizenship) in sets.iter().flatten().enumerate() {
                        let mut before = sets.iter().flatten().take(at);
                        if before.all(|other| other != citizenship) {
                            let tally = self.citizenships.entry(*citizenship).or_default();
                            tally.add(amount);
                        }
                    }
                }
            }
            FacetKind::FinancialNeed => {
                // As the filter has it: alternative sets may put a scholarship on both sides.
                for (facts, amount) in facts {
                    if facts.asks_for_need() {
                        self.need[1].add(amount);
                    }
                    if facts.is_open_without_need() {
                        self.need[0].add(amount);
                    }
                }
            }
            FacetKind::Renewable => {
                for (facts, amount) in facts {
                    if let Some(renewable) = facts.renewable() {
                        self.renewable[usize::from(renewable)].add(amount);
                    }
                }
            }
            FacetKind::Amount => {
                let ends = self.bucket_ends;
                for (_, amount) in facts {
                    let bucket = amount.map_or(AMOUNT_BUCKETS.len(), |minor| {
                        let bucket = ends.iter().position(|end| minor < *end);
                        bucket.unwrap_or(AMOUNT_BUCKETS.len() - 1)
                    });
                    self.amounts[bucket].add(amount);
                }
            }
            FacetKind::DeadlineMonth => {
                let names = &rows.due.month_names;
                for (facts, amount) in facts {
                    let month = rows.due.months[facts.deadline() as usize];
                    let tally = match names.get(usize::from(month)) {
                        Some(name) => self.months.entry(*name).or_default(),
                        None => &mut self.without_month,
                    };
                    tally.add(amount);
                }
            }
        }
    }

    /// The facets in the order of their kinds, without values that nothing has.
    pub(crate) fn finish(mut self) -> Vec<Facet> {
        let wanted = self.wanted;
        let values = |kind: FacetKind| Facet {
            kind,
            values: self.values(kind),
        };
        wanted.iter().map(values).collect()
    }

    fn values(&mut self, kind: FacetKind) -> Vec<ports::search_index::FacetValue> {
        let truth = |[without, with]: [Tally; 2]| {
            most_frequent_first([("false".into(), without), ("true".into(), with)])
        };
        match kind {
            FacetKind::ScholarshipTypes => of_terms::<ScholarshipType>(&self.types),
            FacetKind::FieldsOfStudy => of_terms::<FieldOfStudy>(&self.fields),
            FacetKind::States => of_terms::<UsState>(&self.states),
            FacetKind::GradeLevels => of_terms::<GradeLevel>(&self.grade_levels),
            FacetKind::Citizenship => {
                let tallies = std::mem::take(&mut self.citizenships).into_iter();
                let named = tallies
                    .map(|(citizenship, tally)| (Cow::Owned(citizenship.code().to_owned()), tally));
                most_frequent_first(named)
            }
            FacetKind::FinancialNeed => truth(self.need),
            FacetKind::Renewable => truth(self.renewable),
            FacetKind::Amount => {
                let names = AMOUNT_BUCKETS.iter().map(|(name, _)| *name);
                let named = names.chain(["unknown"]).map(Cow::Borrowed);
                in_order(named.zip(self.amounts))
            }
            FacetKind::DeadlineMonth => {
                let months = std::mem::take(&mut self.months).into_iter();
                let named = months
                    .map(|((year, month), tally)| (format!("{year:04}-{month:02}").into(), tally));
                in_order(named.chain([("none".into(), self.without_month)]))
            }
        }
    }
}

fn add_terms<T: Term>(tallies: &mut [Tally], terms: TermSet<T>, amount: Option<MinorUnits>) {
    let mut rest = terms.mask();
    while rest != 0 {
        if let Some(tally) = tallies.get_mut(rest.trailing_zeros() as usize) {
            tally.add(amount);
        }
        rest &= rest - 1;
    }
}
