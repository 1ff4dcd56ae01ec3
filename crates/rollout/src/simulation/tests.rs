//! Replay one seed with `ROLLOUT_SEED=N`; the long form is `cargo test --release -- --ignored`.

use std::{env, thread};

use super::*;

mod broken;

/// Unoptimised, a release takes ten times as long.
const RELEASES: u64 = if cfg!(debug_assertions) { 150 } else { 2_000 };

/// The seed to replay, or all of these.
fn seeds(first: u64, count: u64) -> Seeds {
    match env::var("ROLLOUT_SEED") {
        Ok(seed) => Seeds {
            first: seed.parse().unwrap(),
            count: 1,
        },
        Err(_) => Seeds { first, count },
    }
}

fn play(first: u64, count: u64) -> Report {
    let course = simulate(seeds(first, count), all_cores(), || {});
    assert_eq!(course.failures, []);
    course.report
}

fn all_cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[test]
fn releases_keep_their_promises_under_faults() {
    let report = play(0, RELEASES);
    println!("{report:?}");
    if env::var("ROLLOUT_SEED").is_err() {
        // Otherwise the faults were none.
        assert!(report.crashes > report.releases, "{report:?}");
        assert!(report.clock_jumps > report.releases, "{report:?}");
        assert!(report.failed_calls > report.releases, "{report:?}");
        assert!(report.done > report.releases / 5, "{report:?}");
        assert!(report.settled > report.releases / 10, "{report:?}");
        assert!(report.settled < report.done, "{report:?}");
        assert!(report.rolled_back > report.releases / 5, "{report:?}");
    }
}

#[test]
fn other_releases_keep_their_promises_under_faults() {
    play(1_000_000, RELEASES);
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_releases_keep_their_promises_under_faults() {
    println!("{:?}", play(0, 100_000));
}

#[test]
fn the_same_seeds_take_the_same_course_on_any_number_of_threads() {
    let course = |threads| {
        let seeds = Seeds {
            first: 7,
            count: 20,
        };
        simulate(seeds, NonZeroUsize::new(threads).unwrap(), || {})
    };
    let alone = course(1);
    assert_eq!(alone.report.releases, 20);
    assert_eq!(course(1), alone);
    assert_eq!(course(5), alone);
}

#[test]
fn every_broken_promise_is_told_with_its_seed_in_the_same_order() {
    let saves_late = Habits {
        saves_late: true,
        ..Habits::default()
    };
    let course = |threads| {
        let seeds = Seeds {
            first: 100,
            count: 30,
        };
        let play = |seed| Game::new(seed, saves_late).play(decide);
        play_all(seeds, NonZeroUsize::new(threads).unwrap(), play)
    };
    let alone = course(1);
    let broken: Vec<u64> = alone.failures.iter().map(|failure| failure.seed).collect();
    assert!(broken.len() > 1 && broken.is_sorted(), "{alone:?}");
    assert_eq!(
        alone.report.releases + alone.failures.len() as u64,
        30,
        "{alone:?}"
    );
    assert_eq!(course(3), alone);
}
