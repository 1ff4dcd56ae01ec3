//! Each trigger turns the verdict by itself.

use super::*;

#[test]
fn an_outage_of_two_minutes_is_rolled_back_at_once() {
    let verdict = judged(&with(last(2), |counts| counts.server_errors = Some(100)));
    assert_only(&verdict, "trigger.availability", Outcome::Rollback);
    assert!(verdict.at_once);
}

#[test]
fn five_minutes_of_errors_are_rolled_back_step_by_step() {
    let verdict = judged(&with(last(5), |counts| counts.server_errors = Some(40)));
    assert_only(&verdict, "trigger.error_rate", Outcome::Rollback);
    assert!(!verdict.at_once);
}

#[test]
fn one_error_in_a_quiet_time_is_no_outage() {
    let mut snapshot = healthy();
    for window in [last(2), last(5)] {
        let counts = snapshot.canary.windows.get_mut(&window).unwrap();
        counts.requests = Some(30);
        counts.sent = Component::Present(30);
        counts.server_errors = Some(1);
        counts
            .slower_than_ms
            .values_mut()
            .for_each(|slow| *slow = 0);
    }
    assert_eq!(judged(&snapshot).outcome, Outcome::Promote);
    for window in [last(2), last(5)] {
        let counts = snapshot.canary.windows.get_mut(&window).unwrap();
        counts.requests = Some(150);
        counts.sent = Component::Present(150);
        counts.server_errors = Some(2);
    }
    assert_eq!(judged(&snapshot).outcome, Outcome::Promote);
}

#[test]
fn a_trigger_waits_for_its_minimum_sample() {
    let all_fail = |requests| {
        let snapshot = with(last(5), |counts| {
            counts.requests = Some(requests);
            counts.server_errors = Some(requests);
            counts.slower_than_ms.clear();
        });
        rule(&judged(&snapshot), "trigger.error_rate").status
    };
    assert_eq!(all_fail(99), Status::Passed);
    assert_eq!(all_fail(100), Status::Failed);
}

#[test]
fn ten_minutes_of_slow_answers_are_rolled_back() {
    let verdict = judged(&with(last(10), |counts| slow(counts, 250, 400)));
    assert_only(&verdict, "trigger.latency", Outcome::Rollback);
}

#[test]
fn failing_searches_are_rolled_back() {
    let verdict = judged(&with(last(5), |counts| {
        counts.search = Component::Present(Events {
            all: 750,
            failed: 40,
        });
    }));
    assert_only(&verdict, "trigger.search_errors", Outcome::Rollback);
}

#[test]
fn failing_recommendations_are_rolled_back() {
    let verdict = judged(&with(last(5), |counts| {
        counts.recommendations = Component::Present(Events {
            all: 300,
            failed: 30,
        });
    }));
    assert_only(&verdict, "trigger.recommendation_errors", Outcome::Rollback);
}

#[test]
fn a_quarter_of_an_hour_of_fallbacks_is_rolled_back() {
    let verdict = judged(&with(last(15), |counts| {
        let ai = AiCounts {
            questions: 450,
            fallbacks: 90,
            calls: 450,
            failed: 2,
        };
        counts.ai = Component::Present(ai);
    }));
    assert_only(&verdict, "trigger.ai_fallbacks", Outcome::Rollback);
}

#[test]
fn failing_agent_tasks_are_held() {
    let verdict = judged(&with(last(10), |counts| {
        counts.agent_tasks = Component::Present(Events {
            all: 300,
            failed: 20,
        });
    }));
    assert_only(&verdict, "trigger.agent_tasks", Outcome::Hold);
}

#[test]
fn an_hour_below_its_availability_is_held() {
    let verdict = judged(&with(last(60), |counts| counts.server_errors = Some(250)));
    assert_only(&verdict, "trigger.availability_of_an_hour", Outcome::Hold);
}

#[test]
fn five_minutes_of_model_failures_are_held() {
    let verdict = judged(&with(last(5), |counts| {
        let ai = AiCounts {
            questions: 150,
            fallbacks: 0,
            calls: 150,
            failed: 40,
        };
        counts.ai = Component::Present(ai);
    }));
    assert_only(&verdict, "trigger.ai_failures", Outcome::Hold);
}

