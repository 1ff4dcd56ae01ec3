//! Single changes of a profile that could open scholarships which are closed to it now.
//!
//! A change is worth proposing when a student could bring it about: better grades, another field or level, a move, growing
//! older, a status, a membership, showing need. Nobody is told to change gender, ethnicity or what they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::eligibility::{CriterionKey, CriterionKind};
use crate::{
    Citizenship, CountryCode, Criterion, FieldOfStudy, Gpa, GradeLevel, StudentProfile, TermSet,
    UsState,
};

/// Attribute kinds that describe what somebody is, not what somebody may do.
pub const INHERENT_ATTRIBUTES: &[&str] = &[
    "gender",
    "sex",
    "ethnicity",
    "race",
    "heritage",
    "ancestry",
    "national_origin",
    "disability",
    "health_condition",
    "religion",
    "sexual_orientation",
    "lgbtq",
    "first_generation",
    "foster_care",
    "orphan",
    "tribe",
    "tribal_affiliation",
];

/// One fact of the profile with its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileChange {
    Gpa(Gpa),
    GradeLevel(GradeLevel),
    FieldOfStudy(FieldOfStudy),
    Citizenship(Citizenship),
    StateOfResidence(UsState),
    CountryOfResidence(CountryCode),
    Age(u8),
    FinancialNeed,
    /// A further value of a kind of which the student has stated values.
    Attribute {
        kind: String,
        value: String,
    },
}

impl ProfileChange {
    /// The criterion that the change would meet.
    pub fn criterion(&self) -> CriterionKey {
        CriterionKey::Fact(match self {
            Self::Gpa(_) => CriterionKind::MinGpa,
            Self::GradeLevel(_) => CriterionKind::GradeLevels,
            Self::FieldOfStudy(_) => CriterionKind::FieldsOfStudy,
            Self::Citizenship(_) => CriterionKind::CitizenshipRequired,
            Self::StateOfResidence(_) => CriterionKind::ResidencyStates,
            Self::CountryOfResidence(_) => CriterionKind::Countries,
            Self::Age(_) => CriterionKind::MinAge,
            Self::FinancialNeed => CriterionKind::FinancialNeed,
            Self::Attribute { kind, .. } => return CriterionKey::Attribute(kind.clone()),
        })
    }

    /// Key of the profile that changes, as callers spell it.
    pub fn profile_key(&self) -> String {
        match self {
            Self::Gpa(_) => "gpa".to_owned(),
            Self::GradeLevel(_) => "grade_level".to_owned(),
            Self::FieldOfStudy(_) => "field_of_study".to_owned(),
            Self::Citizenship(_) => "citizenship".to_owned(),
            Self::StateOfResidence(_) => "state_of_residence".to_owned(),
            Self::CountryOfResidence(_) => "country_of_residence".to_owned(),
            Self::Age(_) => "age".to_owned(),
            Self::FinancialNeed => "financial_need".to_owned(),
            Self::Attribute { kind, .. } => format!("attributes.{kind}"),
        }
    }

    /// The new value as callers would send it.
    pub fn value(&self) -> Value {
        match self {
            Self::Gpa(gpa) => json!(gpa),
            Self::GradeLevel(level) => json!(level),
            Self::FieldOfStudy(field) => json!(field),
            Self::Citizenship(citizenship) => json!(citizenship),
            Self::StateOfResidence(state) => json!(state),
            Self::CountryOfResidence(country) => json!(country),
            Self::Age(age) => json!(age),
            Self::FinancialNeed => json!(true),
            Self::Attribute { value, .. } => json!(value),
        }
    }

    /// The value that the profile states now.
    pub fn present_value(&self, profile: &StudentProfile) -> Value {
        match self {
            Self::Gpa(_) => json!(profile.gpa),
            Self::GradeLevel(_) => json!(profile.grade_levels),
            Self::FieldOfStudy(_) => json!(profile.field_of_study),
            Self::Citizenship(_) => json!(profile.citizenship),
            Self::StateOfResidence(_) => json!(profile.state_of_residence),
            Self::CountryOfResidence(_) => json!(profile.country_of_residence),
            Self::Age(_) => json!(profile.age),
            Self::FinancialNeed => json!(profile.financial_need),
            Self::Attribute { kind, .. } => json!(profile.attributes.get(kind)),
        }
    }

    /// The profile after the change. Moving to a state moves to the United States; moving to another country leaves the state.
    pub fn applied_to(&self, profile: &StudentProfile) -> StudentProfile {
        let mut changed = profile.clone();
        match self {
            Self::Gpa(gpa) => changed.gpa = Some(*gpa),
            Self::GradeLevel(level) => changed.grade_levels = TermSet::of(&[*level]),
            Self::FieldOfStudy(field) => changed.field_of_study = Some(*field),
            Self::Citizenship(citizenship) => changed.citizenship = Some(*citizenship),
            Self::StateOfResidence(state) => {
                changed.state_of_residence = Some(*state);
                changed.country_of_residence = Some(CountryCode::UNITED_STATES);
            }
            Self::CountryOfResidence(country) => {
                changed.country_of_residence = Some(*country);
                if *country != CountryCode::UNITED_STATES {
                    changed.state_of_residence = None;
                }
            }
            Self::Age(age) => changed.age = Some(*age),
            Self::FinancialNeed => changed.financial_need = Some(true),
            Self::Attribute { kind, value } => {
                changed
                    .attributes
                    .entry(kind.clone())
                    .or_default()
                    .insert(value.clone());
            }
        }
        changed
    }
}

