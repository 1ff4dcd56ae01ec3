//! The student profile in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Number;

use crate::criteria::normalise_attribute;
use crate::{
    Citizenship, CountryCode, Currency, FieldError, FieldOfStudy, Gpa, GradeLevel, StudentProfile,
    Term, UsState,
};

/// Facts about one student, all optional. What is not known is never held against anybody.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = StudentProfile))]
pub struct ProfileDocument {
    #[serde(default)]
    pub gpa: Option<Gpa>,
    /// A grade level, or the broader `high_school` or `undergraduate`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "undergraduate_junior"))]
    pub grade_level: Option<String>,
    #[serde(default)]
    pub field_of_study: Option<FieldOfStudy>,
    #[serde(default)]
    pub citizenship: Option<Citizenship>,
    #[serde(default)]
    pub state_of_residence: Option<UsState>,
    #[serde(default)]
    pub country_of_residence: Option<CountryCode>,
    /// Years.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 13, maximum = 120))]
    pub age: Option<u8>,
    #[serde(default)]
    pub financial_need: Option<bool>,
    /// A year's income in US dollars.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0))]
    pub household_income: Option<Number>,
    /// Kind -> the student's values, e.g. `{"military": ["veteran"], "first_generation": true}`; an empty list says "none".
    #[serde(default, deserialize_with = "crate::document::attributes")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, Vec<String>>))]
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl ProfileDocument {
    /// The keys of a profile, as callers spell them.
    pub const KEYS: &'static [&'static str] = &[
        "gpa",
        "grade_level",
        "field_of_study",
        "citizenship",
        "state_of_residence",
        "country_of_residence",
        "age",
        "financial_need",
        "household_income",
        "attributes",
    ];

    /// The profile, checked.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn into_profile(self) -> Result<StudentProfile, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut profile = StudentProfile {
            gpa: self.gpa,
            field_of_study: self.field_of_study,
            citizenship: self.citizenship,
            state_of_residence: self.state_of_residence,
            country_of_residence: self.country_of_residence,
            age: self.age,
            financial_need: self.financial_need,
            ..StudentProfile::default()
        };
        if let Some(word) = self.grade_level {
            match GradeLevel::terms_of(&word) {
                Some(levels) => profile.grade_levels = levels,
                None => errors.push(FieldError::new(
                    "grade_level",
                    format!("must be one of {}", GradeLevel::choices()),
                )),
            }
        }
        if let Some(age) = self.age
            && !(StudentProfile::MIN_AGE..=StudentProfile::MAX_AGE).contains(&age)
        {
            errors.push(FieldError::new(
                "age",
                format!(
                    "must be between {} and {} years",
                    StudentProfile::MIN_AGE,
                    StudentProfile::MAX_AGE
                ),
            ));
        }
        if let (Some(state), Some(country)) = (self.state_of_residence, self.country_of_residence)
            && country != CountryCode::UNITED_STATES
        {
            let message = format!(
                "contradicts country_of_residence: {} is a state of the US",
                state.code()
            );
            errors.push(FieldError::new("state_of_residence", message));
        }
        if let Some(income) = self.household_income {
            match Currency::USD.minor_units_of(&income) {
                Ok(minor) => profile.household_income = Some(minor),
                Err(message) => errors.push(FieldError::new("household_income", message)),
            }
        }
        if self.attributes.len() > 50 || self.attributes.values().any(|values| values.len() > 50) {
            errors.push(FieldError::new(
                "attributes",
                "must have at most 50 kinds of at most 50 values",
            ));
        } else {
            for (kind, values) in self.attributes {
                attribute(&kind, values, &mut profile, &mut errors);
            }
        }
        if errors.is_empty() {
            Ok(profile)
        } else {
            Err(errors)
        }
    }
}

fn attribute(
    kind: &str,
    values: Vec<String>,
    profile: &mut StudentProfile,
    errors: &mut Vec<FieldError>,
) {
    let expected = "must be words of at most 64 letters and digits";
    let Some(normal) = normalise_attribute(kind) else {
        errors.push(FieldError::new("attributes", format!("kinds {expected}")));
        return;
    };
    let given = values.len();
    let values: BTreeSet<String> = values
        .iter()
        .filter_map(|value| normalise_attribute(value))
        .collect();
    if values.is_empty() && given > 0 {
        errors.push(FieldError::new(format!("attributes.{normal}"), expected));
        return;
    }
    profile.attributes.entry(normal).or_default().extend(values);
}
