use super::*;

#[test]
fn a_good_release_goes_through_every_stage() {
    let mut bench = Bench::started();
    let mut weights = Vec::new();
    for _ in 0..12 {
        bench.look(Some(Outcome::Promote));
        weights.push(bench.weights.canary());
    }
    assert_eq!(weights[..4], [5, 5, 5, 5]);
    assert_eq!(weights[4], 100);
    assert!(matches!(bench.state.phase, Phase::Done { .. }));
}

#[test]
fn nothing_is_ordered_before_its_intent_is_in_the_state() {
    let bench = Bench::started();
    assert!(matches!(bench.state.phase, Phase::Entering(_)));
    let stage = "canary".to_owned();
    assert_eq!(*bench.last_event(), Event::Intended { stage });
}

#[test]
fn a_stage_begins_when_its_traffic_is_confirmed() {
    let bench = Bench::running();
    assert_eq!(bench.state.judged().unwrap().started_at, minute(2));
}

#[test]
fn a_stage_is_left_only_with_a_verdict_that_promotes() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Hold, 9);
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn time_without_the_driver_is_no_evidence() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Promote));
    bench.minute += 600;
    bench.looks(Outcome::Promote, 2);
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn time_without_a_verdict_is_no_evidence() {
    let mut bench = Bench::running();
    for _ in 0..3 {
        bench.look(Some(Outcome::Promote));
        bench.look(Some(Outcome::Broken));
        bench.look(None);
    }
    assert!(bench.is_running(0));
}

#[test]
fn the_same_tick_again_changes_nothing() {
    let mut bench = Bench::running();
    for _ in 0..6 {
        bench.look(Some(Outcome::Promote));
        let (state, order) = (bench.state.clone(), bench.order);
        let evidence = evidence(&state, Outcome::Promote, minute(bench.minute));
        let before = bench.state.outbox.len();
        bench.tick(evidence.as_ref(), None);
        if order.is_none() {
            assert_eq!(bench.state.outbox.len(), before);
            assert_eq!(bench.weights, state.weights());
        }
    }
}

#[test]
fn counts_that_are_stale_late_to_come_or_of_another_stage_promote_nothing() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Hold, 4);
    let now = bench.minute;
    let promoted = evidence(&bench.state, Outcome::Promote, minute(now - 1)).unwrap();
    let mut other_stage = promoted.clone();
    other_stage.stage_started_at = minute(1);
    let mut other_version = promoted.clone();
    other_version.canary = "3".to_owned();
    let mut other_policy = promoted.clone();
    other_policy.verdict.policy_hash = "another".to_owned();
    let stale = evidence(&bench.state, Outcome::Promote, minute(now - 3)).unwrap();
    let to_come = evidence(&bench.state, Outcome::Promote, minute(now + 1)).unwrap();
    for evidence in [
        to_come,
        promoted,
        other_stage,
        other_version,
        other_policy,
        stale,
    ] {
        bench.tick(Some(&evidence), None);
        assert!(bench.is_running(0), "{evidence:?}");
    }
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn a_clock_that_jumps_ahead_promotes_nothing_and_times_nothing_out() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Hold));
    bench.minute += 10_000;
    bench.look(Some(Outcome::Promote));
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Hold));
    assert!(bench.is_running(0));
}

#[test]
fn a_stage_that_began_in_a_future_that_is_gone_begins_anew() {
    let mut bench = Bench::started();
    bench.look(None);
    bench.minute += 10_000;
    bench.look(None);
    bench.minute -= 10_000;
    bench.looks(Outcome::Hold, 1);
    assert_eq!(bench.state.judged().unwrap().started_at, minute(3));
    bench.looks(Outcome::Promote, 4);
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn an_intent_lapses_when_the_controller_is_silent() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Promote, 3);
    assert_eq!(bench.order.map(|order| order.raises), Some(true));
    // It was not done, and nobody answers.
    for _ in 0..4 {
        bench.minute += 1;
        let evidence = evidence(&bench.state, Outcome::Hold, minute(bench.minute));
        let tick = Tick {
            now: minute(bench.minute),
            weights: None,
            evidence: evidence.as_ref(),
            command: None,
        };
        let decision = decide(&bench.state, &tick);
        assert_eq!(decision.order, None);
        bench.state = decision.state;
    }
    assert!(bench.is_running(0));
}

#[test]
fn the_plan_is_that_of_the_policy() {
    let text = include_str!("../../../../../config/rollout.toml");
    let plan = Plan::of(&crate::Policy::parse(text).unwrap());
    let stages: Vec<_> = plan
        .stages
        .iter()
        .map(|stage| (stage.weights.canary(), stage.at_least_seconds / 3_600))
        .collect();
    assert_eq!(stages, [(5, 2), (50, 6), (100, 48)]);
    assert_eq!(plan.stages[1].at_most_seconds, Some(12 * 3_600));
    assert_eq!(plan.broken_at_most_seconds, 1_800);
}
