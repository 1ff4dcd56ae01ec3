//! Thousands of releases under faults, to see whether the stage machine and its driver keep their promises: the same seed gives
//! the same course.
//!
//! [`crate::simulate`] asks how often the judge errs; this asks what becomes of its verdicts when drivers die between any two
//! steps, clocks jump, ticks come twice, late or not at all, and stores, logs and controllers fail.

use std::num::NonZeroUsize;

use serde::Serialize;

mod checks;
mod game;
mod script;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use game::Game;

use crate::{
    machine::{Decision, State, Tick, decide},
    many::play_many,
};

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
    /// Of those that are done.
    pub settled: u64,
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

/// What became of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Course {
    /// Of the releases that kept every promise.
    pub report: Report,
    /// By their seeds.
    pub failures: Vec<Failure>,
}

/// Plays one release for each seed, and says each time that one was played. The number of threads changes nothing but the time
/// that it takes.
pub fn simulate(seeds: Seeds, threads: NonZeroUsize, played: impl Fn() + Sync) -> Course {
    play_all(seeds, threads, |seed| {
        let result = Game::new(seed, Habits::default()).play(decide);
        played();
        result
    })
}

/// Bad habits of the disk: they are there to be caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Habits {
    /// What is saved reaches the disk only after the order was given.
    saves_late: bool,
    /// The log forgets what it is given, and says nothing.
    forgets: bool,
}

fn play_all(
    seeds: Seeds,
    threads: NonZeroUsize,
    play: impl Fn(u64) -> Result<Report, Failure> + Sync,
) -> Course {
    let mut course = Course::default();
    for result in play_many(seeds.count, threads, |number| {
        play(seeds.first.wrapping_add(number))
    }) {
        match result {
            Ok(report) => course.report.add(report),
            Err(failure) => course.failures.push(failure),
        }
    }
    course
}

impl Report {
    fn add(&mut self, other: Self) {
        self.releases += other.releases;
        self.done += other.done;
        self.settled += other.settled;
        self.rolled_back += other.rolled_back;
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.failed_calls += other.failed_calls;
        self.clock_jumps += other.clock_jumps;
        self.foreign_weights += other.foreign_weights;
        self.records += other.records;
    }
}
