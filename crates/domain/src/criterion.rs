//! One criterion by itself: what it asks, and how it stands for a student.
//!
//! No criterion looks at another one, so a set of criteria is judged one by one, and a catalogue may judge a criterion that
//! many scholarships share once for all of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::award::MinorUnits;
use crate::eligibility::{CriterionKind, CriterionStatus};
use crate::{
    Citizenship, CountryCode, Criteria, FieldOfStudy, Gpa, GradeLevel, StudentProfile, TermSet,
    UsState,
};

/// One thing that a set of criteria asks. Ordered by kind, in the order of [`CriterionKind`], then attributes by their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Criterion<'a> {
    MinGpa(Gpa),
    MaxGpa(Gpa),
    GradeLevels(TermSet<GradeLevel>),
    FieldsOfStudy(TermSet<FieldOfStudy>),
    CitizenshipRequired(Cow<'a, [Citizenship]>),
    ResidencyStates(TermSet<UsState>),
    Countries(Cow<'a, [CountryCode]>),
    MinAge(u8),
    MaxAge(u8),
    FinancialNeed,
    MaxHouseholdIncome(MinorUnits),
    Attribute {
        kind: Cow<'a, str>,
        accepted: Cow<'a, [String]>,
    },
}

impl Criterion<'_> {
    pub fn kind(&self) -> CriterionKind {
        match self {
            Self::MinGpa(_) => CriterionKind::MinGpa,
            Self::MaxGpa(_) => CriterionKind::MaxGpa,
            Self::GradeLevels(_) => CriterionKind::GradeLevels,
            Self::FieldsOfStudy(_) => CriterionKind::FieldsOfStudy,
            Self::CitizenshipRequired(_) => CriterionKind::CitizenshipRequired,
            Self::ResidencyStates(_) => CriterionKind::ResidencyStates,
            Self::Countries(_) => CriterionKind::Countries,
            Self::MinAge(_) => CriterionKind::MinAge,
            Self::MaxAge(_) => CriterionKind::MaxAge,
            Self::FinancialNeed => CriterionKind::FinancialNeed,
            Self::MaxHouseholdIncome(_) => CriterionKind::MaxHouseholdIncome,
            Self::Attribute { .. } => CriterionKind::Attributes,
        }
    }

    /// The attribute that is asked about, of an attribute.
    pub fn attribute(&self) -> Option<&str> {
        match self {
            Self::Attribute { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// Whether the profile says anything about the fact that this criterion, and every other one of its kind and attribute,
    /// asks about. If not, the status of all of them is unknown.
    pub fn concerns(&self, profile: &StudentProfile) -> bool {
        match self {
            Self::MinGpa(_) | Self::MaxGpa(_) => profile.gpa.is_some(),
            Self::GradeLevels(_) => !profile.grade_levels.is_empty(),
            Self::FieldsOfStudy(_) => profile.field_of_study.is_some(),
            Self::CitizenshipRequired(_) => profile.citizenship.is_some(),
            Self::ResidencyStates(_) | Self::Countries(_) => profile.residence_country().is_some(),
            Self::MinAge(_) | Self::MaxAge(_) => profile.age.is_some(),
            Self::FinancialNeed => profile.financial_need.is_some(),
            Self::MaxHouseholdIncome(_) => profile.household_income.is_some(),
            Self::Attribute { kind, .. } => profile.attributes.contains_key(&**kind),
        }
    }

    pub fn status(&self, profile: &StudentProfile) -> CriterionStatus {
        match self {
            Self::MinGpa(minimum) => of(profile.gpa, |gpa| gpa >= *minimum),
            Self::MaxGpa(maximum) => of(profile.gpa, |gpa| gpa <= *maximum),
            Self::GradeLevels(accepted) => grade_level_status(*accepted, profile.grade_levels),
            Self::FieldsOfStudy(accepted) => field_status(*accepted, profile.field_of_study),
            Self::CitizenshipRequired(accepted) => {
                citizenship_status(accepted, profile.citizenship)
            }
            Self::ResidencyStates(accepted) => {
                match (profile.state_of_residence, profile.country_of_residence) {
                    (Some(state), _) => known(accepted.contains(state)),
                    (None, Some(country)) if country != CountryCode::UNITED_STATES => {
                        CriterionStatus::Unmet
                    }
                    (None, _) => CriterionStatus::Unknown,
                }
            }
            Self::Countries(accepted) => of(profile.residence_country(), |country| {
                accepted.contains(&country)
            }),
            Self::MinAge(minimum) => of(profile.age, |age| age >= *minimum),
            Self::MaxAge(maximum) => of(profile.age, |age| age <= *maximum),
            Self::FinancialNeed => of(profile.financial_need, |need| need),
            Self::MaxHouseholdIncome(maximum) => {
                of(profile.household_income, |income| income <= *maximum)
            }
            Self::Attribute { kind, accepted } => of(profile.attributes.get(&**kind), |values| {
                accepted.iter().any(|value| values.contains(value))
            }),
        }
    }

    /// Whether it is meant for students who need money, by their own word or by their income.
    pub fn asks_for_need(&self) -> bool {
        matches!(self, Self::FinancialNeed | Self::MaxHouseholdIncome(_))
    }

    /// The same with nothing borrowed.
    pub fn into_owned(self) -> Criterion<'static> {
        match self {
            Self::MinGpa(minimum) => Criterion::MinGpa(minimum),
            Self::MaxGpa(maximum) => Criterion::MaxGpa(maximum),
            Self::GradeLevels(accepted) => Criterion::GradeLevels(accepted),
            Self::FieldsOfStudy(accepted) => Criterion::FieldsOfStudy(accepted),
            Self::CitizenshipRequired(accepted) => {
                Criterion::CitizenshipRequired(Cow::Owned(accepted.into_owned()))
            }
            Self::ResidencyStates(accepted) => Criterion::ResidencyStates(accepted),
            Self::Countries(accepted) => Criterion::Countries(Cow::Owned(accepted.into_owned())),
            Self::MinAge(minimum) => Criterion::MinAge(minimum),
            Self::MaxAge(maximum) => Criterion::MaxAge(maximum),
            Self::FinancialNeed => Criterion::FinancialNeed,
            Self::MaxHouseholdIncome(maximum) => Criterion::MaxHouseholdIncome(maximum),
            Self::Attribute { kind, accepted } => Criterion::Attribute {
                kind: Cow::Owned(kind.into_owned()),
                accepted: Cow::Owned(accepted.into_owned()),
            },
        }
    }
}

impl Criteria {
    /// Everything here that a verdict rests on, in order.
    pub fn stated(&self) -> impl Iterator<Item = Criterion<'_>> {
        fn given<T: crate::Term>(terms: TermSet<T>) -> Option<TermSet<T>> {
            (!terms.is_empty()).then_some(terms)
        }
        fn listed<T: Clone>(list: &[T]) -> Option<Cow<'_, [T]>> {
            (!list.is_empty()).then_some(Cow::Borrowed(list))
        }
        let facts = [
            self.min_gpa.map(Criterion::MinGpa),
            self.max_gpa.map(Criterion::MaxGpa),
            given(self.grade_levels).map(Criterion::GradeLevels),
            given(self.fields_of_study).map(Criterion::FieldsOfStudy),
            listed(&self.citizenship_required).map(Criterion::CitizenshipRequired),
            given(self.residency_states).map(Criterion::ResidencyStates),
            listed(&self.countries).map(Criterion::Countries),
            self.min_age.map(Criterion::MinAge),
            self.max_age.map(Criterion::MaxAge),
            (self.financial_need == Some(true)).then_some(Criterion::FinancialNeed),
            self.max_household_income.map(Criterion::MaxHouseholdIncome),
        ];
        let attributes = self
            .attributes
            .iter()
            .map(|(kind, accepted)| Criterion::Attribute {
                kind: Cow::Borrowed(kind),
                accepted: Cow::Borrowed(accepted),
            });
        facts.into_iter().flatten().chain(attributes)
    }
}

