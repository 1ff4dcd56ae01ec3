//! Thousands of releases under faults, to see whether the stage machine and its driver keep their promises: the same seed gives
//! the same course.
//!
//! [`crate::simulate`] asks how often the judge errs; this asks what becomes of its verdicts when drivers die between any two
//! steps, clocks jump, ticks come twice, late or not at all, and stores, logs and controllers fail.

use serde::Serialize;

mod checks;
mod game;
mod script;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use game::Game;

use crate::machine::{Decision, State, Tick, decide};

type Rules = fn(&State, &Tick<'_>) -> Decision;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    pub first: u64,
    pub count: u64,
}

/// What happened in all releases together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    pub releases: u64,
    pub done: u64,
    pub rolled_back: u64,
    pub steps: u64,
    pub crashes: u64,
    pub failed_calls: u64,
    pub clock_jumps: u64,
    pub foreign_weights: u64,
    pub records: u64,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, step {step}: {promise}")]
pub struct Failure {
    pub seed: u64,
    pub step: u32,
    pub promise: String,
}

/// Plays one release for each seed.
///
/// # Errors
///
/// The first promise that was broken, with its seed.
pub fn simulate(seeds: Seeds) -> Result<Report, Failure> {
    play_all(seeds, decide, Habits::default())
}

/// Bad habits of the disk: they are there to be caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Habits {
    /// What is saved reaches the disk only after the order was given.
    saves_late: bool,
    /// The log forgets what it is given, and says nothing.
    forgets: bool,
}

fn play_all(seeds: Seeds, rules: Rules, habits: Habits) -> Result<Report, Failure> {
    let mut report = Report::default();
    for seed in seeds.first..seeds.first.saturating_add(seeds.count) {
        report.add(Game::new(seed, habits).play(rules)?);
    }
    Ok(report)
}

impl Report {
    fn add(&mut self, other: Self) {
        self.releases += other.releases;
        self.done += other.done;
        self.rolled_back += other.rolled_back;
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.failed_calls += other.failed_calls;
        self.clock_jumps += other.clock_jumps;
        self.foreign_weights += other.foreign_weights;
        self.records += other.records;
    }
}
