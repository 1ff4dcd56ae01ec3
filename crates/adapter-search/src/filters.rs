//! Whether a scholarship passes the filters of a request, and by which kind of filter it fails.
//!
//! Facets ignore the filter of their own kind, so a failure is remembered by kind rather than as a plain no.

use chrono::{Datelike, NaiveDate};
use domain::award::MinorUnits;
use domain::{
    Citizenship, EditorialStatus, FieldOfStudy, Gpa, GradeLevel, ScholarshipType, TermSet,
    Timestamp, UsState,
};
use ports::search_index::{FacetKind, Filters};

use crate::deadlines::{DueDays, NO_DAY};
use crate::facets::SegmentRows;
use crate::facts::{CitizenshipSets, FactTables, Facts, OPEN_TO_ALL, currency_bits};
use crate::segment::Segment;

/// The kinds of facets whose own filter a scholarship fails.
pub(crate) type Failures = TermSet<FacetKind>;

/// Filters of one request at one instant, for the documents of one segment from [`first_passing`] on.
pub(crate) struct FilterPass<'a> {
    now: Timestamp,
    /// What is asked of status and time, unless the range of documents answers that.
    status: Option<TermSet<EditorialStatus>>,
    include_expired: bool,
    min_gpa: u16,
    /// By number of a deadline, if a day is asked about on which it must be open.
    open: Option<Vec<bool>>,
    /// What is asked of facets' kinds; no kind twice.
    of_kinds: Vec<(FacetKind, KindFilter<'a>)>,
}

/// A filter that the facet of the same kind ignores.
enum KindFilter<'a> {
    Types(TermSet<ScholarshipType>),
    Fields(TermSet<FieldOfStudy>),
    States {
        wanted: TermSet<UsState>,
        only: bool,
    },
    Levels(TermSet<GradeLevel>),
    /// By number of the citizenships.
    Citizenships(Vec<CitizenshipMatch>),
    Need(bool),
    Renewable(bool),
    Amount {
        currency: u32,
        least: MinorUnits,
        most: MinorUnits,
        known: bool,
    },
    /// Days from the beginning of the era.
    Deadline {
        due: &'a DueDays,
        after: i32,
        before: i32,
    },
}

#[derive(Clone, Copy)]
struct CitizenshipMatch {
    passes: bool,
    is_stated: bool,
}

/// Whether only what is active is asked for.
fn wants_active_only(filters: &Filters) -> bool {
    filters.status.is_empty() || filters.status == TermSet::of(&[EditorialStatus::Active])
}

/// Whether unknown amounts come last.
pub(crate) fn limits_amount(filters: &Filters) -> bool {
    filters.min_amount.is_some() || filters.max_amount.is_some()
}

/// The first document of a segment that status and time may let through.
pub(crate) fn first_passing(filters: &Filters, segment: &Segment, now: Timestamp) -> u32 {
    if !wants_active_only(filters) {
        0
    } else if filters.include_expired {
        segment.inactive
    } else {
        segment.first_open(now)
    }
}

impl<'a> FilterPass<'a> {
    pub(crate) fn of(
        filters: &Filters,
        now: Timestamp,
        tables: &FactTables,
        due: &'a DueDays,
    ) -> Self {
        let open = filters.open_on.map(|day| {
            let deadlines = tables.deadlines.values().iter();
            deadlines
                .map(|deadline| deadline.may_be_open_on(day))
                .collect()
        });
        Self {
            now,
            status: (!wants_active_only(filters)).then_some(filters.status),
            include_expired: filters.include_expired,
            min_gpa: filters.min_gpa.map_or(u16::MAX, Gpa::hundredths),
            open,
            of_kinds: KindFilter::all(filters, tables, due),
        }
    }

    /// Whether every document from the first one on passes.
    pub(crate) fn lets_all_through(&self) -> bool {
        self.of_kinds.is_empty()
            && self.status.is_none()
            && self.open.is_none()
            && self.min_gpa == u16::MAX
    }

    /// Whether no filter that all facets obey excludes the scholarship.
    fn admits(&self, facts: &Facts) -> bool {
        if let Some(status) = self.status {
            let in_time = self.include_expired || !facts.is_expired(self.now);
            if !(status.contains(facts.status()) && in_time) {
                return false;
            }
        }
        let is_open = |open: &Vec<bool>| open[facts.deadline() as usize];
        facts.least_gpa() <= self.min_gpa && self.open.as_ref().is_none_or(is_open)
    }

    /// `None` when a filter that no facet ignores excludes the scholarship.
    #[inline]
    pub(crate) fn failures(&self, facts: &Facts) -> Option<Failures> {
        if !self.admits(facts) {
            return None;
        }
        let mut failures = Failures::default();
        for (kind, filter) in &self.of_kinds {
            if !filter.passes(facts) {
                failures.insert(*kind);
            }
        }
        Some(failures)
    }