/// The set that states these and nothing else; of several that set the same fact the last one holds.
impl<'a> FromIterator<&'a Criterion<'a>> for Criteria {
    fn from_iter<I: IntoIterator<Item = &'a Criterion<'a>>>(stated: I) -> Self {
        let mut set = Self::default();
        for criterion in stated {
            match criterion {
                Criterion::MinGpa(minimum) => set.min_gpa = Some(*minimum),
                Criterion::MaxGpa(maximum) => set.max_gpa = Some(*maximum),
                Criterion::GradeLevels(accepted) => set.grade_levels = *accepted,
                Criterion::FieldsOfStudy(accepted) => set.fields_of_study = *accepted,
                Criterion::CitizenshipRequired(accepted) => {
                    set.citizenship_required = accepted.to_vec();
                }
                Criterion::ResidencyStates(accepted) => set.residency_states = *accepted,
                Criterion::Countries(accepted) => set.countries = accepted.to_vec(),
                Criterion::MinAge(minimum) => set.min_age = Some(*minimum),
                Criterion::MaxAge(maximum) => set.max_age = Some(*maximum),
                Criterion::FinancialNeed => set.financial_need = Some(true),
                Criterion::MaxHouseholdIncome(maximum) => {
                    set.max_household_income = Some(*maximum);
                }
                Criterion::Attribute { kind, accepted } => {
                    set.attributes.insert(kind.to_string(), accepted.to_vec());
                }
            }
        }
        set
    }
}

