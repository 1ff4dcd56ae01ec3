//! Whether a scholarship passes the filters of a request, and by which kind of filter it fails.
//!
//! Facets ignore the filter of their own kind, so a failure is remembered by kind rather than as a plain no.

use chrono::NaiveDate;
use domain::{
    Citizenship, Criteria, EditorialStatus, FieldOfStudy, GradeLevel, TermSet, Timestamp, UsState,
};
use ports::search_index::{FacetKind, Filters};

use crate::facts::Facts;

/// Filters of one request at one instant.
pub(crate) struct FilterPass<'a> {
    filters: &'a Filters,
    now: Timestamp,
    today: NaiveDate,
    /// Nothing is asked of any facet's kind: the usual search by words alone.
    no_kind_is_filtered: bool,
}

/// The kinds of facets whose own filter a scholarship fails.
pub(crate) type Failures = TermSet<FacetKind>;

impl<'a> FilterPass<'a> {
    pub(crate) fn of(filters: &'a Filters, now: Timestamp) -> Self {
        Self {
            filters,
            now,
            today: domain::deadline::today(now),
            no_kind_is_filtered: filters.fields_of_study.is_empty()
                && filters.scholarship_types.is_empty()
                && filters.states.is_empty()
                && filters.grade_levels.is_empty()
                && filters.citizenship.is_empty()
                && filters.min_amount.is_none()
                && filters.max_amount.is_none()
                && !filters.known_amount
                && filters.financial_need.is_none()
                && filters.renewable.is_none()
                && filters.deadline_after.is_none()
                && filters.deadline_before.is_none(),
        }
    }

    /// `None` when a filter that no facet ignores excludes the scholarship.
    pub(crate) fn failures(&self, facts: &Facts) -> Option<Failures> {
        let filters = self.filters;
        let right_status = if filters.status.is_empty() {
            facts.status == EditorialStatus::Active
        } else {
            filters.status.contains(facts.status)
        };
        let in_time = filters.include_expired || !facts.is_expired(self.now);
        let open = filters
            .open_on
            .is_none_or(|day| facts.deadline.may_be_open_on(day));
        let right_gpa = filters.min_gpa.is_none_or(|gpa| {
            meets_any(&facts.criteria, |set| {
                set.min_gpa.is_none_or(|minimum| minimum <= gpa)
            })
        });
        if !(right_status && in_time && open && right_gpa) {
            return None;
        }
        if self.no_kind_is_filtered {
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
            (FacetKind::Citizenship, self.citizenship_passes(facts)),
            (FacetKind::FinancialNeed, self.need_passes(facts)),
            (
                FacetKind::Renewable,
                filters.renewable.is_none() || filters.renewable == facts.renewable,
            ),
            (FacetKind::Amount, self.amount_passes(facts)),
            (FacetKind::DeadlineMonth, self.deadline_passes(facts)),
        ];
        let failed = checks.iter().filter(|(_, passes)| !passes);
        Some(failed.map(|(kind, _)| *kind).collect())
    }

    /// How many of the filtered kinds have a value that the scholarship states, rather than one it only does not exclude.
    pub(crate) fn stated_values(&self, facts: &Facts) -> u8 {
        let filters = self.filters;
        let citizenship = facts.states_citizenship
            && filters.citizenship.iter().any(|wanted| {
                let mut sets = facts.criteria.iter();
                sets.any(|set| accepts(&set.citizenship_required, *wanted))
            });
        u8::from(facts.states.intersects(filters.states))
            + u8::from(facts.fields_of_study.intersects(filters.fields_of_study))
            + u8::from(facts.grade_levels.intersects(filters.grade_levels))
            + u8::from(citizenship)
    }

    pub(crate) fn limits_amount(&self) -> bool {
        self.filters.min_amount.is_some() || self.filters.max_amount.is_some()
    }

    fn type_passes(&self, facts: &Facts) -> bool {
        let wanted = self.filters.scholarship_types;
        wanted.is_empty() || wanted.contains(facts.scholarship_type)
    }

    fn states_pass(&self, facts: &Facts) -> bool {
        let wanted: TermSet<UsState> = self.filters.states;
        wanted.is_empty()
            || facts.states.intersects(wanted)
            || (!self.filters.states_only
                && meets_any(&facts.criteria, |set| set.residency_states.is_empty()))
    }

    fn citizenship_passes(&self, facts: &Facts) -> bool {
        let wanted = &self.filters.citizenship;
        wanted.is_empty()
            || !facts.states_citizenship
            || facts.criteria.iter().any(|set| {
                set.citizenship_required.is_empty()
                    || wanted
                        .iter()
                        .any(|wanted| accepts(&set.citizenship_required, *wanted))
            })
    }

    fn need_passes(&self, facts: &Facts) -> bool {
        match self.filters.financial_need {
            None => true,
            Some(true) => facts.asks_for_need,
            Some(false) => facts.open_without_need,
        }
    }

    fn amount_passes(&self, facts: &Facts) -> bool {
        let filters = self.filters;
        let most = facts.most_in(filters.currency);
        let least = facts.least_in(filters.currency);
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
        facts.due_on(self.today).is_some_and(|due| {
            filters.deadline_after.is_none_or(|after| due >= after)
                && filters.deadline_before.is_none_or(|before| due <= before)
        })
    }
}

/// Whether one of the alternative sets, or the absence of any, does.
fn meets_any(sets: &[Criteria], does: impl Fn(&Criteria) -> bool) -> bool {
    sets.is_empty() || sets.iter().any(does)
}

fn fields_pass(wanted: TermSet<FieldOfStudy>, facts: &Facts) -> bool {
    wanted.is_empty()
        || facts.fields_of_study.intersects(wanted)
        || meets_any(&facts.criteria, |set| set.fields_of_study.is_empty())
}

fn grade_levels_pass(wanted: TermSet<GradeLevel>, facts: &Facts) -> bool {
    wanted.is_empty()
        || facts.grade_levels.intersects(wanted)
        || meets_any(&facts.criteria, |set| set.grade_levels.is_empty())
}

/// Whether a list of citizenships names this one; `international` names every foreign country.
fn accepts(stated: &[Citizenship], wanted: Citizenship) -> bool {
    stated.contains(&wanted)
        || (matches!(wanted, Citizenship::Country(_))
            && stated.contains(&Citizenship::International))
}
