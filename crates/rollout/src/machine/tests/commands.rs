use super::*;

#[test]
fn an_operator_promotes_what_was_not_watched_but_never_against_the_judge() {
    let mut bench = Bench::running();
    bench.request(Request::Promote, Outcome::Hold);
    assert_eq!(bench.refusal, Some(Refusal::NotAllowed));
    assert!(bench.is_running(0));
    bench.request(Request::Promote, Outcome::Promote);
    assert_eq!((bench.refusal, bench.weights), (None, percent(100)));
    assert_eq!(bench.state.outbox.last().unwrap().operator, "ada");
}

#[test]
fn a_promotion_that_is_asked_for_twice_happens_once() {
    let mut bench = Bench::running();
    bench.request(Request::Promote, Outcome::Promote);
    let records = bench.state.outbox.len();
    bench.weights = percent(5);
    bench.request(Request::Promote, Outcome::Promote);
    assert_eq!(bench.refusal, Some(Refusal::Unconfirmed));
    assert_eq!(bench.state.outbox.len(), records);
}

#[test]
fn nothing_is_promoted_while_paused() {
    let mut bench = Bench::running();
    bench.request(Request::Pause, Outcome::Promote);
    bench.looks(Outcome::Promote, 20);
    bench.request(Request::Promote, Outcome::Promote);
    assert_eq!(bench.refusal, Some(Refusal::Paused));
    assert!(bench.is_running(0));
}

#[test]
fn a_paused_time_is_no_evidence() {
    let mut bench = Bench::running();
    bench.request(Request::Pause, Outcome::Promote);
    bench.looks(Outcome::Promote, 20);
    bench.request(Request::Resume, Outcome::Promote);
    bench.look(Some(Outcome::Promote));
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn a_paused_time_is_no_evidence_either_when_all_looks_in_it_are_late() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Promote));
    let late = evidence(&bench.state, Outcome::Promote, minute(bench.minute));
    bench.look(Some(Outcome::Promote));
    bench.minute += 1;
    bench.tick(late.as_ref(), Some(&command(Request::Pause)));
    bench.request(Request::Resume, Outcome::Promote);
    assert!(bench.is_running(0));
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(100));
}

#[test]
fn an_abort_rolls_back_from_every_phase_before_the_end() {
    for looks in 0..6 {
        let mut bench = Bench::started();
        bench.looks(Outcome::Promote, looks);
        bench.request(Request::Abort, Outcome::Promote);
        assert!(matches!(
            bench.state.phase,
            Phase::RollingBack {
                cause: Cause::Abort
            }
        ));
        assert_eq!(bench.weights, Weights::ALL_STABLE);
    }
}

#[test]
fn nobody_stops_a_rollback() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Rollback));
    for request in [
        Request::Pause,
        Request::Resume,
        Request::Promote,
        Request::Abort,
    ] {
        bench.weights = percent(5);
        bench.request(request, Outcome::Promote);
        assert_eq!(bench.refusal, Some(Refusal::RollingBack));
        assert_eq!(bench.weights, Weights::ALL_STABLE);
    }
}

#[test]
fn pausing_and_resuming_twice_is_refused() {
    let mut bench = Bench::running();
    bench.request(Request::Resume, Outcome::Hold);
    assert_eq!(bench.refusal, Some(Refusal::NotPaused));
    bench.request(Request::Pause, Outcome::Hold);
    bench.request(Request::Pause, Outcome::Hold);
    assert_eq!(bench.refusal, Some(Refusal::PausedAlready));
}

/// Done, with all traffic at the canary's servers.
fn done() -> Bench {
    let mut bench = Bench::running();
    bench.looks(Outcome::Promote, 10);
    assert!(matches!(bench.state.phase, Phase::Done { .. }));
    bench
}

#[test]
fn a_new_version_is_the_stable_one_once_the_stable_servers_have_all_traffic() {
    let mut bench = done();
    bench.request(Request::Settle, Outcome::Promote);
    assert_eq!(bench.refusal, Some(Refusal::NotAllStable));
    assert_eq!(bench.weights, Weights::ALL_CANARY);
    bench.weights = Weights::ALL_STABLE;
    bench.request(Request::Settle, Outcome::Promote);
    assert_eq!(bench.refusal, None);
    assert!(matches!(bench.state.phase, Phase::Settled { .. }));
    let last = bench.state.outbox.last().unwrap();
    assert_eq!(
        (&last.event, last.operator.as_str(), last.weights),
        (&Event::Settled, "ada", Weights::ALL_STABLE)
    );
    assert!(bench.state.is_over());
}

#[test]
fn nothing_happens_to_a_version_that_is_the_stable_one() {
    let mut bench = done();
    bench.weights = Weights::ALL_STABLE;
    bench.request(Request::Settle, Outcome::Promote);
    let records = bench.state.outbox.len();
    for request in [
        Request::Pause,
        Request::Promote,
        Request::Abort,
        Request::Settle,
    ] {
        // The servers of the next canary may have traffic by now.
        bench.weights = percent(5);
        bench.request(request, Outcome::Rollback);
        assert_eq!(bench.refusal, Some(Refusal::Settled));
        assert_eq!(bench.order, None);
    }
    assert_eq!(bench.state.outbox.len(), records);
}

#[test]
fn only_a_release_that_is_done_is_settled() {
    let mut bench = Bench::running();
    bench.request(Request::Settle, Outcome::Promote);
    assert_eq!(bench.refusal, Some(Refusal::NotDone));
    assert!(bench.is_running(0));
}
