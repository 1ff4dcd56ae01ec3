//! Exact counts of values over all results, with the money behind them.
//!
//! Counting goes kind by kind; what documents of one segment share by number is counted by number first.

mod columns;
mod tallies;

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::award::MinorUnits;
use domain::{
    Citizenship, Currency, FieldOfStudy, GradeLevel, ScholarshipType, Term, TermSet, UsState,
};
use ports::search_index::{Facet, FacetKind};

use crate::deadlines::DueDays;
use crate::facts::{FactTables, Facts, OPEN_TO_ALL, currency_bits};
pub(crate) use columns::FacetColumns;
use tallies::{Tally, UNKNOWN, in_order, most_frequent_first, of_terms};

const AMOUNT_BUCKETS: [(&str, MinorUnits); 5] = [
    ("0-999", 1_000),
    ("1000-4999", 5_000),
    ("5000-9999", 10_000),
    ("10000-24999", 25_000),
    ("25000+", MinorUnits::MAX),
];

/// What the rows of one segment are to be read with.
#[derive(Clone, Copy)]
pub(crate) struct SegmentRows<'a> {
    pub(crate) facts: &'a [Facts],
    pub(crate) tables: &'a FactTables,
    pub(crate) columns: &'a FacetColumns,
    pub(crate) due: &'a DueDays,
}