/// The values that criteria of the catalogue name: nothing else can open anything.
#[derive(Debug, Clone, Default)]
pub struct CriteriaValues {
    pub min_gpas: BTreeSet<Gpa>,
    pub min_ages: BTreeSet<u8>,
    pub grade_levels: TermSet<GradeLevel>,
    pub fields_of_study: TermSet<FieldOfStudy>,
    pub citizenships: BTreeSet<Citizenship>,
    pub states: TermSet<UsState>,
    pub countries: BTreeSet<CountryCode>,
    pub attributes: BTreeMap<String, BTreeSet<String>>,
}

/// Every change worth counting: of facts that the profile states (an unknown fact closes nothing), to values that the
/// catalogue names.
pub fn candidates(profile: &StudentProfile, values: &CriteriaValues) -> Vec<ProfileChange> {
    let mut changes = Vec::new();
    if let Some(gpa) = profile.gpa {
        changes.extend(
            values
                .min_gpas
                .iter()
                .filter(|minimum| **minimum > gpa)
                .copied()
                .map(ProfileChange::Gpa),
        );
    }
    if let Some(age) = profile.age {
        changes.extend(
            values
                .min_ages
                .iter()
                .filter(|minimum| **minimum > age)
                .copied()
                .map(ProfileChange::Age),
        );
    }
    if !profile.grade_levels.is_empty() {
        let others = values
            .grade_levels
            .iter()
            .filter(|level| !profile.grade_levels.contains(*level));
        changes.extend(others.map(ProfileChange::GradeLevel));
    }
    if let Some(field) = profile.field_of_study {
        changes.extend(
            values
                .fields_of_study
                .iter()
                .filter(|other| *other != field)
                .map(ProfileChange::FieldOfStudy),
        );
    }
    if let Some(citizenship) = profile.citizenship {
        changes.extend(
            values
                .citizenships
                .iter()
                .filter(|other| **other != citizenship)
                .copied()
                .map(ProfileChange::Citizenship),
        );
    }
    if profile.state_of_residence.is_some() || profile.country_of_residence.is_some() {
        let others = values
            .states
            .iter()
            .filter(|state| Some(*state) != profile.state_of_residence);
        changes.extend(others.map(ProfileChange::StateOfResidence));
        let others = values
            .countries
            .iter()
            .filter(|country| Some(**country) != profile.residence_country());
        changes.extend(others.copied().map(ProfileChange::CountryOfResidence));
    }
    if profile.financial_need == Some(false) {
        changes.push(ProfileChange::FinancialNeed);
    }
    for (kind, stated) in &profile.attributes {
        if INHERENT_ATTRIBUTES.contains(&kind.as_str()) {
            continue;
        }
        let named = values
            .attributes
            .get(kind)
            .into_iter()
            .flatten()
            .filter(|value| !stated.contains(*value));
        changes.extend(named.map(|value| ProfileChange::Attribute {
            kind: kind.clone(),
            value: value.clone(),
        }));
    }
    changes
}

impl CriteriaValues {
    /// Adds what one set of criteria names.
    pub fn include(&mut self, criteria: &crate::Criteria) {
        criteria
            .stated()
            .for_each(|criterion| self.include_criterion(&criterion));
    }

    /// Adds what one criterion names.
    pub fn include_criterion(&mut self, criterion: &Criterion<'_>) {
        match criterion {
            Criterion::MinGpa(minimum) => {
                self.min_gpas.insert(*minimum);
            }
            Criterion::MinAge(minimum) => {
                self.min_ages.insert(*minimum);
            }
            Criterion::GradeLevels(accepted) => {
                self.grade_levels = self.grade_levels.union(*accepted);
            }
            Criterion::FieldsOfStudy(accepted) => {
                self.fields_of_study = self.fields_of_study.union(*accepted);
            }
            Criterion::CitizenshipRequired(accepted) => {
                self.citizenships.extend(accepted.iter().copied());
            }
            Criterion::ResidencyStates(accepted) => self.states = self.states.union(*accepted),
            Criterion::Countries(accepted) => self.countries.extend(accepted.iter().copied()),
            Criterion::Attribute { kind, accepted } => self
                .attributes
                .entry(kind.to_string())
                .or_default()
                .extend(accepted.iter().cloned()),
            // Nobody is told to be younger, to have worse grades, or to earn less; and showing need has one value only.
            Criterion::MaxGpa(_)
            | Criterion::MaxAge(_)
            | Criterion::FinancialNeed
            | Criterion::MaxHouseholdIncome(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stated_facts_are_proposed_to_change_and_never_inherent_ones() {
        let mut values = CriteriaValues::default();
        values
            .min_gpas
            .insert(Gpa::from_hundredths(350).expect("a GPA"));
        values
            .attributes
            .entry("gender".to_owned())
            .or_default()
            .insert("female".to_owned());
        values
            .attributes
            .entry("memberships".to_owned())
            .or_default()
            .insert("deca".to_owned());
        assert!(candidates(&StudentProfile::default(), &values).is_empty());

        let mut profile = StudentProfile {
            gpa: Gpa::from_hundredths(300).ok(),
            ..StudentProfile::default()
        };
        profile
            .attributes
            .insert("gender".to_owned(), BTreeSet::from(["male".to_owned()]));
        profile
            .attributes
            .insert("memberships".to_owned(), BTreeSet::new());
        let keys: Vec<String> = candidates(&profile, &values)
            .iter()
            .map(ProfileChange::profile_key)
            .collect();
        assert_eq!(keys, ["gpa", "attributes.memberships"]);
    }
}
