//! Releases in a thought-up world, to see how often the judge errs: the same seed gives the same figures.

use std::num::NonZeroUsize;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;

mod world;

use world::World;

use crate::{
    judge::judge,
    many::play_many,
    policy::{Policy, Stage},
    power::{PlanError, plan},
    verdict::{Outcome, Verdict},
};

/// The error rate of a good version.
const GOOD: f64 = 0.001;
const BAD: f64 = 0.01;
const TERRIBLE: f64 = 0.1;

/// Canary requests between two looks, where looks are counted in requests.
const STEP: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub rounds: u32,
    pub seed: u64,
    pub requests_per_second: f64,
    /// Changes nothing but the time that it takes.
    pub threads: NonZeroUsize,
}

/// What happened, as parts of all rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub rounds: u32,
    pub seed: u64,
    pub planned_sample: u64,
    /// Canary like stable at 0.1 % errors, looked at every minute of the whole first stage: rolled back at least once.
    pub false_rollbacks: f64,
    /// The same canary, at the end of the stage.
    pub promoted: f64,
    /// Canary at 1 %, looked at every 50 canary requests: rolled back within the planned sample.
    pub bad_rolled_back_in_time: f64,
    /// Canary at 10 %, looked at after every canary request: how many it had on average, and at most, when it was rolled back.
    pub requests_until_terrible_is_rolled_back: f64,
    pub most_requests_until_terrible_is_rolled_back: u64,
}

/// Questions that are put to the judge: each has so many rounds of its own.
pub const QUESTIONS: u32 = 3;

/// Plays the first stage of the policy, and says each time that a round was played: [`QUESTIONS`] times the rounds.
///
/// # Errors
///
/// When the policy has no plan for this traffic.
pub fn simulate(
    policy: &Policy,
    settings: Settings,
    played: impl Fn() + Sync,
) -> Result<Figures, PlanError> {
    let planned_sample = plan(policy, settings.requests_per_second)?.sample;
    let game = Game {
        policy,
        stage: &policy.stages[0],
        settings,
        played: &played,
    };
    let healthy: Vec<Release> = game.rounds(1, |random| game.healthy(random));
    let caught = game.rounds(2, |random| {
        game.until_rollback(random, BAD, STEP, planned_sample)
    });
    let waited: Vec<u64> = game
        .rounds(3, |random| {
            game.until_rollback(random, TERRIBLE, 1, planned_sample)
        })
        .into_iter()
        .map(|requests| requests.unwrap_or(planned_sample))
        .collect();
    let part = |count: usize| count as f64 / f64::from(settings.rounds.max(1));
    let rolled_back = healthy.iter().filter(|release| release.rolled_back);
    let promoted = healthy.iter().filter(|release| release.promoted);
    Ok(Figures {
        rounds: settings.rounds,
        seed: settings.seed,
        planned_sample,
        false_rollbacks: part(rolled_back.count()),
        promoted: part(promoted.count()),
        bad_rolled_back_in_time: part(caught.iter().flatten().count()),
        requests_until_terrible_is_rolled_back: waited.iter().sum::<u64>() as f64
            / f64::from(settings.rounds.max(1)),
        most_requests_until_terrible_is_rolled_back: waited.into_iter().max().unwrap_or(0),
    })
}

struct Game<'a> {
    policy: &'a Policy,
    stage: &'a Stage,
    settings: Settings,
    played: &'a (dyn Fn() + Sync),
}

struct Release {
    rolled_back: bool,
    promoted: bool,
}

impl Game<'_> {
    /// Each round has its own random numbers, so that its course does not depend on the others.
    fn rounds<T: Send>(&self, question: u64, play: impl Fn(&mut StdRng) -> T + Sync) -> Vec<T> {
        let Settings {
            rounds,
            seed,
            threads,
            ..
        } = self.settings;
        play_many(rounds.into(), threads, |round| {
            let seed = seed ^ (question << 56) ^ (round << 16);
            let answer = play(&mut StdRng::seed_from_u64(seed));
            (self.played)();
            answer
        })
    }

    fn judge(&self, world: &World) -> Verdict {
        judge(self.policy, self.stage, &world.snapshot(self.policy))
    }

    fn healthy(&self, random: &mut StdRng) -> Release {
        let mut world = World::new(GOOD, GOOD);
        let canary = self.settings.requests_per_second * self.stage.weight();
        let stable = self.settings.requests_per_second - canary;
        let minutes = self.stage.at_least.as_secs().div_ceil(60);
        let mut outcome = Outcome::Hold;
        for _ in 0..minutes {
            let canary_requests = arrivals(canary * 60.0, random);
            let stable_requests = arrivals(stable * 60.0, random);
            world.pass(random, 60.0, canary_requests, stable_requests);
            outcome = self.judge(&world).outcome;
            if outcome == Outcome::Rollback {
                break;
            }
        }
        Release {
            rolled_back: outcome == Outcome::Rollback,
            promoted: outcome == Outcome::Promote,
        }
    }

    /// The canary requests at the look that rolled back, up to `most`.
    fn until_rollback(&self, random: &mut StdRng, rate: f64, step: u64, most: u64) -> Option<u64> {
        let mut world = World::new(rate, GOOD);
        let weight = self.stage.weight();
        let stable_for_each = (1.0 - weight) / weight;
        let mut requests = 0;
        while requests < most {
            let more = step.min(most - requests);
            requests += more;
            let seconds = more as f64 / (self.settings.requests_per_second * weight);
            let stable_requests = arrivals(stable_for_each * more as f64, random);
            world.pass(random, seconds, more, stable_requests);
            if self.judge(&world).outcome == Outcome::Rollback {
                return Some(requests);
            }
        }
        None
    }
}

/// A whole number that is `mean` on average.
fn arrivals(mean: f64, random: &mut StdRng) -> u64 {
    let whole = mean.floor();
    whole as u64 + u64::from(random.random_bool((mean - whole).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn figures(rounds: u32, threads: usize) -> Figures {
        let policy = Policy::parse(include_str!("../../../config/rollout.toml")).unwrap();
        let settings = Settings {
            rounds,
            seed: 9,
            requests_per_second: 200.0,
            threads: NonZeroUsize::new(threads).unwrap(),
        };
        let played = AtomicU32::new(0);
        let count = || {
            played.fetch_add(1, Ordering::Relaxed);
        };
        let figures = simulate(&policy, settings, count).unwrap();
        assert_eq!(played.into_inner(), QUESTIONS * rounds);
        figures
    }

    #[test]
    fn the_judge_errs_as_rarely_as_promised() {
        let figures = figures(40, 2);
        assert!(figures.false_rollbacks <= 0.05, "{figures:?}");
        assert!(figures.promoted >= 0.9, "{figures:?}");
        assert!(figures.bad_rolled_back_in_time >= 0.8, "{figures:?}");
        assert!(
            figures.requests_until_terrible_is_rolled_back <= 60.0,
            "{figures:?}"
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_figures_on_any_number_of_threads() {
        assert_eq!(figures(2, 1), figures(2, 2));
    }
}