    /// What the filters say of many documents. Kinds are looked at one after the other, each by what it says of distinct values:
    /// the columns of these numbers stay in the processor's caches, the rows do not.
    pub(crate) fn judge(&self, rows: SegmentRows<'_>, documents: &[u32]) -> Vec<Judgement> {
        let mut all = vec![Judgement::default(); documents.len()];
        if self.status.is_some() || self.open.is_some() || self.min_gpa != u16::MAX {
            for (judgement, document) in all.iter_mut().zip(documents) {
                if !self.admits(&rows.facts[*document as usize]) {
                    judgement.failed = EXCLUDED;
                }
            }
        }
        for (at, (_, filter)) in self.of_kinds.iter().enumerate() {
            let failed = 1 << at;
            filter.judge(rows, documents, &mut all, failed);
        }
        all
    }

    /// The kind of filter that a document fails, if it fails just that one.
    pub(crate) fn only_failure(&self, judgement: Judgement) -> Option<FacetKind> {
        if judgement.failed.count_ones() != 1 {
            return None;
        }
        let at = judgement.failed.trailing_zeros() as usize;
        self.of_kinds.get(at).map(|(kind, _)| *kind)
    }
}

/// What all filters say of a document.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Judgement {
    /// Numbers of the kinds that it fails, as bits, or [`EXCLUDED`].
    failed: u16,
    /// How many of the filtered kinds have a value that it states, rather than one it only does not exclude.
    stated: u16,
}

/// Fails what no facet ignores. More than there are kinds.
const EXCLUDED: u16 = 1 << 15;

impl Judgement {
    pub(crate) fn passes(self) -> bool {
        self.failed == 0
    }

    pub(crate) fn stated(self) -> u32 {
        u32::from(self.stated)
    }

    #[inline]
    fn add(&mut self, passes: bool, is_stated: bool, failed: u16) {
        self.failed |= if passes { 0 } else { failed };
        self.stated += u16::from(is_stated);
    }
}

/// Fewer documents than this are judged by their rows.
const MANY: usize = 512;

impl<'a> KindFilter<'a> {
    fn all(filters: &Filters, tables: &FactTables, due: &'a DueDays) -> Vec<(FacetKind, Self)> {
        let day = |date: NaiveDate| date.num_days_from_ce();
        let types = filters.scholarship_types;
        let fields = filters.fields_of_study;
        let states = filters.states;
        let levels = filters.grade_levels;
        let asks_amount =
            filters.min_amount.is_some() || filters.max_amount.is_some() || filters.known_amount;
        let asks_day = filters.deadline_after.is_some() || filters.deadline_before.is_some();
        let all = [
            (!types.is_empty()).then_some((FacetKind::ScholarshipTypes, Self::Types(types))),
            (!fields.is_empty()).then_some((FacetKind::FieldsOfStudy, Self::Fields(fields))),
            (!states.is_empty()).then_some((
                FacetKind::States,
                Self::States {
                    wanted: states,
                    only: filters.states_only,
                },
            )),
            (!levels.is_empty()).then_some((FacetKind::GradeLevels, Self::Levels(levels))),
            (!filters.citizenship.is_empty()).then(|| {
                let sets = tables.citizenships.values().iter();
                let matches = sets.map(|sets| CitizenshipMatch::of(sets, &filters.citizenship));
                (
                    FacetKind::Citizenship,
                    Self::Citizenships(matches.collect()),
                )
            }),
            filters
                .financial_need
                .map(|need| (FacetKind::FinancialNeed, Self::Need(need))),
            filters
                .renewable
                .map(|renewable| (FacetKind::Renewable, Self::Renewable(renewable))),
            asks_amount.then(|| {
                let filter = Self::Amount {
                    currency: currency_bits(filters.currency) as u32,
                    least: filters.min_amount.unwrap_or(0),
                    most: filters.max_amount.unwrap_or(MinorUnits::MAX),
                    known: filters.known_amount,
                };
                (FacetKind::Amount, filter)
            }),
            asks_day.then(|| {
                let filter = Self::Deadline {
                    due,
                    after: filters.deadline_after.map_or(i32::MIN, day),
                    // Below what stands for an unknown day.
                    before: filters.deadline_before.map_or(NO_DAY - 1, day),
                };
                (FacetKind::DeadlineMonth, filter)
            }),
        ];
        all.into_iter().flatten().collect()
    }

