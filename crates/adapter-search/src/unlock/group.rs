//! Which criteria one change can meet together.

use domain::StudentProfile;
use domain::eligibility::CriterionKind;
use domain::unlock::ProfileChange;

/// A change of one fact touches the criteria of one group and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group<'a> {
    Gpa,
    GradeLevel,
    FieldOfStudy,
    Citizenship,
    /// States and countries.
    Residence,
    Age,
    FinancialNeed,
    /// Nobody is told to earn less: no change touches it.
    Income,
    Attribute(&'a str),
}

impl<'a> Group<'a> {
    pub(super) fn of_change(change: &'a ProfileChange) -> Self {
        match change {
            ProfileChange::Gpa(_) => Self::Gpa,
            ProfileChange::GradeLevel(_) => Self::GradeLevel,
            ProfileChange::FieldOfStudy(_) => Self::FieldOfStudy,
            ProfileChange::Citizenship(_) => Self::Citizenship,
            ProfileChange::StateOfResidence(_) | ProfileChange::CountryOfResidence(_) => {
                Self::Residence
            }
            ProfileChange::Age(_) => Self::Age,
            ProfileChange::FinancialNeed => Self::FinancialNeed,
            ProfileChange::Attribute { kind, .. } => Self::Attribute(kind),
        }
    }

    /// Kinds of one group stand side by side.
    pub(super) fn of_kind(kind: CriterionKind, attribute: Option<&'a str>) -> Self {
        match kind {
            CriterionKind::MinGpa | CriterionKind::MaxGpa => Self::Gpa,
            CriterionKind::GradeLevels => Self::GradeLevel,
            CriterionKind::FieldsOfStudy => Self::FieldOfStudy,
            CriterionKind::CitizenshipRequired => Self::Citizenship,
            CriterionKind::ResidencyStates | CriterionKind::Countries => Self::Residence,
            CriterionKind::MinAge | CriterionKind::MaxAge => Self::Age,
            CriterionKind::FinancialNeed => Self::FinancialNeed,
            CriterionKind::MaxHouseholdIncome => Self::Income,
            CriterionKind::Attributes => Self::Attribute(attribute.unwrap_or_default()),
        }
    }

    /// As much of the profile as the criteria of the group look at. There are as many changes of an attribute as a catalogue
    /// names values, and each is tried on a copy.
    pub(super) fn facts(self, profile: &StudentProfile) -> StudentProfile {
        let Self::Attribute(kind) = self else {
            return profile.clone();
        };
        let stated = profile.attributes.get_key_value(kind);
        StudentProfile {
            attributes: stated
                .map(|(kind, values)| (kind.clone(), values.clone()))
                .into_iter()
                .collect(),
            ..StudentProfile::default()
        }
    }
}
