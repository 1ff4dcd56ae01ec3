use super::*;

const BAD: Cause = Cause::Verdict { at_once: false };

#[test]
fn a_bad_canary_loses_all_traffic_in_one_step() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Rollback));
    assert!(bench.is_rolled_back_for(BAD));
    bench.look(None);
    assert!(matches!(bench.state.phase, Phase::RolledBack { .. }));
    assert_eq!(bench.order, None);
}

#[test]
fn a_bad_verdict_is_obeyed_while_paused_and_however_late() {
    let mut bench = Bench::running();
    bench.request(Request::Pause, Outcome::Hold);
    let late = evidence(&bench.state, Outcome::Rollback, minute(-1_000));
    bench.looks(Outcome::Hold, 5);
    bench.tick(late.as_ref(), None);
    assert!(bench.is_rolled_back_for(BAD));
}

#[test]
fn a_bad_verdict_stops_a_promotion_that_is_not_confirmed() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Promote, 3);
    assert_eq!(bench.weights, percent(100));
    bench.weights = percent(5);
    bench.look(Some(Outcome::Rollback));
    assert!(bench.is_rolled_back_for(BAD));
}

#[test]
fn a_rollback_is_ordered_until_it_is_seen() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Rollback));
    for _ in 0..5 {
        bench.weights = percent(5);
        bench.look(None);
        assert_eq!(
            bench.order.map(|order| order.weights),
            Some(Weights::ALL_STABLE)
        );
    }
    bench.look(None);
    assert!(matches!(bench.state.phase, Phase::RolledBack { .. }));
}

#[test]
fn a_stage_that_was_watched_for_its_longest_time_is_rolled_back() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Hold, 10);
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Hold));
    assert!(bench.is_rolled_back_for(Cause::Timeout));
}

#[test]
fn a_pause_stops_the_longest_time() {
    let mut bench = Bench::running();
    bench.request(Request::Pause, Outcome::Hold);
    bench.looks(Outcome::Hold, 50);
    assert!(bench.is_running(0));
}

#[test]
fn lost_telemetry_pauses_after_a_while_and_the_traffic_stays() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Broken, 10);
    assert_eq!(bench.state.pause, None);
    bench.look(None);
    let pause = bench.state.pause.clone().unwrap();
    assert_eq!(pause.operator, "rollout");
    bench.looks(Outcome::Broken, 50);
    assert_eq!(bench.weights, percent(5));
    bench.looks(Outcome::Promote, 5);
    assert!(bench.is_running(0), "a person must resume");
    bench.request(Request::Resume, Outcome::Promote);
    bench.looks(Outcome::Promote, 2);
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn a_release_that_is_done_is_taken_back_when_an_operator_asks_for_it_and_for_nothing_else() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Promote, 12);
    assert!(matches!(bench.state.phase, Phase::Done { .. }));
    for request in [Request::Pause, Request::Resume, Request::Promote] {
        bench.request(request, Outcome::Promote);
        assert_eq!(bench.refusal, Some(Refusal::Done));
        assert_eq!(bench.weights, Weights::ALL_CANARY);
    }
    bench.request(Request::Abort, Outcome::Promote);
    assert_eq!(bench.refusal, None);
    assert!(bench.is_rolled_back_for(Cause::Abort));
    bench.look(None);
    assert!(matches!(bench.state.phase, Phase::RolledBack { .. }));
}