fn known(met: bool) -> CriterionStatus {
    if met {
        CriterionStatus::Met
    } else {
        CriterionStatus::Unmet
    }
}

fn of<T>(fact: Option<T>, met: impl FnOnce(T) -> bool) -> CriterionStatus {
    fact.map_or(CriterionStatus::Unknown, |fact| known(met(fact)))
}

fn grade_level_status(
    accepted: TermSet<GradeLevel>,
    levels: TermSet<GradeLevel>,
) -> CriterionStatus {
    if levels.is_empty() {
        CriterionStatus::Unknown
    } else if levels.is_subset_of(accepted) {
        CriterionStatus::Met
    } else if levels.intersects(accepted) {
        // A broader word was given, and only some of what it may mean is accepted.
        CriterionStatus::Unknown
    } else {
        CriterionStatus::Unmet
    }
}

fn field_status(accepted: TermSet<FieldOfStudy>, field: Option<FieldOfStudy>) -> CriterionStatus {
    match field {
        None => CriterionStatus::Unknown,
        Some(field) if accepted.contains(field) => CriterionStatus::Met,
        // `other` stands for fields that the vocabulary has no word for: the student's may be among them.
        Some(_) if accepted.contains(FieldOfStudy::Other) => CriterionStatus::Unknown,
        Some(_) => CriterionStatus::Unmet,
    }
}

fn citizenship_status(accepted: &[Citizenship], actual: Option<Citizenship>) -> CriterionStatus {
    let Some(actual) = actual else {
        return CriterionStatus::Unknown;
    };
    let foreign = |value: &Citizenship| matches!(value, Citizenship::Country(_));
    // Held by people who are citizens of some other country.
    let resident = |value: &Citizenship| {
        use Citizenship::{Daca, RefugeeOrAsylee, Undocumented, UsPermanentResident};
        matches!(
            value,
            UsPermanentResident | Daca | Undocumented | RefugeeOrAsylee
        )
    };
    if accepted.contains(&actual)
        || (foreign(&actual) && accepted.contains(&Citizenship::International))
    {
        CriterionStatus::Met
    } else if (actual == Citizenship::International && accepted.iter().any(foreign))
        // A citizen of Mexico may be a permanent resident, and a permanent resident a citizen of Mexico.
        || (foreign(&actual) && accepted.iter().any(resident))
        || (resident(&actual)
            && accepted
                .iter()
                .any(|value| foreign(value) || *value == Citizenship::International))
    {
        CriterionStatus::Unknown
    } else {
        CriterionStatus::Unmet
    }
}
