//! Weights, and what becomes of requests.

use rollout::traffic::{Controller as _, ControllerError, Weights};

use crate::world::World;

fn weights(percent: u8) -> Weights {
    Weights::with_canary(percent).expect("it is a percentage")
}

#[test]
fn every_percentage_is_read_back_as_it_was_set() {
    let world = World::start();
    let router = world.router();
    assert_eq!(router.weights().unwrap(), Weights::ALL_STABLE);
    for percent in (0..=100).chain([0, 100, 0]) {
        router.set(weights(percent)).unwrap();
        assert_eq!(router.weights().unwrap(), weights(percent));
        router.set(weights(percent)).unwrap();
    }
}

#[test]
fn requests_are_split_as_the_weights_say() {
    const REQUESTS: usize = 2_000;
    let world = World::start();
    let router = world.router();
    let mut before = 0;
    for percent in [0, 5, 50, 100] {
        router.set(weights(percent)).unwrap();
        assert_eq!(world.ask(REQUESTS), REQUESTS);
        let got = world.canary.count() - before;
        before = world.canary.count();
        println!("{percent} %: {got} of {REQUESTS} requests");
        let part = f64::from(percent) / 100.0;
        let expected = REQUESTS as f64 * part;
        // Five standard deviations: 1 test in 1,700,000 fails by chance.
        let tolerance = 5.0 * (REQUESTS as f64 * part * (1.0 - part)).sqrt();
        assert!(
            (got as f64 - expected).abs() <= tolerance,
            "{percent} %: {got}"
        );
    }
    let overview = world.overview();
    assert_eq!(overview.canary.sent, world.canary.count());
    assert_eq!(overview.canary.unanswered, 0);
    assert_eq!(
        overview.canary.sent + overview.stable.sent,
        4 * REQUESTS as u64
    );
}

/// In one backend a stable server that fails would move its traffic to the canary.
#[test]
fn the_split_stays_when_a_stable_server_fails() {
    let world = World::start();
    world.router().set(weights(5)).unwrap();
    world.stable[0].set_readiness(503);
    world.wait(|overview| overview.stable.ready() == 1);
    assert_eq!(world.ask(2_000), 2_000);
    let got = world.canary.count();
    assert!((51..=149).contains(&got), "{got} of 2,000 at 5 %");
}

#[test]
fn a_version_without_a_ready_server_gets_no_weight() {
    let world = World::start();
    let router = world.router();
    world.canary.set_readiness(503);
    world.wait(|overview| overview.canary.ready() == 0);
    let error = router.set(weights(5)).unwrap_err();
    assert!(matches!(error, ControllerError::Refused { .. }), "{error}");
    assert_eq!(router.weights().unwrap(), Weights::ALL_STABLE);
    router.set(Weights::ALL_STABLE).unwrap();
    world.canary.set_readiness(200);
    world
        .stable
        .iter()
        .for_each(|server| server.set_readiness(503));
    world.wait(|overview| overview.canary.ready() == 1 && overview.stable.ready() == 0);
    assert!(router.set(weights(99)).is_err());
    router.set(Weights::ALL_CANARY).unwrap();
    assert!(matches!(
        router.set(weights(0)),
        Err(ControllerError::Refused { .. })
    ));
}

#[test]
fn a_canary_that_fails_later_costs_nobody_an_answer() {
    let world = World::start();
    world.router().set(Weights::ALL_CANARY).unwrap();
    world.canary.set_readiness(503);
    world.wait(|overview| overview.canary.ready() == 0);
    assert_eq!(world.ask(100), 100);
    assert_eq!(world.canary.count(), 0);
    assert_eq!(world.overview().weights, Weights::ALL_CANARY);
}

#[test]
fn a_drained_version_gets_nothing_new() {
    let world = World::start();
    world.router().set(weights(50)).unwrap();
    world.ask(200);
    world.router().set(Weights::ALL_STABLE).unwrap();
    let before = world.canary.count();
    assert_eq!(world.ask(500), 500);
    assert_eq!(world.canary.count(), before);
    assert_eq!(world.overview().canary.in_flight, 0);
}

#[test]
fn a_server_that_was_taken_out_gets_nothing_new() {
    let world = World::start();
    world.router().take_out("stable-1").unwrap();
    assert_eq!(world.overview().stable.ready(), 1);
    let before = world.stable[0].count();
    assert_eq!(world.ask(100), 100);
    assert_eq!(world.stable[0].count(), before);
    assert_eq!(world.stable[1].count(), 100);
    for unknown in ["stable-9", "stable-2 weight 0", ""] {
        assert!(world.router().take_out(unknown).is_err(), "{unknown}");
    }
    assert_eq!(world.overview().stable.ready(), 1);
}

/// What was sent is never sent again, and counts as unanswered.
#[test]
fn requests_without_an_answer_are_counted_and_not_repeated() {
    let world = World::start();
    world.router().set(Weights::ALL_CANARY).unwrap();
    world.canary.cut_off();
    for _ in 0..10 {
        assert_eq!(world.ask(1), 0);
    }
    let overview = world.wait(|overview| overview.canary.sent == 10);
    assert_eq!(overview.canary.unanswered, 10);
    assert_eq!(overview.stable.sent, 0);
}
