//! Replay one seed with `ROLLOUT_SEED=N`; the long form is `cargo test --release -- --ignored`.

use std::env;

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
    simulate(seeds(first, count)).unwrap_or_else(|failure| panic!("{failure}"))
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
fn the_same_seed_takes_the_same_course() {
    assert_eq!(play(7, 20), play(7, 20));
}
