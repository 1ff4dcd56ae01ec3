//! What is missing, until when, and hashes.

use super::*;

#[test]
fn a_young_stage_is_held_and_says_how_long() {
    let mut snapshot = healthy();
    snapshot.stage_started_at = snapshot.taken_at - TimeDelta::minutes(90);
    let verdict = judged(&snapshot);
    assert_only(&verdict, "time.stage", Outcome::Hold);
    assert_eq!(verdict.seconds_to_wait(), Some(30 * 60));
}

#[test]
fn a_small_sample_is_held_and_says_how_long_at_the_present_traffic() {
    let planned = shipped().planned_sample().unwrap();
    let mut snapshot = healthy();
    let counts = snapshot.canary.windows.get_mut(&Window::Stage).unwrap();
    let edges = counts.slower_than_ms.keys().copied().collect::<Vec<u32>>();
    *counts = super::counts(planned - 100, &edges);
    let verdict = judged(&snapshot);
    assert_only(&verdict, "sample.canary", Outcome::Hold);
    let missing = rule(&verdict, "sample.canary").missing.clone().unwrap();
    assert_eq!((missing.have, missing.need), (Some(planned - 100), planned));
    // 100 requests at ten a second.
    assert_eq!(verdict.seconds_to_wait(), Some(10));
}

#[test]
fn the_same_input_gives_the_same_hash_and_any_other_another() {
    let (first, second) = (judged(&healthy()), judged(&healthy()));
    assert_eq!(first, second);
    let mut changed = healthy();
    changed.canary.version = "2.0.1".to_owned();
    assert_ne!(judged(&changed).hash, first.hash);
    let policy = without(&["triggers.memory"]);
    assert_ne!(judged_by(&policy, &healthy()).hash, first.hash);
}

#[test]
fn a_verdict_survives_json() {
    let mut snapshot = healthy();
    snapshot
        .stable
        .windows
        .get_mut(&Window::Stage)
        .unwrap()
        .server_errors = Some(0);
    for verdict in [judged(&healthy()), judged(&snapshot)] {
        let text = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
    }
}

#[test]
fn a_changed_verdict_is_found_out() {
    let mut verdict = judged(&healthy());
    assert!(verdict.is_intact());
    verdict.outcome = Outcome::Rollback;
    assert!(!verdict.is_intact());
}

#[test]
fn a_peak_that_is_no_number_is_no_measurement() {
    let mut snapshot = healthy();
    let counts = snapshot.canary.windows.get_mut(&last(30)).unwrap();
    counts.pool_peak = Component::Present(f64::NAN);
    assert_only(&judged(&snapshot), "criterion.database_pool", Outcome::Hold);
}

#[test]
fn a_saved_snapshot_gives_the_same_verdict() {
    let text = serde_json::to_string_pretty(&healthy()).unwrap();
    let read = Snapshot::from_json(&text).unwrap();
    assert_eq!(judged(&read).hash, judged(&healthy()).hash);
}
