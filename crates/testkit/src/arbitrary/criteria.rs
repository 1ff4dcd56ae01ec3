//! Sets of criteria, every kind of them.

use std::collections::BTreeMap;

use domain::{Citizenship, CountryCode, Criteria, Gpa};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::words::{distinct, line, prose, terms};

const COUNTRIES: &[&str] = &["US", "CA", "MX", "DE", "IN", "CN"];
const CITIZENSHIPS: &[&str] = &[
    "us_citizen",
    "us_permanent_resident",
    "daca",
    "undocumented",
    "refugee_or_asylee",
    "international",
    "CA",
    "IN",
];
const KINDS: &[&str] = &[
    "gender",
    "ethnicity",
    "military",
    "first_generation",
    "disability",
    "memberships",
    "employer",
];
const VALUES: &[&str] = &[
    "female", "veteran", "true", "hispanic", "4_h", "école", "acme",
];

pub(super) fn gpa() -> impl Strategy<Value = Gpa> + Clone {
    (0_u16..=400).prop_map(|hundredths| Gpa::from_hundredths(hundredths).expect("at most 400"))
}

pub(super) fn country() -> impl Strategy<Value = CountryCode> {
    select(COUNTRIES)
        .prop_map(|code| CountryCode::parse(code).unwrap_or(CountryCode::UNITED_STATES))
}

pub(super) fn citizenship() -> impl Strategy<Value = Citizenship> {
    select(CITIZENSHIPS)
        .prop_map(|code| Citizenship::from_code(code).unwrap_or(Citizenship::UsCitizen))
}

/// Kinds with their values, the same words for scholarships and students.
pub(super) fn attributes() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let values = btree_set(select(VALUES).prop_map(str::to_owned), 1..3)
        .prop_map(|values| values.into_iter().collect());
    btree_map(select(KINDS).prop_map(str::to_owned), values, 0..3)
}

/// Both bounds in their order, one of them, or none.
fn bounds<T: Ord + Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = (Option<T>, Option<T>)> {
    (
        option::weighted(0.4, value.clone()),
        option::weighted(0.2, value),
    )
        .prop_map(|bounds| match bounds {
            (Some(one), Some(other)) if one > other => (Some(other), Some(one)),
            bounds => bounds,
        })
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

/// One set; each criterion is asked now and then.
pub fn criteria() -> impl Strategy<Value = Criteria> {
    let study = (bounds(gpa()), terms(), terms(), vec(line(30), 0..3));
    let place = (
        vec(citizenship(), 0..3),
        terms(),
        vec(country(), 0..3),
        bounds(0_u8..=120),
    );
    let means = (
        option::of(any::<bool>()),
        option::weighted(0.2, (1_i64..300).prop_map(|thousands| thousands * 100_000)),
    );
    let application = (
        option::of(any::<bool>()),
        option::of(0_u8..5),
        option::weighted(0.3, prose(200)),
    );
    (study, place, means, application, attributes()).prop_map(
        |(study, place, means, application, attributes)| {
            let ((min_gpa, max_gpa), grade_levels, fields_of_study, texts) = study;
            let (citizenship_required, residency_states, countries, (min_age, max_age)) = place;
            Criteria {
                min_gpa,
                max_gpa,
                grade_levels,
                citizenship_required: sorted(citizenship_required),
                residency_states,
                countries: sorted(countries),
                fields_of_study,
                fields_of_study_text: distinct(texts),
                min_age,
                max_age,
                financial_need: means.0,
                max_household_income: means.1,
                essay_required: application.0,
                recommendation_letters: application.1,
                attributes,
                text: application.2,
            }
        },
    )
}