#[test]
fn five_minutes_of_a_full_pool_are_held() {
    let verdict = judged(&with(last(5), |counts| {
        counts.pool_peak = Component::Present(0.81)
    }));
    assert_only(&verdict, "trigger.database_pool", Outcome::Hold);
}

#[test]
fn a_leak_is_rolled_back() {
    let verdict = judged(&with(last(5), |counts| {
        counts.memory_peak = Component::Present(0.95)
    }));
    assert_only(&verdict, "trigger.memory", Outcome::Rollback);
}

#[test]
fn a_third_restart_is_rolled_back() {
    assert_eq!(
        judged(&with(last(10), |counts| counts.restarts = Some(2))).outcome,
        Outcome::Promote
    );
    let verdict = judged(&with(last(10), |counts| counts.restarts = Some(3)));
    assert_only(&verdict, "trigger.restarts", Outcome::Rollback);
}

#[test]
fn each_burn_rate_needs_both_windows() {
    let policy = shipped();
    for rate in &policy.burn_rates {
        let windows = [Window::Last(rate.short), Window::Last(rate.long)];
        let burn = |windows: &[Window]| {
            let mut snapshot = healthy();
            for window in windows {
                let counts = snapshot.canary.windows.get_mut(window).unwrap();
                let requests = counts.requests.unwrap() as f64;
                let rate = rate.times * policy.budget() * 2.0;
                counts.server_errors = Some((requests * rate) as u64);
            }
            let verdict = judged(&snapshot);
            rule(&verdict, &format!("burn_rate.{}", rate.times)).status
        };
        assert_eq!(burn(&windows), Status::Failed, "{rate:?}");
        assert_eq!(burn(&windows[..1]), Status::Passed, "{rate:?}");
        assert_eq!(burn(&windows[1..]), Status::Passed, "{rate:?}");
    }
}

#[test]
fn a_fast_burn_is_rolled_back_and_a_slow_one_held() {
    let burn = |minutes: [u64; 2], share: f64| {
        let mut snapshot = healthy();
        for minutes in minutes {
            let counts = snapshot.canary.windows.get_mut(&last(minutes)).unwrap();
            counts.server_errors = Some((counts.requests.unwrap() as f64 * share) as u64);
        }
        let policy = without(&["triggers.error_rate", "triggers.availability_of_an_hour"]);
        judged_by(&policy, &snapshot)
    };
    assert_only(&burn([5, 60], 0.025), "burn_rate.14.4", Outcome::Rollback);
    assert_only(&burn([30, 360], 0.01), "burn_rate.6", Outcome::Rollback);
    assert_only(&burn([360, 4_320], 0.002), "burn_rate.1", Outcome::Hold);
}

#[test]
fn a_canary_worse_than_stable_is_rolled_back() {
    let policy = without(&["criteria.availability"]);
    let mut snapshot = with(Window::Stage, |counts| counts.server_errors = Some(160));
    let verdict = judged_by(&policy, &snapshot);
    assert_eq!(verdict.outcome, Outcome::Rollback);
    let reasons: Vec<&str> = verdict.reasons().map(|rule| rule.name.as_str()).collect();
    assert_eq!(reasons, ["comparison.server_errors"]);
    // It is not the canary's fault when both fail alike.
    let stable = snapshot.stable.windows.get_mut(&Window::Stage).unwrap();
    stable.server_errors = Some(160 * 19);
    assert_eq!(judged_by(&policy, &snapshot).outcome, Outcome::Promote);
}

#[test]
fn a_canary_slower_than_stable_is_rolled_back() {
    let verdict = judged(&with(Window::Stage, |counts| slow(counts, 220, 1_400)));
    let reasons: Vec<&str> = verdict.reasons().map(|rule| rule.name.as_str()).collect();
    assert_eq!(verdict.outcome, Outcome::Rollback);
    assert_eq!(reasons, ["comparison.slow_requests"]);
}

#[test]
fn the_last_look_sees_smaller_differences_and_holds() {
    let snapshot = with(Window::Stage, |counts| counts.server_errors = Some(70));
    assert_only(
        &judged(&snapshot),
        "comparison.server_errors.at_promotion",
        Outcome::Hold,
    );
}
