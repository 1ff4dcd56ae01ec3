//! Missing data hold, lost data are broken, and a dead canary is rolled back whatever else is lost.

use super::*;

fn lost(version: &mut VersionSnapshot) {
    version.scrape.up = 0;
}

#[test]
fn a_canary_without_ready_backends_is_rolled_back_at_once() {
    let mut snapshot = healthy();
    snapshot.canary.ready_backends = Component::Present(0);
    let verdict = judged(&snapshot);
    assert_only(&verdict, "backends.canary.ready", Outcome::Rollback);
    assert!(verdict.at_once);
    // A crash takes the telemetry with it.
    lost(&mut snapshot.canary);
    assert_eq!(judged(&snapshot).outcome, Outcome::Rollback);
}

#[test]
fn requests_that_nobody_answers_are_rolled_back_without_any_telemetry() {
    let mut snapshot = with(Window::Stage, |counts| {
        counts.unanswered = Component::Present(200)
    });
    lost(&mut snapshot.canary);
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Rollback);
    assert!(verdict.at_once);
}

#[test]
fn a_lost_canary_under_traffic_is_broken_and_never_bad() {
    let mut snapshot = with(last(5), |counts| counts.server_errors = Some(2_000));
    lost(&mut snapshot.canary);
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Broken);
    assert_eq!(
        rule(&verdict, "telemetry.canary.scrape").status,
        Status::Broken
    );
}

#[test]
fn stale_counts_are_lost_counts() {
    let mut snapshot = healthy();
    snapshot.canary.scrape.last_seen_at = Some(snapshot.taken_at - TimeDelta::seconds(121));
    assert_only(
        &judged(&snapshot),
        "telemetry.canary.scrape",
        Outcome::Broken,
    );
    snapshot.canary.scrape.last_seen_at = None;
    assert_only(
        &judged(&snapshot),
        "telemetry.canary.scrape",
        Outcome::Broken,
    );
}

#[test]
fn a_lost_stable_version_is_broken_unless_the_canary_is_bad() {
    let mut snapshot = healthy();
    lost(&mut snapshot.stable);
    assert_only(
        &judged(&snapshot),
        "telemetry.stable.scrape",
        Outcome::Broken,
    );
    let counts = snapshot.canary.windows.get_mut(&last(5)).unwrap();
    counts.server_errors = Some(2_000);
    assert_eq!(judged(&snapshot).outcome, Outcome::Rollback);
}

#[test]
fn requests_that_were_sent_but_not_counted_are_broken() {
    let mut snapshot = healthy();
    for counts in snapshot.canary.windows.values_mut() {
        *counts = Counts {
            requests: Some(0),
            server_errors: Some(0),
            sent: counts.sent,
            unanswered: counts.unanswered,
            ..Counts::default()
        };
    }
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Broken);
    assert_eq!(
        rule(&verdict, "telemetry.canary.counted").status,
        Status::Broken
    );
}

#[test]
fn a_canary_without_traffic_is_held() {
    let mut snapshot = healthy();
    for counts in snapshot.canary.windows.values_mut() {
        *counts = Counts {
            requests: Some(0),
            server_errors: Some(0),
            sent: Component::Present(0),
            unanswered: Component::Present(0),
            ..Counts::default()
        };
    }
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Hold);
    assert_eq!(verdict.seconds_to_wait(), None);
    lost(&mut snapshot.canary);
    assert_eq!(judged(&snapshot).outcome, Outcome::Hold);
}

#[test]
fn missing_counts_are_held_and_zero_ones_are_not() {
    let missing = with(Window::Stage, |counts| counts.security_violations = None);
    assert_only(&judged(&missing), "criterion.security", Outcome::Hold);
    assert_eq!(judged(&healthy()).outcome, Outcome::Promote);
    let mut snapshot = healthy();
    snapshot.canary.windows.remove(&last(10));
    assert_eq!(judged(&snapshot).outcome, Outcome::Hold);
}

#[test]
fn what_is_not_configured_never_holds() {
    let mut snapshot = healthy();
    for version in [&mut snapshot.canary, &mut snapshot.stable] {
        version.ready_backends = Component::NotConfigured;
        for counts in version.windows.values_mut() {
            counts.ai = Component::NotConfigured;
            counts.agent_tasks = Component::NotConfigured;
            counts.cache = Component::NotConfigured;
            counts.pool_peak = Component::NotConfigured;
            counts.memory_peak = Component::NotConfigured;
            counts.sent = Component::NotConfigured;
            counts.unanswered = Component::NotConfigured;
        }
    }
    let verdict = judged(&snapshot);
    assert_eq!(verdict.outcome, Outcome::Promote);
    for name in [
        "criterion.ai_errors",
        "criterion.redis_hits",
        "criterion.database_pool",
        "trigger.memory",
    ] {
        assert_eq!(rule(&verdict, name).status, Status::NotApplicable, "{name}");
    }
}

#[test]
fn nothing_is_compared_when_all_traffic_is_the_canarys() {
    let policy = shipped();
    let mut snapshot = healthy();
    snapshot.stage_started_at = snapshot.taken_at - TimeDelta::hours(48);
    lost(&mut snapshot.stable);
    snapshot.stable.windows.clear();
    let verdict = judge(&policy, &policy.stages[2], &snapshot);
    assert_eq!(verdict.outcome, Outcome::Promote);
    let comparison = rule(&verdict, "comparison.server_errors");
    assert_eq!(comparison.status, Status::NotApplicable);
}
