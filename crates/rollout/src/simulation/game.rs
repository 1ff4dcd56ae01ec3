//! One release from its start to its end.

use std::ops::Range;

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    Failure, Habits, Report, Rules,
    checks::{Checks, Given},
    script::{self, Incident, LOOK},
    truth::{self, Health, Made},
    world::World,
};
use crate::{
    history::{Head, verify_text},
    machine::{Command, Driver, Phase, Plan, Release, Request, State},
};

mod finishing;

/// By then a release without any more faults has ended.
const STEPS_TO_THE_END: u32 = 600;

pub(super) struct Game {
    seed: u64,
    random: StdRng,
    plan: Plan,
    world: World,
    health: Health,
    /// How likely the canary is bad in one of its phases.
    bad: f64,
    really: i64,
    ahead: i64,
    made: Vec<Made>,
    was_late: bool,
    /// Whether operators settle the release once it is done.
    settles: bool,
    report: Report,
}

impl Game {
    pub(super) fn new(seed: u64, habits: Habits) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let plan = script::plan(&mut random);
        Self {
            seed,
            world: World::new(seed, habits, Checks::new(plan.clone())),
            plan,
            health: Health::Good,
            bad: if random.random_bool(0.4) { 0.2 } else { 0.01 },
            settles: random.random_bool(0.5),
            really: 0,
            ahead: 0,
            made: Vec::new(),
            was_late: false,
            report: Report::default(),
            random,
        }
    }

    pub(super) fn play(mut self, rules: Rules) -> Result<Report, Failure> {
        self.start(rules);
        self.steps_with_faults(rules, 20..120)?;
        self.health = if self.random.random_bool(0.3) {
            Health::Bad
        } else {
            Health::Good
        };
        self.steps_until_over(rules)?;
        if self.is_done() {
            self.steps_with_faults(rules, 0..40)?;
            self.steps_until_over(rules)?;
            self.finish_at_last(rules)?;
        }
        self.end(rules)
    }

    fn steps_with_faults(&mut self, rules: Rules, steps: Range<u32>) -> Result<(), Failure> {
        self.world.inner.borrow_mut().faults = true;
        for _ in 0..self.random.random_range(steps) {
            self.step_with_faults(rules)?;
        }
        self.world.inner.borrow_mut().faults = false;
        Ok(())
    }

    fn steps_until_over(&mut self, rules: Rules) -> Result<(), Failure> {
        for _ in 0..STEPS_TO_THE_END {
            if self.state().is_some_and(|state| state.is_over()) {
                break;
            }
            let made = self.make_later();
            let is_paused = self.is_paused();
            let resume = is_paused.then(|| script::by_ada(Request::Resume));
            self.step(rules, &made, resume)?;
        }
        Ok(())
    }

    fn start(&mut self, rules: Rules) {
        while self.state().is_none() {
            self.world.revive();
            self.world.inner.borrow_mut().dies_in = script::death(&mut self.random);
            let now = truth::wall(self.really, self.ahead);
            let release = Release {
                canary: "2".to_owned(),
                stable: "1".to_owned(),
            };
            let by = ("ada", "the release of the day");
            // What fails here is tried again.
            drop(driver(&self.world, rules).start(release, self.plan.clone(), by, now));
            self.really += 1;
        }
    }

    fn step_with_faults(&mut self, rules: Rules) -> Result<(), Failure> {
        self.health = script::health(&mut self.random, self.health, self.bad);
        let made = self.befall();
        let is_paused = self.is_paused();
        let command = script::command(&mut self.random, is_paused);
        self.world.inner.borrow_mut().dies_in = script::death(&mut self.random);
        let command = self.finish().or(command);
        self.step(rules, &made, command)
    }

    /// Something happens, and a tick comes.
    fn befall(&mut self) -> Made {
        let was_late = std::mem::replace(&mut self.was_late, false);
        match script::incident(&mut self.random) {
            Incident::Twice => {
                if let Some(last) = self.made.last() {
                    return last.clone();
                }
            }
            Incident::Late(steps) if !was_late => {
                self.really += LOOK;
                if let Some(late) = self.late(steps) {
                    return late;
                }
            }
            Incident::Away(seconds) => self.really += seconds,
            Incident::Jump(seconds) => {
                self.ahead += seconds;
                self.report.clock_jumps += 1;
            }
            Incident::Foreign(weights) => {
                self.world.inner.borrow_mut().weights = weights;
                self.report.foreign_weights += 1;
            }
            Incident::Late(_) | Incident::Nothing => {}
        }
        self.make_later()
    }

    /// An old tick with its own time, if the machine has ticked since; or old evidence now.
    fn late(&mut self, steps: usize) -> Option<Made> {
        let mut late = self.made[self.made.len().checked_sub(steps)?].clone();
        let ticked_at = self.state()?.ticked_at;
        if late.now < ticked_at && self.random.random_bool(0.5) {
            self.was_late = true;
        } else {
            late.now = truth::wall(self.really, self.ahead);
        }
        Some(late)
    }

    fn make_later(&mut self) -> Made {
        self.really += LOOK;
        let now = truth::wall(self.really, self.ahead);
        let is_there = !self.random.random_bool(0.03);
        let state = self.state().filter(|_| is_there);
        let made = Made {
            now,
            evidence: state.and_then(|state| truth::evidence(&state, self.health, now)),
            really_at: self.really,
            ahead: self.ahead,
        };
        self.made.push(made.clone());
        made
    }

    fn step(&mut self, rules: Rules, made: &Made, command: Option<Command>) -> Result<(), Failure> {
        self.report.steps += 1;
        let Some(before) = self.state() else {
            return self.verdict("the state is never lost");
        };
        self.tell_checks(&before, made, command.as_ref());
        let driver = driver(&self.world, rules);
        let result = driver.step(made.now, made.evidence.as_ref(), command.as_ref());
        if self.world.inner.borrow().is_dead {
            self.report.crashes += 1;
            self.check_history(None);
        }
        self.world.revive();
        let kept = self.state();
        let resumes = command.is_some_and(|command| command.request == Request::Resume);
        let mut inner = self.world.inner.borrow_mut();
        if let (Ok(step), Some(kept)) = (result, kept) {
            let actual = inner.weights;
            let last = inner.records.last().map_or(actual, |last| last.weights);
            let attendance = inner.checks.attendance;
            inner.checks.attendance.look(&before, made, resumes);
            inner.checks.confirmed(&before, &step.state);
            inner.checks.step_ended(&before, &step, actual, last);
            inner.checks.confirmation_is_kept(&before, &kept);
            if kept.phase != step.state.phase || kept.broken != step.state.broken {
                // What was not kept was not seen.
                inner.checks.attendance = attendance;
            }
        }
        drop(inner);
        self.verdict("")
    }

    fn tell_checks(&mut self, before: &State, made: &Made, command: Option<&Command>) {
        let is_same_clock = made.ahead == self.ahead;
        let mut inner = self.world.inner.borrow_mut();
        let given = Given {
            evidence: made.evidence.clone(),
            request: command.map(|command| command.request),
            real_age: is_same_clock.then_some(self.really - made.really_at),
        };
        inner.checks.step_begins(before, given);
    }

    fn end(mut self, rules: Rules) -> Result<Report, Failure> {
        // What is still in the outbox is recorded, and foreign weights are found.
        for _ in 0..3 {
            let made = self.make_later();
            self.step(rules, &made, None)?;
        }
        let Some(state) = self.state() else {
            return self
                .verdict("the state is never lost")
                .map(|()| self.report);
        };
        self.check_history(Some(&state.head));
        let mut inner = self.world.inner.borrow_mut();
        let actual = inner.weights;
        inner.checks.ended(&state, actual);
        self.report.records = state.head.sequence;
        self.report.failed_calls = inner.failed_calls;
        drop(inner);
        self.verdict("")?;
        self.report.releases = 1;
        let is_rolled_back = matches!(state.phase, Phase::RolledBack { .. });
        self.report.done = u64::from(!is_rolled_back);
        self.report.settled = u64::from(matches!(state.phase, Phase::Settled { .. }));
        self.report.rolled_back = u64::from(is_rolled_back);
        Ok(self.report)
    }

    /// Also when its last line is torn.
    fn check_history(&self, known: Option<&Head>) {
        let mut inner = self.world.inner.borrow_mut();
        let is_whole = verify_text(&inner.log, known).is_ok();
        inner.checks.promise(is_whole, "the history verifies");
    }

    fn is_paused(&self) -> bool {
        self.state().is_some_and(|state| state.pause.is_some())
    }

    /// What is on the disk, seen without any fault.
    fn state(&self) -> Option<State> {
        self.world.inner.borrow_mut().state()
    }

    fn verdict(&self, otherwise: &str) -> Result<(), Failure> {
        let broken = self.world.inner.borrow().checks.broken.clone();
        let otherwise = Some(otherwise.to_owned()).filter(|promise| !promise.is_empty());
        match broken.or(otherwise) {
            None => Ok(()),
            Some(promise) => Err(Failure {
                seed: self.seed,
                step: u32::try_from(self.report.steps).unwrap_or(u32::MAX),
                promise,
            }),
        }
    }
}

fn driver(world: &World, rules: Rules) -> Driver<&World, &World, &World> {
    Driver::new(world, world, world).with_rules(rules)
}