    fn judge(&self, rows: SegmentRows<'_>, documents: &[u32], all: &mut [Judgement], failed: u16) {
        let tables = rows.tables;
        let of_sets = |sets: &[u64], wanted: u64, takes_open: bool| -> Vec<(bool, bool)> {
            sets.iter()
                .map(|set| {
                    let is_stated = set & wanted != 0;
                    let is_open = takes_open && set & OPEN_TO_ALL != 0;
                    (is_stated || is_open, is_stated)
                })
                .collect()
        };
        match self {
            _ if documents.len() < MANY => {
                for (judgement, document) in all.iter_mut().zip(documents) {
                    let facts = &rows.facts[*document as usize];
                    judgement.add(self.passes(facts), self.is_stated(facts), failed);
                }
            }
            Self::Types(wanted) => {
                for (judgement, document) in all.iter_mut().zip(documents) {
                    let passes = wanted.mask() & (1 << rows.kind(*document)) != 0;
                    judgement.add(passes, false, failed);
                }
            }
            Self::Fields(wanted) => {
                let verdicts = of_sets(tables.fields.values(), wanted.mask(), true);
                let pairs = all.iter_mut().zip(documents);
                pairs.for_each(|(judgement, document)| {
                    let (passes, is_stated) = verdicts[rows.fields(*document)];
                    judgement.add(passes, is_stated, failed);
                });
            }
            Self::States { wanted, only } => {
                let verdicts = of_sets(tables.states.values(), wanted.mask(), !only);
                let pairs = all.iter_mut().zip(documents);
                pairs.for_each(|(judgement, document)| {
                    let (passes, is_stated) = verdicts[rows.states(*document)];
                    judgement.add(passes, is_stated, failed);
                });
            }
            Self::Levels(wanted) => {
                let verdicts = of_sets(tables.levels.values(), wanted.mask(), true);
                let pairs = all.iter_mut().zip(documents);
                pairs.for_each(|(judgement, document)| {
                    let (passes, is_stated) = verdicts[rows.levels(*document)];
                    judgement.add(passes, is_stated, failed);
                });
            }
            Self::Amount {
                currency,
                least,
                most: MinorUnits::MAX,
                known,
            } => {
                let amounts = tables.awards_in(*currency);
                let verdicts: Vec<bool> = amounts
                    .map(|amount| amount.map_or(!known, |amount| amount >= *least))
                    .collect();
                for (judgement, document) in all.iter_mut().zip(documents) {
                    judgement.add(verdicts[rows.award(*document)], false, failed);
                }
            }
            Self::Citizenships(_)
            | Self::Need(_)
            | Self::Renewable(_)
            | Self::Amount { .. }
            | Self::Deadline { .. } => {
                for (judgement, document) in all.iter_mut().zip(documents) {
                    let facts = &rows.facts[*document as usize];
                    judgement.add(self.passes(facts), self.is_stated(facts), failed);
                }
            }
        }
    }

    #[inline]
    fn passes(&self, facts: &Facts) -> bool {
        match self {
            Self::Types(wanted) => wanted.mask() & (1 << facts.scholarship_type()) != 0,
            Self::Fields(wanted) => {
                facts.fields_of_study().intersects(*wanted) || facts.is_open_to_all_fields()
            }
            Self::States { wanted, only } => {
                facts.states().intersects(*wanted) || (!only && facts.is_open_to_all_states())
            }
            Self::Levels(wanted) => {
                facts.grade_levels().intersects(*wanted) || facts.is_open_to_all_levels()
            }
            Self::Citizenships(matches) => matches[facts.citizenships() as usize].passes,
            Self::Need(true) => facts.asks_for_need(),
            Self::Need(false) => facts.is_open_without_need(),
            Self::Renewable(wanted) => facts.renewable() == Some(*wanted),
            Self::Amount {
                currency,
                least,
                most,
                known,
            } => {
                let highest = facts.most_in(*currency);
                let lowest = facts.least_in(*currency);
                highest.is_none_or(|highest| highest >= *least)
                    && lowest.is_none_or(|lowest| lowest <= *most)
                    && (highest.is_some() || !known)
            }
            Self::Deadline { due, after, before } => {
                let due = due.due[facts.deadline() as usize];
                (*after..=*before).contains(&due)
            }
        }
    }

    /// Whether the scholarship states one of the wanted values.
    fn is_stated(&self, facts: &Facts) -> bool {
        match self {
            Self::States { wanted, .. } => facts.states().intersects(*wanted),
            Self::Fields(wanted) => facts.fields_of_study().intersects(*wanted),
            Self::Levels(wanted) => facts.grade_levels().intersects(*wanted),
            Self::Citizenships(matches) => matches[facts.citizenships() as usize].is_stated,
            Self::Types(_)
            | Self::Need(_)
            | Self::Renewable(_)
            | Self::Amount { .. }
            | Self::Deadline { .. } => false,
        }
    }
}

impl CitizenshipMatch {
    /// `sets` is empty when no set of the scholarship names any.
    fn of(sets: &CitizenshipSets, wanted: &[Citizenship]) -> Self {
        let names_one = |set: &Vec<Citizenship>| wanted.iter().any(|wanted| accepts(set, *wanted));
        let is_stated = sets.iter().any(names_one);
        Self {
            passes: is_stated || sets.is_empty() || sets.iter().any(Vec::is_empty),
            is_stated,
        }
    }
}

/// Whether a list of citizenships names this one; `international` names every foreign country.
fn accepts(stated: &[Citizenship], wanted: Citizenship) -> bool {
    stated.contains(&wanted)
        || (matches!(wanted, Citizenship::Country(_))
            && stated.contains(&Citizenship::International))
}
