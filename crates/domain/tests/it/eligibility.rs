//! Facts only ever sharpen a verdict, and every verdict follows from its criteria.

use domain::eligibility::{CriterionStatus, assess, verdict, verdict_and_score};
use domain::{Criteria, StudentProfile, TermSet, Verdict};
use proptest::prelude::*;

use crate::arbitrary::{profile, sets};

/// The profile with one of its facts forgotten.
fn without(profile: &StudentProfile, fact: usize) -> StudentProfile {
    let mut less = profile.clone();
    match fact {
        0 => less.gpa = None,
        1 => less.grade_levels = TermSet::default(),
        2 => less.field_of_study = None,
        3 => less.citizenship = None,
        4 => {
            less.state_of_residence = None;
            less.country_of_residence = profile.residence_country();
        }
        5 => less.age = None,
        6 => less.financial_need = None,
        7 => less.household_income = None,
        _ => {
            if let Some(kind) = less.attributes.keys().next().cloned() {
                less.attributes.remove(&kind);
            }
        }
    }
    less
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_verdict_follows_from_its_criteria_and_scores_are_within_bounds(sets in sets(), profile in profile()) {
        let assessment = assess(&sets, &profile);
        let has = |status| assessment.criteria.iter().any(|result| result.status == status);
        let expected = if has(CriterionStatus::Unmet) {
            Verdict::Ineligible
        } else if has(CriterionStatus::Unknown) {
            Verdict::Possible
        } else {
            Verdict::Eligible
        };
        prop_assert_eq!(assessment.verdict, expected);
        prop_assert!((0.0..=1.0).contains(&assessment.match_score));
        prop_assert_eq!(verdict(&sets, &profile), expected);
        prop_assert_eq!(verdict_and_score(&sets, &profile), (expected, assessment.match_score));
        for result in &assessment.criteria {
            prop_assert!(result.message.ends_with('.'));
            prop_assert!(result.status == CriterionStatus::Unknown || !result.actual.is_null());
        }
    }

    #[test]
    fn the_best_of_several_sets_counts(sets in sets(), profile in profile()) {
        let best = sets
            .iter()
            .map(|set| verdict(std::slice::from_ref(set), &profile))
            .min();
        prop_assert_eq!(verdict(&sets, &profile), best.unwrap_or(Verdict::Eligible));
    }

    /// Learning a fact never opens what is closed, and what is certain stays certain.
    #[test]
    fn adding_an_unknown_fact_only_sharpens(sets in sets(), profile in profile(), fact in 0_usize..9) {
        let less = without(&profile, fact);
        let (before, after) = (verdict(&sets, &less), verdict(&sets, &profile));
        match before {
            Verdict::Ineligible => prop_assert_eq!(after, Verdict::Ineligible),
            Verdict::Eligible => prop_assert_eq!(after, Verdict::Eligible),
            Verdict::Possible => {}
        }
    }

    #[test]
    fn nobody_is_ineligible_without_a_stated_fact(sets in sets()) {
        prop_assert_ne!(verdict(&sets, &StudentProfile::default()), Verdict::Ineligible);
    }

    #[test]
    fn a_set_that_asks_nothing_welcomes_all(profile in profile()) {
        prop_assert_eq!(verdict(&[], &profile), Verdict::Eligible);
        prop_assert_eq!(verdict(&[Criteria::default()], &profile), Verdict::Eligible);
        prop_assert!(Criteria::default().asks_nothing());
    }
}

#[test]
fn a_citizenship_and_a_status_do_not_contradict_each_other() {
    use domain::{Citizenship, CountryCode, Criteria, StudentProfile};
    let mexico = Citizenship::Country(CountryCode::parse("MX").expect("a country"));
    for (accepted, actual, expected) in [
        (Citizenship::UsPermanentResident, mexico, Verdict::Possible),
        (mexico, Citizenship::UsPermanentResident, Verdict::Possible),
        (
            Citizenship::International,
            Citizenship::Daca,
            Verdict::Possible,
        ),
        (Citizenship::International, mexico, Verdict::Eligible),
        (Citizenship::UsCitizen, mexico, Verdict::Ineligible),
        (
            Citizenship::UsCitizen,
            Citizenship::Daca,
            Verdict::Ineligible,
        ),
        (
            Citizenship::Daca,
            Citizenship::UsPermanentResident,
            Verdict::Ineligible,
        ),
    ] {
        let criteria = Criteria {
            citizenship_required: vec![accepted],
            ..Criteria::default()
        };
        let profile = StudentProfile {
            citizenship: Some(actual),
            ..StudentProfile::default()
        };
        assert_eq!(
            verdict(&[criteria], &profile),
            expected,
            "{accepted:?} {actual:?}"
        );
    }
}

#[test]
fn the_limit_of_income_is_in_dollars() {
    use domain::{Criteria, StudentProfile};
    let criteria = Criteria {
        max_household_income: Some(6_500_000),
        ..Criteria::default()
    };
    let profile = StudentProfile {
        household_income: Some(6_000_000),
        ..StudentProfile::default()
    };
    let assessment = domain::eligibility::assess(&[criteria], &profile);
    assert_eq!(assessment.criteria[0].required, 65_000);
    assert_eq!(assessment.criteria[0].actual, 60_000);
    assert!(assessment.criteria[0].message.contains("at most $65000"));
}
