use super::*;

#[test]
fn weights_that_somebody_raised_are_lowered_and_the_stage_begins_anew() {
    let mut bench = Bench::running();
    bench.looks(Outcome::Hold, 2);
    bench.weights = percent(80);
    bench.look(Some(Outcome::Promote));
    assert_eq!(bench.weights, percent(5));
    assert_eq!(bench.order.map(|order| order.raises), Some(false));
    bench.look(Some(Outcome::Hold));
    let began = bench.state.judged().unwrap().started_at;
    assert_eq!(began, minute(bench.minute));
}

#[test]
fn weights_that_somebody_lowered_stay_until_a_person_resumes() {
    let mut bench = Bench::running();
    bench.weights = Weights::ALL_STABLE;
    bench.looks(Outcome::Promote, 20);
    assert_eq!(bench.weights, Weights::ALL_STABLE);
    assert!(bench.state.pause.is_some());
    bench.request(Request::Resume, Outcome::Hold);
    assert_eq!(bench.weights, percent(5));
    bench.look(Some(Outcome::Hold));
    assert!(bench.is_running(0));
}

#[test]
fn a_rolled_back_release_that_gets_traffic_loses_it_again() {
    let mut bench = Bench::running();
    bench.look(Some(Outcome::Rollback));
    bench.look(None);
    bench.weights = percent(50);
    bench.look(None);
    assert_eq!(bench.weights, Weights::ALL_STABLE);
    bench.look(None);
    assert!(matches!(bench.state.phase, Phase::RolledBack { .. }));
}
