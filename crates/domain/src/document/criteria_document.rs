//! Criteria in JSON.

use std::collections::BTreeMap;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

use super::text;
use crate::criteria::normalise_attribute;
use crate::{
    AttributeRequirements, Citizenship, CountryCode, Criteria, Currency, FieldError, FieldOfStudy,
    Gpa, GradeLevel, StudentProfile, TermSet, UsState,
};

/// What is asked of applicants. A key that is absent is not asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = EligibilityCriteria))]
pub struct CriteriaDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gpa: Option<Gpa>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gpa: Option<Gpa>,
    /// `high_school` and `undergraduate` stand for all their years.
    #[serde(default, skip_serializing_if = "is_empty_set")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<GradeLevel>))]
    pub grade_levels: TermSet<GradeLevel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citizenship_required: Vec<Citizenship>,
    #[serde(default, skip_serializing_if = "is_empty_set")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<UsState>))]
    pub residency_states: TermSet<UsState>,
    /// Countries of residence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<CountryCode>,
    #[serde(default, skip_serializing_if = "is_empty_set")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<FieldOfStudy>))]
    pub fields_of_study: TermSet<FieldOfStudy>,
    /// Fields in the source's own words: found by search, never the ground of a verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields_of_study_text: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 120))]
    pub min_age: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 120))]
    pub max_age: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub financial_need: Option<bool>,
    /// A year's income in US dollars, whatever the award's currency; a limit in another currency belongs into `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0))]
    pub max_household_income: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub essay_required: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation_letters: Option<u8>,
    /// Kind -> accepted values, e.g. `{"military": ["veteran"]}`; a single value may stand without a list.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "attributes"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, Vec<String>>))]
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The rules in prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_empty_set<T: crate::Term>(set: &TermSet<T>) -> bool {
    set.is_empty()
}

impl CriteriaDocument {
    pub(super) fn of(criteria: &Criteria) -> Self {
        Self {
            min_gpa: criteria.min_gpa,
            max_gpa: criteria.max_gpa,
            grade_levels: criteria.grade_levels,
            citizenship_required: criteria.citizenship_required.clone(),
            residency_states: criteria.residency_states,
            countries: criteria.countries.clone(),
            fields_of_study: criteria.fields_of_study,
            fields_of_study_text: criteria.fields_of_study_text.clone(),
            min_age: criteria.min_age,
            max_age: criteria.max_age,
            financial_need: criteria.financial_need,
            max_household_income: criteria
                .max_household_income
                .map(|cents| Currency::USD.major_units(cents)),
            essay_required: criteria.essay_required,
            recommendation_letters: criteria.recommendation_letters,
            attributes: criteria.attributes.clone(),
            text: criteria.text.clone(),
        }
    }

    pub(super) fn into_criteria(self, field: &str, errors: &mut Vec<FieldError>) -> Criteria {
        let mut own = Vec::new();
        if let (Some(minimum), Some(maximum)) = (self.min_gpa, self.max_gpa)
            && minimum > maximum
        {
            own.push(FieldError::new("min_gpa", "must not be above max_gpa"));
        }
        if let (Some(minimum), Some(maximum)) = (self.min_age, self.max_age)
            && minimum > maximum
        {
            own.push(FieldError::new("min_age", "must not be above max_age"));
        }
        for (name, age) in [("min_age", self.min_age), ("max_age", self.max_age)] {
            if age.is_some_and(|age| age > StudentProfile::MAX_AGE) {
                own.push(FieldError::new(
                    name,
                    format!("must be at most {}", StudentProfile::MAX_AGE),
                ));
            }
        }
        let income = self.max_household_income.and_then(|number| {
            Currency::USD
                .minor_units_of(&number)
                .map_err(|message| own.push(FieldError::new("max_household_income", message)))
                .ok()
        });
        let criteria = Criteria {
            min_gpa: self.min_gpa,
            max_gpa: self.max_gpa,
            grade_levels: self.grade_levels,
            citizenship_required: distinct(self.citizenship_required),
            residency_states: self.residency_states,
            countries: distinct(self.countries),
            fields_of_study: self.fields_of_study,
            fields_of_study_text: text::list(
                "fields_of_study_text",
                self.fields_of_study_text,
                50,
                200,
                &mut own,
            ),
            min_age: self.min_age,
            max_age: self.max_age,
            financial_need: self.financial_need,
            max_household_income: income,
            essay_required: self.essay_required,
            recommendation_letters: self.recommendation_letters,
            attributes: requirements(self.attributes, &mut own),
            text: text::prose("text", self.text, 20_000, &mut own),
        };
        errors.extend(own.into_iter().map(|error| error.below(field)));
        criteria
    }
}

fn distinct<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

/// Accepted values of one kind of attribute.
const MOST_VALUES: usize = 50;
const VALUES: &str = "must have 1 to 50 accepted values";

fn requirements(
    given: BTreeMap<String, Vec<String>>,
    errors: &mut Vec<FieldError>,
) -> AttributeRequirements {
    let mut kept = AttributeRequirements::new();
    if given.len() > 20 {
        errors.push(FieldError::new("attributes", "must have at most 20 kinds"));
        return kept;
    }
    for (kind, values) in given {
        let field = format!("attributes.{kind}");
        let Some(normal) = normalise_attribute(&kind) else {
            errors.push(FieldError::new(
                field,
                "must be a word of at most 64 letters and digits",
            ));
            continue;
        };
        if values.is_empty() || values.len() > MOST_VALUES {
            errors.push(FieldError::new(field, VALUES));
            continue;
        }
        let mut accepted = Vec::with_capacity(values.len());
        for value in values {
            match normalise_attribute(&value) {
                Some(value) => accepted.push(value),
                None => errors.push(FieldError::new(
                    field.clone(),
                    "must be words of at most 64 letters and digits",
                )),
            }
        }
        let entry = kept.entry(normal).or_default();
        entry.append(&mut accepted);
        entry.sort_unstable();
        entry.dedup();
        // Two spellings of one kind come together here.
        if entry.len() > MOST_VALUES {
            errors.push(FieldError::new(field, VALUES));
        }
    }
    kept
}

/// Values of one attribute as callers may spell them: a word, a list of words, or a truth value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling {
    One(String),
    Truth(bool),
    Many(Vec<String>),
}

/// Reads attributes; a kind that stands twice is refused.
pub(crate) fn attributes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    struct Attributes;

    impl<'de> Visitor<'de> for Attributes {
        type Value = BTreeMap<String, Vec<String>>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object of attribute kinds with their values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut kinds = BTreeMap::new();
            while let Some(kind) = map.next_key::<String>()? {
                let values = match map.next_value::<Spelling>() {
                    Ok(Spelling::One(value)) => vec![value],
                    Ok(Spelling::Truth(value)) => vec![value.to_string()],
                    Ok(Spelling::Many(values)) => values,
                    Err(_) => {
                        return Err(A::Error::custom(format!(
                            "{kind:?} must be a word, true, false, or a list of words"
                        )));
                    }
                };
                if kinds.contains_key(&kind) {
                    return Err(A::Error::custom(format!(
                        "{kind:?} is given more than once"
                    )));
                }
                kinds.insert(kind, values);
            }
            Ok(kinds)
        }
    }

    deserializer.deserialize_map(Attributes)
}
