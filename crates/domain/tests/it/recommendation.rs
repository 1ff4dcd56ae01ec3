//! Recommendation scores are bounded, explained in full, and monotonic where they should be.

use domain::Timestamp;
use domain::eligibility::verdict_and_score;
use domain::recommendation::{RankingFacts, explain, total, values};
use proptest::prelude::*;

use crate::arbitrary::{profile, sets};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a timestamp")
}

proptest! {
    #[test]
    fn scores_are_within_bounds_and_their_components_add_up(
        sets in sets(), profile in profile(), dollars in proptest::option::of(0.0_f64..1e7), days in proptest::option::of(-10_i64..800), popularity in 0.0_f32..=1.0,
    ) {
        let facts = RankingFacts::of_sets(&sets, dollars, days.map(|days| now() + chrono::TimeDelta::days(days)));
        let (verdict, score) = verdict_and_score(&sets, &profile);
        let values = values(&facts, &profile, verdict, score, popularity, now());
        prop_assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        let explained = explain(&values, &facts, &profile, verdict, now());
        prop_assert!((0.0..=1.0).contains(&explained.total));
        prop_assert!((explained.total - total(&values)).abs() < 1e-12);
        let sum: f64 = explained.components.iter().map(|component| component.value * component.weight).sum();
        prop_assert!((sum - explained.total).abs() < 1e-9);
        prop_assert!(explained.components.windows(2).all(|pair| pair[0].value * pair[0].weight >= pair[1].value * pair[1].weight));
    }

    #[test]
    fn more_money_never_scores_less(sets in sets(), profile in profile(), low in 0.0_f64..1e6, more in 0.0_f64..1e6) {
        let score = |dollars: f64| {
            let facts = RankingFacts::of_sets(&sets, Some(dollars), None);
            let (verdict, score) = verdict_and_score(&sets, &profile);
            total(&values(&facts, &profile, verdict, score, 0.0, now()))
        };
        prop_assert!(score(low + more) >= score(low));
    }
}
