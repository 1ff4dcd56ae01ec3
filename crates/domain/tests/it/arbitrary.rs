//! Random criteria and profiles that meet each other often.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Citizenship, CountryCode, Criteria, FieldOfStudy, Gpa, GradeLevel, StudentProfile, Term,
    TermSet, UsState,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn gpa() -> impl Strategy<Value = Gpa> {
    (0_u16..=8).prop_map(|half| Gpa::from_hundredths(half * 50).expect("within 0 to 4"))
}

fn terms<T: Term>(most: usize) -> impl Strategy<Value = TermSet<T>> {
    let few = T::ALL.iter().copied().take(6).collect::<Vec<_>>();
    let most = most.min(few.len());
    subsequence(few, 0..=most).prop_map(|terms| terms.into_iter().collect())
}

fn citizenship() -> impl Strategy<Value = Citizenship> {
    select(
        [
            "us_citizen",
            "us_permanent_resident",
            "daca",
            "international",
            "CA",
            "MX",
        ]
        .map(|code| Citizenship::from_code(code).expect("a code"))
        .to_vec(),
    )
}

fn country() -> impl Strategy<Value = CountryCode> {
    select(
        ["US", "CA", "MX"]
            .map(|code| CountryCode::parse(code).expect("a code"))
            .to_vec(),
    )
}

fn word() -> impl Strategy<Value = String> {
    select(
        [
            "gender",
            "military",
            "memberships",
            "female",
            "veteran",
            "deca",
        ]
        .map(str::to_owned)
        .to_vec(),
    )
}

pub(crate) fn criteria() -> impl Strategy<Value = Criteria> {
    let academic = (
        option::weighted(0.3, gpa()),
        option::weighted(0.1, gpa()),
        terms::<GradeLevel>(3),
        terms::<FieldOfStudy>(2),
    );
    let place = (
        vec(citizenship(), 0..3),
        terms::<UsState>(2),
        vec(country(), 0..2),
    );
    let person = (
        option::weighted(0.2, 14_u8..40),
        option::weighted(0.2, 14_u8..40),
        option::weighted(0.4, any::<bool>()),
        option::weighted(0.2, 0_i64..10_000_000),
        btree_map(word(), vec(word(), 1..3), 0..2),
    );
    (academic, place, person).prop_map(
        |(
            (min_gpa, max_gpa, grade_levels, fields_of_study),
            (citizenship_required, residency_states, countries),
            person,
        )| {
            let (min_age, max_age, financial_need, max_household_income, attributes) = person;
            Criteria {
                min_gpa,
                max_gpa,
                grade_levels,
                citizenship_required,
                residency_states,
                countries,
                fields_of_study,
                min_age,
                max_age,
                financial_need,
                max_household_income,
                attributes,
                ..Criteria::default()
            }
        },
    )
}

pub(crate) fn sets() -> impl Strategy<Value = Vec<Criteria>> {
    vec(criteria(), 0..3)
}

pub(crate) fn profile() -> impl Strategy<Value = StudentProfile> {
    let academic = (
        option::of(gpa()),
        terms::<GradeLevel>(3),
        option::of(select(FieldOfStudy::ALL)),
    );
    let place = (
        option::of(citizenship()),
        option::of(select(UsState::ALL[..6].to_vec())),
        option::of(country()),
    );
    let person = (
        option::of(13_u8..45),
        option::of(any::<bool>()),
        option::of(0_i64..10_000_000),
        attributes(),
    );
    (academic, place, person).prop_map(
        |(
            (gpa, grade_levels, field_of_study),
            (citizenship, state_of_residence, country),
            person,
        )| {
            let (age, financial_need, household_income, attributes) = person;
            // A state of the United States goes with no other country, as the document check demands.
            let country_of_residence = if state_of_residence.is_some() {
                None
            } else {
                country
            };
            StudentProfile {
                gpa,
                grade_levels,
                field_of_study,
                citizenship,
                state_of_residence,
                country_of_residence,
                age,
                financial_need,
                household_income,
                attributes,
            }
        },
    )
}

fn attributes() -> impl Strategy<Value = BTreeMap<String, BTreeSet<String>>> {
    btree_map(word(), btree_set(word(), 0..3), 0..3)
}
