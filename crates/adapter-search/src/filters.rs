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
use crate::facts::{CitizenshipSets, FactTables, Facts, currency_bits};
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

    /// `None` when a filter that no facet ignores excludes the scholarship.
    #[inline]
    pub(crate) fn failures(&self, facts: &Facts) -> Option<Failures> {
        if let Some(status) = self.status {
            let in_time = self.include_expired || !facts.is_expired(self.now);
            if !(status.contains(facts.status()) && in_time) {
                return None;
            }
        }
        if facts.least_gpa() > self.min_gpa {
            return None;
        }
        if let Some(open) = &self.open
            && !open[facts.deadline() as usize]
        {
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

    /// How many of the filtered kinds have a value that the scholarship states, rather than one it only does not exclude.
    pub(crate) fn stated_values(&self, facts: &Facts) -> u32 {
        let filters = self.of_kinds.iter();
        filters
            .map(|(_, filter)| u32::from(filter.is_stated(facts)))
            .sum()
    }
}

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
