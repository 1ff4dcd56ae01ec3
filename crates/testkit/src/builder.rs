//! Scholarships in few words: a valid one that asks nothing, changed where the test cares.

use chrono::NaiveDate;
use domain::award::MinorUnits;
use domain::{
    Award, Criteria, Deadline, EditorialStatus, FieldOfStudy, Gpa, Provenance, Schedule,
    Scholarship, ScholarshipContent, ScholarshipId, ScholarshipType, TermSet, Timestamp, UsState,
};

/// Begins a scholarship of that name, with unknown amount and deadline.
pub fn scholarship(name: &str) -> ScholarshipBuilder {
    ScholarshipBuilder {
        content: ScholarshipContent {
            name: name.to_owned(),
            organization: "Example Foundation".to_owned(),
            description: None,
            award: Award::default(),
            max_awards: None,
            renewable: None,
            deadline: Deadline::default(),
            notification_date: None,
            scholarship_type: ScholarshipType::Other,
            criteria: Vec::new(),
            tags: Vec::new(),
            application_url: None,
            website_url: None,
            contact_email: None,
            provenance: Provenance::default(),
            status: EditorialStatus::Active,
        },
    }
}

/// Changes one fact after the other; [`Self::with`] reaches those that have no method.
#[derive(Debug, Clone)]
pub struct ScholarshipBuilder {
    content: ScholarshipContent,
}

impl ScholarshipBuilder {
    #[must_use]
    pub fn organization(self, organization: &str) -> Self {
        self.with(|content| organization.clone_into(&mut content.organization))
    }

    #[must_use]
    pub fn description(self, description: &str) -> Self {
        self.with(|content| content.description = Some(description.to_owned()))
    }

    /// Cents of US dollars.
    #[must_use]
    pub fn amount(self, most: MinorUnits) -> Self {
        self.with(|content| content.award.maximum = Some(most))
    }

    /// Until the end of that day in New York.
    #[must_use]
    pub fn deadline(self, date: NaiveDate) -> Self {
        self.with(|content| content.deadline = Deadline::fixed(date))
    }

    #[must_use]
    pub fn rolling(self) -> Self {
        self.with(|content| content.deadline.schedule = Schedule::Rolling)
    }

    #[must_use]
    pub fn kind(self, scholarship_type: ScholarshipType) -> Self {
        self.with(|content| content.scholarship_type = scholarship_type)
    }

    #[must_use]
    pub fn status(self, status: EditorialStatus) -> Self {
        self.with(|content| content.status = status)
    }

    #[must_use]
    pub fn origin(self, source: &str, source_id: &str) -> Self {
        self.with(|content| {
            content.provenance.source = Some(source.to_owned());
            content.provenance.source_id = Some(source_id.to_owned());
        })
    }

    /// In the first set of criteria, in hundredths.
    ///
    /// # Panics
    /// Above 400.
    #[must_use]
    pub fn min_gpa(self, hundredths: u16) -> Self {
        let gpa = Gpa::from_hundredths(hundredths).expect("at most 400");
        self.criterion(|criteria| criteria.min_gpa = Some(gpa))
    }

    /// In the first set of criteria.
    #[must_use]
    pub fn states(self, states: &[UsState]) -> Self {
        self.criterion(|criteria| criteria.residency_states = TermSet::of(states))
    }

    /// In the first set of criteria.
    #[must_use]
    pub fn fields(self, fields: &[FieldOfStudy]) -> Self {
        self.criterion(|criteria| criteria.fields_of_study = TermSet::of(fields))
    }

    /// Changes the first set of criteria, which is made when there is none.
    #[must_use]
    pub fn criterion(self, change: impl FnOnce(&mut Criteria)) -> Self {
        self.with(|content| {
            if content.criteria.is_empty() {
                content.criteria.push(Criteria::default());
            }
            change(&mut content.criteria[0]);
        })
    }

    /// Adds an alternative set of criteria.
    #[must_use]
    pub fn or(self, criteria: Criteria) -> Self {
        self.with(|content| content.criteria.push(criteria))
    }

    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ScholarshipContent)) -> Self {
        change(&mut self.content);
        self
    }

    pub fn content(self) -> ScholarshipContent {
        self.content
    }

    /// Version 1, as a store would have it that was asked at `now`.
    ///
    /// # Panics
    /// When `id` is no identifier.
    pub fn stored(self, id: &str, now: Timestamp) -> Scholarship {
        Scholarship {
            id: ScholarshipId::parse(id).expect("an identifier"),
            content: self.content,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}
