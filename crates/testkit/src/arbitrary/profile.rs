//! Students of whom much or little is known.

use domain::{CountryCode, StudentProfile};
use proptest::option;
use proptest::prelude::*;

use super::criteria::{attributes, citizenship, country, gpa};
use super::words::{term, terms};

/// Valid profiles; those who live in a state live in no other country than the United States.
pub fn student_profile() -> impl Strategy<Value = StudentProfile> {
    let study = (
        option::of(gpa()),
        prop_oneof![
            3 => option::of(term()).prop_map(|level| level.into_iter().collect()),
            1 => terms(),
        ],
        option::of(term()),
    );
    let place = (
        option::of(citizenship()),
        option::of(term()),
        option::of(country()),
    );
    let person = (
        option::of(StudentProfile::MIN_AGE..=StudentProfile::MAX_AGE),
        option::of(any::<bool>()),
        option::of((0_i64..400).prop_map(|thousands| thousands * 100_000)),
        attributes(),
        option::weighted(0.2, Just("military".to_owned())),
    );
    (study, place, person).prop_map(|(study, place, person)| {
        let (citizenship, state, country) = place;
        let (age, financial_need, household_income, attributes, none_of) = person;
        let mut attributes: std::collections::BTreeMap<_, _> = attributes
            .into_iter()
            .map(|(kind, values)| (kind, values.into_iter().collect()))
            .collect();
        if let Some(kind) = none_of {
            attributes.entry(kind).or_default();
        }
        StudentProfile {
            gpa: study.0,
            grade_levels: study.1,
            field_of_study: study.2,
            citizenship,
            state_of_residence: state,
            country_of_residence: country
                .filter(|country| state.is_none() || *country == CountryCode::UNITED_STATES),
            age,
            financial_need,
            household_income,
            attributes,
        }
    })
}
