//! What a scholarship asks of its applicants.

use std::collections::BTreeMap;

use crate::award::MinorUnits;
use crate::{Citizenship, CountryCode, FieldOfStudy, Gpa, GradeLevel, TermSet, UsState};

/// Open attributes: kind (`gender`, `military`, `memberships`, ...) -> accepted values, all in the form of
/// [`normalise_attribute`]. A kind is met by any one of its values.
pub type AttributeRequirements = BTreeMap<String, Vec<String>>;

/// One set of criteria; a student must meet all of them. An empty set or list, or `None`, means: not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criteria {
    pub min_gpa: Option<Gpa>,
    pub max_gpa: Option<Gpa>,
    pub grade_levels: TermSet<GradeLevel>,
    pub citizenship_required: Vec<Citizenship>,
    pub residency_states: TermSet<UsState>,
    pub countries: Vec<CountryCode>,
    pub fields_of_study: TermSet<FieldOfStudy>,
    /// Fields in the source's own words; searched, but no verdict rests on them.
    pub fields_of_study_text: Vec<String>,
    pub min_age: Option<u8>,
    pub max_age: Option<u8>,
    /// `Some(true)`: need must be shown. `Some(false)`: need is not considered, which excludes nobody.
    pub financial_need: Option<bool>,
    /// A year's income in cents of US dollars, as in profiles: whatever the award's currency, the two can be compared.
    pub max_household_income: Option<MinorUnits>,
    /// What the application takes; no verdict rests on it.
    pub essay_required: Option<bool>,
    /// What the application takes; no verdict rests on it.
    pub recommendation_letters: Option<u8>,
    pub attributes: AttributeRequirements,
    /// The rules in prose, as the source printed them; searched, but no verdict rests on them.
    pub text: Option<String>,
}

impl Criteria {
    /// Whether a verdict can rest on anything here.
    pub fn asks_nothing(&self) -> bool {
        self.min_gpa.is_none()
            && self.max_gpa.is_none()
            && self.grade_levels.is_empty()
            && self.citizenship_required.is_empty()
            && self.residency_states.is_empty()
            && self.countries.is_empty()
            && self.fields_of_study.is_empty()
            && self.min_age.is_none()
            && self.max_age.is_none()
            && self.financial_need != Some(true)
            && self.max_household_income.is_none()
            && self.attributes.is_empty()
    }
}

/// The form in which attribute kinds and values are stored and compared: trimmed, lower case, runs of anything but letters
/// and digits as one `_`. `None` when nothing is left or more than 64 characters are.
pub fn normalise_attribute(text: &str) -> Option<String> {
    let mut normal = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            normal.push(character);
        } else if !normal.is_empty() && !normal.ends_with('_') {
            normal.push('_');
        }
    }
    let length = normal.trim_end_matches('_').len();
    normal.truncate(length);
    (!normal.is_empty() && normal.chars().count() <= 64).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_compare_without_case_and_punctuation() {
        assert_eq!(
            normalise_attribute(" First-Generation  Student "),
            Some("first_generation_student".to_owned())
        );
        assert_eq!(normalise_attribute("--"), None);
        assert_eq!(normalise_attribute(&"x".repeat(65)), None);
    }
}