/// Numbers of what documents have.
impl SegmentRows<'_> {
    #[inline]
    pub(crate) fn kind(self, document: u32) -> usize {
        usize::from(self.columns.types[document as usize])
    }

    #[inline]
    pub(crate) fn states(self, document: u32) -> usize {
        let large = |document: u32| self.facts[document as usize].states_number();
        self.columns.states.get(document, large)
    }

    #[inline]
    pub(crate) fn fields(self, document: u32) -> usize {
        let large = |document: u32| self.facts[document as usize].fields_number();
        self.columns.fields.get(document, large)
    }

    #[inline]
    pub(crate) fn levels(self, document: u32) -> usize {
        let large = |document: u32| self.facts[document as usize].levels_number();
        self.columns.levels.get(document, large)
    }

    #[inline]
    pub(crate) fn award(self, document: u32) -> usize {
        let large = |document: u32| self.facts[document as usize].award_number();
        self.columns.awards.get(document, large)
    }
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

    /// Counts scholarships for all wanted facets.
    pub(crate) fn add_passing(&mut self, rows: SegmentRows<'_>, documents: &[u32]) {
        if self.wanted.is_empty() {
            return;
        }
        let amounts = self.amounts(rows, documents);
        for kind in self.wanted.iter() {
            self.add_to(kind, rows, documents, &amounts);
        }
    }

    /// Counts scholarships for one facet, if it is wanted.
    pub(crate) fn add(&mut self, kind: FacetKind, rows: SegmentRows<'_>, documents: &[u32]) {
        if self.wanted.contains(kind) {
            let amounts = self.amounts(rows, documents);
            self.add_to(kind, rows, documents, &amounts);
        }
    }

    /// Of each document, or [`UNKNOWN`].
    fn amounts(&self, rows: SegmentRows<'_>, documents: &[u32]) -> Vec<MinorUnits> {
        if documents.len() < rows.tables.distinct_awards() {
            let award = |document: &u32| {
                let amount = rows.tables.award_in(rows.award(*document), self.currency);
                amount.unwrap_or(UNKNOWN)
            };
            return documents.iter().map(award).collect();
        }
        let of_awards: Vec<MinorUnits> = rows
            .tables
            .awards_in(self.currency)
            .map(|amount| amount.unwrap_or(UNKNOWN))
            .collect();
        let awards = documents.iter().map(|document| rows.award(*document));
        awards.map(|award| of_awards[award]).collect()
    }

    fn add_to(
        &mut self,
        kind: FacetKind,
        rows: SegmentRows<'_>,
        documents: &[u32],
        amounts: &[MinorUnits],
    ) {
        let tables = rows.tables;
        let row = |document: u32| &rows.facts[document as usize];
        let with_amounts = documents.iter().copied().zip(amounts.iter().copied());
        match kind {
            FacetKind::ScholarshipTypes => {
                let number = |document| rows.kind(document);
                let of_kinds = by_number(self.types.len(), number, documents, amounts);
                for (total, tally) in self.types.iter_mut().zip(&of_kinds) {
                    total.join(tally);
                }
            }
            FacetKind::FieldsOfStudy => {
                let number = |document| rows.fields(document);
                add_sets(
                    &mut self.fields,
                    tables.fields.values(),
                    number,
                    documents,
                    amounts,
                );
            }
            FacetKind::States => {
                let number = |document| rows.states(document);
                add_sets(
                    &mut self.states,
                    tables.states.values(),
                    number,
                    documents,
                    amounts,
                );
            }
            FacetKind::GradeLevels => {
                let number = |document| rows.levels(document);
                add_sets(
                    &mut self.grade_levels,
                    tables.levels.values(),
                    number,
                    documents,
                    amounts,
                );
            }
            FacetKind::Citizenship => {
                let mut of_sets = vec![Tally::default(); tables.citizenships.values().len()];
                for (document, amount) in with_amounts {
                    of_sets[row(document).citizenships() as usize].add(amount);
                }
                for (sets, tally) in tables.citizenships.values().iter().zip(of_sets) {
                    let mut named: Vec<Citizenship> = sets.iter().flatten().copied().collect();
                    named.sort_unstable();
                    named.dedup();
                    for citizenship in named {
                        self.citizenships
                            .entry(citizenship)
                            .or_default()
                            .join(&tally);
                    }
                }
            }
            FacetKind::FinancialNeed => {
                // As the filter has it: alternative sets may put a scholarship on both sides.
                for (document, amount) in with_amounts {
                    let facts = row(document);
                    if facts.asks_for_need() {
                        self.need[1].add(amount);
                    }
                    if facts.is_open_without_need() {
                        self.need[0].add(amount);
                    }
                }
            }
            FacetKind::Renewable => {
                for (document, amount) in with_amounts {
                    if let Some(renewable) = row(document).renewable() {
                        self.renewable[usize::from(renewable)].add(amount);
                    }
                }
            }
            FacetKind::Amount => {
                let ends = self.bucket_ends;
                for (_, amount) in with_amounts {
                    let bucket = if amount == UNKNOWN {
                        AMOUNT_BUCKETS.len()
                    } else {
                        let bucket = ends.iter().position(|end| amount < *end);
                        bucket.unwrap_or(AMOUNT_BUCKETS.len() - 1)
                    };
                    self.amounts[bucket].add(amount);
                }
            }
            FacetKind::DeadlineMonth => {
                let names = &rows.due.month_names;
                // The last one is for what has no month.
                let mut of_months = vec![Tally::default(); names.len() + 1];
                for (document, amount) in with_amounts {
                    let month = usize::from(rows.due.months[row(document).deadline() as usize]);
                    of_months[month.min(names.len())].add(amount);
                }
                for (name, tally) in names.iter().zip(&of_months) {
                    self.months.entry(*name).or_default().join(tally);
                }
                if let Some(without) = of_months.last() {
                    self.without_month.join(without);
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

/// Counts each distinct set once for every document, and then its terms: most documents share few sets.
fn add_sets(
    terms: &mut [Tally],
    sets: &[u64],
    number: impl Fn(u32) -> usize,
    documents: &[u32],
    amounts: &[MinorUnits],
) {
    let mut add = |set: u64, tally: &Tally| {
        let mut rest = set & !OPEN_TO_ALL;
        while rest != 0 {
            if let Some(term) = terms.get_mut(rest.trailing_zeros() as usize) {
                term.join(tally);
            }
            rest &= rest - 1;
        }
    };
    let pairs = documents.iter().zip(amounts);
    if documents.len() < sets.len() {
        for (document, amount) in pairs {
            let mut one = Tally::default();
            one.add(*amount);
            add(sets[number(*document)], &one);
        }
        return;
    }
    let of_sets = by_number(sets.len(), number, documents, amounts);
    for (set, tally) in sets.iter().zip(&of_sets) {
        add(*set, tally);
    }
}

/// Tallies of documents by a number below `numbers`.
fn by_number(
    numbers: usize,
    number: impl Fn(u32) -> usize,
    documents: &[u32],
    amounts: &[MinorUnits],
) -> Vec<Tally> {
    // Most documents share few numbers. Two tallies for each, taken in turn, need not wait for each other.
    let mut tallies = vec![Tally::default(); 2 * numbers];
    let (even, odd) = tallies.split_at_mut(numbers);
    let (pairs, rest) = documents.as_chunks::<2>();
    let (of_pairs, of_rest) = amounts.as_chunks::<2>();
    for ([one, two], [of_one, of_two]) in pairs.iter().zip(of_pairs) {
        even[number(*one)].add(*of_one);
        odd[number(*two)].add(*of_two);
    }
    for (document, amount) in rest.iter().zip(of_rest) {
        even[number(*document)].add(*amount);
    }
    for (even, odd) in even.iter_mut().zip(&*odd) {
        even.join(odd);
    }
    tallies.truncate(numbers);
    tallies
}
