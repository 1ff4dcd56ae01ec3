//! A set of criteria is what it states, and no more.

use domain::eligibility::{CriterionStatus, Outcome, assess, statuses, verdict_and_score};
use domain::{Criteria, Criterion};
use proptest::prelude::*;

use crate::arbitrary::{criteria, profile};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_set_made_of_what_another_states_is_judged_in_the_same_words(set in criteria(), profile in profile()) {
        let stated: Vec<Criterion<'static>> = set.stated().map(Criterion::into_owned).collect();
        prop_assert!(stated.is_sorted(), "{stated:?}");
        prop_assert_eq!(stated.is_empty(), set.asks_nothing());
        let again: Criteria = stated.iter().collect();
        prop_assert!(again.stated().eq(stated.iter().cloned()));
        prop_assert_eq!(assess(&[again], &profile), assess(&[set], &profile));
    }

    #[test]
    fn nothing_is_known_of_criteria_that_do_not_concern_the_profile(set in criteria(), profile in profile()) {
        for criterion in set.stated() {
            let unknown = criterion.status(&profile) == CriterionStatus::Unknown;
            prop_assert!(unknown || criterion.concerns(&profile), "{criterion:?}");
        }
    }

    #[test]
    fn the_outcome_of_a_set_is_that_of_its_criteria_in_any_order(set in criteria(), profile in profile()) {
        let mut outcomes = Vec::new();
        statuses(&set, &profile, |kind, _, status| outcomes.push(Outcome::of(kind, status)));
        let whole = outcomes.iter().rev().copied().fold(Outcome::OPEN, Outcome::and);
        prop_assert_eq!((whole.verdict(), whole.match_score()), verdict_and_score(&[set], &profile));
    }

    #[test]
    fn json_gives_a_criterion_back(set in criteria()) {
        for criterion in set.stated() {
            let json = serde_json::to_string(&criterion).expect("JSON");
            let again: Criterion<'static> = serde_json::from_str(&json).expect("a criterion");
            prop_assert_eq!(again, criterion);
        }
    }
}
