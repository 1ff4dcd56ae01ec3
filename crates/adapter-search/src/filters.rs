//! Whether a scholarship passes the filters of a request, and by which kind of filter it fails.
//!
//! Facets ignore the filter of their own kind, so a failure is remembered by kind rather than as a plain no.

use domain::{
    Citizenship, EditorialStatus, FieldOfStudy, GradeLevel, TermSet, Timestamp, UsState,
};
use ports::search_index::{FacetKind, Filters};

use crate::deadlines::{DueDays, NO_DAY};
use crate::facts::{CitizenshipSets, FactTables, Facts, currency_bits};

/// The kinds of facets whose own filter a scholarship fails.
pub(crate) type Failures = TermSet<FacetKind>;

/// Filters of one request at one instant, for the documents of one segment.
pub(crate) struct FilterPass<'a> {
    filters: &'a Filters,
    now: Timestamp,
    due: &'a DueDays,
    currency: u32,
    /// By number of a deadline, if a day is asked about on which it must be open.
    open: Option<Vec<bool>>,
    /// By number of the citizenships, if any is asked for.
    citizenships: Option<Vec<CitizenshipMatch>>,
    /// Nothing is asked of any facet's kind.
    asks_nothing_of_kinds: bool,
    asks_nothing: bool,
}

#[derive(Clone, Copy)]
struct CitizenshipMatch {
    passes: bool,
    is_stated: bool,
}

/// Whether the filters are met by all documents that are active and not expired, as far as status and time go.
pub(crate) fn wants_open_only(filters: &Filters) -> bool {
    wants_active_only(filters) && !filters.include_expired
}

pub(crate) fn wants_active_only(filters: &Filters) -> bool {
    filters.status.is_empty() || filters.status == TermSet::of(&[EditorialStatus::Active])
}

/// Whether unknown amounts come last.
pub(crate) fn limits_amount(filters: &Filters) -> bool {
    filters.min_amount.is_some() || filters.max_amount.is_some()
}

impl<'a> FilterPass<'a> {
    pub(crate) fn of(
        filters: &'a Filters,
        now: Timestamp,
        tables: &FactTables,
        due: &'a DueDays,
    ) -> Self {
        let open = filters.open_on.map(|day| {
            let deadlines = tables.deadlines.values().iter();
            deadlines.map(|deadline| deadline.may_be_open_on(day)).collect()
        });
        let citizenships = (!filters.citizenship.is_empty()).then(|| {
            let sets = tables.citizenships.values().iter();
            sets.map(|sets| CitizenshipMatch::of(sets, &filters.citizenship))
                .collect()
        });
        let asks_nothing_of_kinds = citizenships.is_none()
            && filters.fields_of_study.is_empty()
            && filters.scholarship_types.is_empty()
            && filters.states.is_empty()
            && filters.grade_levels.is_empty()
            && filters.min_amount.is_none()
            && filters.max_amount.is_none()
            && !filters.known_amount
            && filters.financial_need.is_none()
            && filters.renewable.is_none()
            && filters.deadline_after.is_none()
            && filters.deadline_before.is_none();
        Self {
            asks_nothing: asks_nothing_of_kinds
                && open.is_none()
                && filters.min_gpa.is_none()
                && wants_open_only(filters),
            filters,
            now,
            due,
            currency: currency_bits(filters.currency) as u32,
            open,
            citizenships,
            asks_nothing_of_kinds,
        }
    }

    /// Whether every open document passes.
    pub(crate) fn lets_all_open_through(&self) -> bool {
        self.asks_nothing
    }

