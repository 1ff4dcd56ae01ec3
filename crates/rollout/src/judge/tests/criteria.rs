//! Each promotion criterion of the plan stops a promotion by itself.

use super::*;

/// Without the rules about the same failures that are stricter anyway.
fn about_errors_only() -> Policy {
    without(&["criteria.availability", "comparisons.server_errors"])
}

#[test]
fn an_availability_below_three_nines_is_rolled_back() {
    let snapshot = with(Window::Stage, |counts| counts.server_errors = Some(180));
    let policy = without(&["comparisons.server_errors"]);
    assert_only(
        &judged_by(&policy, &snapshot),
        "criterion.availability",
        Outcome::Rollback,
    );
}

#[test]
fn an_availability_that_only_looks_bad_is_held() {
    let snapshot = with(Window::Stage, |counts| counts.server_errors = Some(100));
    let policy = without(&["comparisons.server_errors"]);
    assert_only(
        &judged_by(&policy, &snapshot),
        "criterion.availability",
        Outcome::Hold,
    );
}

#[test]
fn unanswered_requests_count_for_the_availability() {
    let snapshot = with(Window::Stage, |counts| {
        counts.server_errors = Some(0);
        counts.unanswered = Component::Present(180);
    });
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Rollback);
    assert_eq!(
        rule(&verdict, "criterion.availability").status,
        Status::Failed
    );
    assert_eq!(
        rule(&verdict, "criterion.error_rate").status,
        Status::Passed
    );
    assert_eq!(
        rule(&verdict, "backends.canary.answering").status,
        Status::Failed
    );
}

#[test]
fn an_error_rate_above_half_a_percent_is_rolled_back() {
    let snapshot = with(Window::Stage, |counts| counts.server_errors = Some(600));
    assert_only(
        &judged_by(&about_errors_only(), &snapshot),
        "criterion.error_rate",
        Outcome::Rollback,
    );
}

#[test]
fn a_latency_above_its_edge_is_rolled_back() {
    let snapshot = with(Window::Stage, |counts| slow(counts, 220, 4_400));
    let policy = without(&["comparisons.slow_requests"]);
    assert_only(
        &judged_by(&policy, &snapshot),
        "criterion.latency",
        Outcome::Rollback,
    );
}

#[test]
fn a_full_database_pool_is_held() {
    for (peak, outcome) in [
        (0.749, Outcome::Promote),
        (0.75, Outcome::Hold),
        (1.0, Outcome::Hold),
    ] {
        let snapshot = with(last(30), |counts| {
            counts.pool_peak = Component::Present(peak)
        });
        let verdict = judged(&snapshot);
        if outcome == Outcome::Hold {
            assert_only(&verdict, "criterion.database_pool", outcome);
        }
        assert_eq!(verdict.outcome, outcome);
    }
}

#[test]
fn a_cold_cache_is_held() {
    let snapshot = with(Window::Stage, |counts| {
        counts.cache = Component::Present(Events {
            all: 1_000,
            failed: 200,
        });
    });
    assert_only(&judged(&snapshot), "criterion.redis_hits", Outcome::Hold);
}

#[test]
fn a_cache_that_is_hardly_used_waits_for_a_hundred_lookups() {
    let snapshot = with(Window::Stage, |counts| {
        counts.cache = Component::Present(Events { all: 99, failed: 0 });
    });
    let verdict = judged(&snapshot);
    assert_only(&verdict, "criterion.redis_hits", Outcome::Hold);
    let missing = rule(&verdict, "criterion.redis_hits")
        .missing
        .clone()
        .unwrap();
    assert_eq!((missing.have, missing.need), (Some(99), 100));
    // 1,500 lookups in 5 minutes.
    assert_eq!(missing.about_seconds, Some(1));
}

#[test]
fn a_failing_model_is_rolled_back() {
    let snapshot = with(Window::Stage, |counts| {
        let ai = AiCounts {
            questions: 3_600,
            fallbacks: 72,
            calls: 3_600,
            failed: 200,
        };
        counts.ai = Component::Present(ai);
    });
    assert_only(&judged(&snapshot), "criterion.ai_errors", Outcome::Rollback);
}

#[test]
fn one_violation_of_security_is_rolled_back_at_once() {
    let verdict = judged(&with(Window::Stage, |counts| {
        counts.security_violations = Some(1)
    }));
    assert_only(&verdict, "criterion.security", Outcome::Rollback);
    assert!(verdict.at_once);
}
