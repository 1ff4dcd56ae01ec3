//! What filters, facets, orders and verdicts need of one scholarship, without its texts.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::award::MinorUnits;
use domain::recommendation::RankingFacts;
use domain::{
    Criteria, Currency, Deadline, EditorialStatus, FieldOfStudy, GradeLevel, Schedule, Scholarship,
    ScholarshipType, TermSet, Timestamp, UsState,
};

#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) status: EditorialStatus,
    pub(crate) scholarship_type: ScholarshipType,
    pub(crate) renewable: Option<bool>,
    pub(crate) currency: Currency,
    most: Option<MinorUnits>,
    least: Option<MinorUnits>,
    /// Without its text.
    pub(crate) deadline: Deadline,
    /// `Deadline::expires_at`, which is costly to compute.
    expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    /// Criteria sets without their texts.
    pub(crate) criteria: Arc<[Criteria]>,
    /// What any of the criteria sets states.
    pub(crate) states: TermSet<UsState>,
    pub(crate) fields_of_study: TermSet<FieldOfStudy>,
    pub(crate) grade_levels: TermSet<GradeLevel>,
    /// Whether any criteria set names citizenships.
    pub(crate) states_citizenship: bool,
    /// Whether any criteria set asks for financial need.
    pub(crate) asks_for_need: bool,
    /// Whether one can qualify without showing need: by some criteria set, or for there being none.
    pub(crate) open_without_need: bool,
    /// How many of the facts that readers look for are given, 0 to [`Facts::MOST_COMPLETE`].
    pub(crate) completeness: u8,
}

impl Facts {
    pub(crate) const MOST_COMPLETE: u8 = 8;

    pub(crate) fn of(scholarship: &Scholarship) -> Self {
        let content = &scholarship.content;
        let criteria: Arc<[Criteria]> = content
            .criteria
            .iter()
            .map(|set| Criteria {
                fields_of_study_text: Vec::new(),
                text: None,
                ..set.clone()
            })
            .collect();
        let given = [
            content.description.is_some(),
            content.award.most().is_some(),
            content.deadline.schedule != Schedule::Unknown,
            content.criteria.iter().any(|set| !set.asks_nothing()),
            content.application_url.is_some(),
            content.website_url.is_some(),
            content.renewable.is_some(),
            content.provenance.last_verified.is_some(),
        ];
        Self {
            status: content.status,
            scholarship_type: content.scholarship_type,
            renewable: content.renewable,
            currency: content.award.currency,
            most: content.award.most(),
            least: content.award.least(),
            expires_at: content.deadline.expires_at(),
            deadline: Deadline {
                text: None,
                ..content.deadline.clone()
            },
            created_at: scholarship.created_at,
            states: criteria.iter().fold(TermSet::default(), |all, set| {
                all.union(set.residency_states)
            }),
            fields_of_study: criteria.iter().fold(TermSet::default(), |all, set| {
                all.union(set.fields_of_study)
            }),
            grade_levels: criteria
                .iter()
                .fold(TermSet::default(), |all, set| all.union(set.grade_levels)),
            states_citizenship: criteria
                .iter()
                .any(|set| !set.citizenship_required.is_empty()),
            asks_for_need: criteria.iter().any(|set| set.financial_need == Some(true)),
            open_without_need: criteria.is_empty()
                || criteria.iter().any(|set| set.financial_need != Some(true)),
            criteria,
            completeness: given.iter().map(|given| u8::from(*given)).sum(),
        }
    }

    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|instant| instant < now)
    }

    /// Active and not expired.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.status == EditorialStatus::Active && !self.is_expired(now)
    }

    /// The most that a student can get, if known in this currency.
    pub(crate) fn most_in(&self, currency: Currency) -> Option<MinorUnits> {
        self.most.filter(|_| self.currency == currency)
    }

    /// The least that a winner gets, if known in this currency.
    pub(crate) fn least_in(&self, currency: Currency) -> Option<MinorUnits> {
        self.least.filter(|_| self.currency == currency)
    }

    pub(crate) fn due_on(&self, today: NaiveDate) -> Option<NaiveDate> {
        self.deadline.next_due_on(today)
    }

    /// What `domain::recommendation` looks at; the same as `RankingFacts::of` the whole record.
    pub(crate) fn ranking(&self, now: Timestamp) -> RankingFacts<'_> {
        RankingFacts {
            criteria: &self.criteria,
            dollars: self
                .most_in(Currency::USD)
                .map(|cents| cents as f64 / 100.0),
            due: self.expires_at.or_else(|| self.deadline.next_due(now)),
        }
    }

    /// Estimate of the heap memory held.
    pub(crate) fn heap_bytes(&self) -> usize {
        let set_bytes = |set: &Criteria| {
            let attributes = set.attributes.iter().map(|(kind, values)| {
                kind.len() + 48 + values.iter().map(|value| value.len() + 24).sum::<usize>()
            });
            size_of::<Criteria>()
                + set.citizenship_required.len() * 3
                + set.countries.len() * 2
                + attributes.sum::<usize>()
        };
        self.criteria.iter().map(set_bytes).sum()
    }
}