    /// `None` when a filter that no facet ignores excludes the scholarship.
    #[inline]
    pub(crate) fn failures(&self, facts: &Facts) -> Option<Failures> {
        if self.asks_nothing && facts.is_open(self.now) {
            return Some(Failures::default());
        }
        let filters = self.filters;
        let right_status = if filters.status.is_empty() {
            facts.status() == EditorialStatus::Active
        } else {
            filters.status.contains(facts.status())
        };
        let in_time = filters.include_expired || !facts.is_expired(self.now);
        let is_open = self
            .open
            .as_ref()
            .is_none_or(|open| open[facts.deadline() as usize]);
        let right_gpa = filters
            .min_gpa
            .is_none_or(|gpa| facts.least_gpa() <= gpa.hundredths());
        if !(right_status && in_time && is_open && right_gpa) {
            return None;
        }
        if self.asks_nothing_of_kinds {
            return Some(Failures::default());
        }
        let checks = [
            (FacetKind::ScholarshipTypes, self.type_passes(facts)),
            (
                FacetKind::FieldsOfStudy,
                fields_pass(filters.fields_of_study, facts),
            ),
            (FacetKind::States, self.states_pass(facts)),
            (
                FacetKind::GradeLevels,
                grade_levels_pass(filters.grade_levels, facts),
            ),
            (FacetKind::Citizenship, self.citizenship(facts).passes),
            (FacetKind::FinancialNeed, self.need_passes(facts)),
            (
                FacetKind::Renewable,
                filters.renewable.is_none() || filters.renewable == facts.renewable(),
            ),
            (FacetKind::Amount, self.amount_passes(facts)),
            (FacetKind::DeadlineMonth, self.deadline_passes(facts)),
        ];
        let mut failures = Failures::default();
        for (kind, passes) in checks {
            if !passes {
                failures.insert(kind);
            }
        }
        Some(failures)
    }

    /// How many of the filtered kinds have a value that the scholarship states, rather than one it only does not exclude.
    pub(crate) fn stated_values(&self, facts: &Facts) -> u32 {
        if self.asks_nothing_of_kinds {
            return 0;
        }
        let filters = self.filters;
        u32::from(facts.states().intersects(filters.states))
            + u32::from(facts.fields_of_study().intersects(filters.fields_of_study))
            + u32::from(facts.grade_levels().intersects(filters.grade_levels))
            + u32::from(self.citizenship(facts).is_stated)
    }

    fn type_passes(&self, facts: &Facts) -> bool {
        let wanted = self.filters.scholarship_types;
        wanted.is_empty() || wanted.mask() & (1 << facts.scholarship_type()) != 0
    }

    fn states_pass(&self, facts: &Facts) -> bool {
        let wanted: TermSet<UsState> = self.filters.states;
        wanted.is_empty()
            || facts.states().intersects(wanted)
            || (!self.filters.states_only && facts.is_open_to_all_states())
    }

    fn citizenship(&self, facts: &Facts) -> CitizenshipMatch {
        let all_pass = CitizenshipMatch {
            passes: true,
            is_stated: false,
        };
        let citizenships = self.citizenships.as_ref();
        citizenships.map_or(all_pass, |matches| matches[facts.citizenships() as usize])
    }

    fn need_passes(&self, facts: &Facts) -> bool {
        match self.filters.financial_need {
            None => true,
            Some(true) => facts.asks_for_need(),
            Some(false) => facts.is_open_without_need(),
        }
    }

    fn amount_passes(&self, facts: &Facts) -> bool {
        let filters = self.filters;
        let most = facts.most_in(self.currency);
        let least = facts.least_in(self.currency);
        let enough = filters
            .min_amount
            .is_none_or(|minimum| most.is_none_or(|most| most >= minimum));
        let not_too_much = filters
            .max_amount
            .is_none_or(|maximum| least.is_none_or(|least| least <= maximum));
        enough && not_too_much && (most.is_some() || !filters.known_amount)
    }

    fn deadline_passes(&self, facts: &Facts) -> bool {
        let filters = self.filters;
        if filters.deadline_after.is_none() && filters.deadline_before.is_none() {
            return true;
        }
        let due = self.due.due[facts.deadline() as usize];
        let day = |date: chrono::NaiveDate| chrono::Datelike::num_days_from_ce(&date);
        due != NO_DAY
            && filters.deadline_after.is_none_or(|after| due >= day(after))
            && filters.deadline_before.is_none_or(|before| due <= day(before))
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

fn fields_pass(wanted: TermSet<FieldOfStudy>, facts: &Facts) -> bool {
    wanted.is_empty()
        || facts.fields_of_study().intersects(wanted)
        || facts.is_open_to_all_fields()
}

fn grade_levels_pass(wanted: TermSet<GradeLevel>, facts: &Facts) -> bool {
    wanted.is_empty() || facts.grade_levels().intersects(wanted) || facts.is_open_to_all_levels()
}

/// Whether a list of citizenships names this one; `international` names every foreign country.
fn accepts(stated: &[Citizenship], wanted: Citizenship) -> bool {
    stated.contains(&wanted)
        || (matches!(wanted, Citizenship::Country(_))
            && stated.contains(&Citizenship::International))
}
