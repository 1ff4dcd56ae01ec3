//! Students to match against the catalogue: the same ones in every run, none of them anybody.

use std::collections::BTreeMap;

use domain::{Citizenship, FieldOfStudy, Gpa, GradeLevel, StudentProfile, Term as _, UsState};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

const SEED: u64 = 0x0070_726F_6669_6C65;

/// As students fill in forms: most say most things, everything may be missing.
pub(crate) fn make(count: usize) -> Vec<StudentProfile> {
    let mut random = StdRng::seed_from_u64(SEED);
    (0..count).map(|_| profile(&mut random)).collect()
}

fn profile(random: &mut StdRng) -> StudentProfile {
    let gpa = random.random_range(200..=400);
    let level = GradeLevel::ALL.choose(random).copied();
    let mut attributes = BTreeMap::new();
    if random.random_bool(0.5) {
        let gender = if random.random_bool(0.5) {
            "female"
        } else {
            "male"
        };
        attributes.insert(
            "gender".to_owned(),
            [gender.to_owned()].into_iter().collect(),
        );
    }
    let citizenships = [
        Citizenship::UsCitizen,
        Citizenship::UsCitizen,
        Citizenship::UsPermanentResident,
        Citizenship::International,
    ];
    StudentProfile {
        gpa: sometimes(random, 0.85, Gpa::from_hundredths(gpa).ok()),
        grade_levels: sometimes(random, 0.9, level).into_iter().collect(),
        field_of_study: FieldOfStudy::ALL.choose(random).copied(),
        citizenship: citizenships.choose(random).copied(),
        state_of_residence: UsState::ALL.choose(random).copied(),
        country_of_residence: None,
        age: {
            let age = random.random_range(15..=30);
            sometimes(random, 0.6, Some(age))
        },
        financial_need: {
            let need = random.random_bool(0.5);
            sometimes(random, 0.7, Some(need))
        },
        household_income: {
            let income = random.random_range(2_000_000..=15_000_000);
            sometimes(random, 0.4, Some(income))
        },
        attributes,
    }
}

fn sometimes<T>(random: &mut StdRng, probability: f64, value: Option<T>) -> Option<T> {
    value.filter(|_| random.random_bool(probability))
}
