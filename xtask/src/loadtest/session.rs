//! Loads at one rate, and at several to find the limit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::Arguments;
use super::figures::{Figures, Measured};
use super::generator::{self, Bounds, Course};
use super::interruption::Interruption;
use super::knee::{Knee, Step};
use super::progress::Progress;
use super::requests::Requests;
use super::scenario::Scenario;
use super::subject::{self, Sampler, Subject};
use super::table;
use super::verdict::{Thresholds, Verdict};

/// Between two steps of a search: what waits in the service comes to its end.
const BETWEEN_STEPS: Duration = Duration::from_secs(1);
/// Points of the plots over time, unless intervals of a minute make more.
const POINTS: u64 = 300;

/// One service and one scenario, asked at one rate or at several.
pub(super) struct Session<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) scenario: Arc<Scenario>,
    pub(super) subject: Subject,
    pub(super) requests: Requests,
    pub(super) interruption: Interruption,
}

impl Session<'_> {
    fn course(&self, rate: f64) -> anyhow::Result<Course> {
        let arguments = self.arguments;
        let (duration, warm_up) = if arguments.find_limit {
            (10, 2)
        } else {
            (60, 5)
        };
        let duration = arguments.duration.unwrap_or(Duration::from_secs(duration));
        Ok(Course {
            pattern: arguments.pattern,
            rate,
            seed: arguments.seed,
            warm_up: arguments.warm_up.unwrap_or(Duration::from_secs(warm_up)),
            duration,
            bounds: Bounds {
                connections: usize::try_from(arguments.connections)?,
                in_flight: usize::try_from(arguments.in_flight)?,
                patience: arguments.timeout,
            },
            interval: interval(duration),
        })
    }

    /// One load at one rate.
    pub(super) fn at(&mut self, rate: f64) -> anyhow::Result<Figures> {
        let course = self.course(rate)?;
        let mut progress = Progress::new(rate, course.duration);
        let mut sampler = Sampler::new(self.subject.own.as_ref(), course.interval);
        let cpu_before = subject::own_cpu_seconds();
        let sent = generator::run(
            course,
            &self.scenario,
            &self.subject.place,
            &mut self.requests,
            &self.interruption,
            |since, record| {
                if let Some(since) = since {
                    sampler.look(since);
                }
                progress.look(since, record);
            },
        )?;
        progress.end();
        let samples = sampler.samples;
        let has_died = self.subject.has_died()?;
        Figures::of(&Measured {
            scenario: &self.scenario,
            target: &self.subject.shown,
            course: sent.course,
            thresholds: self.thresholds(),
            record: &sent.record,
            samples: &samples,
            generator_cpu_seconds: subject::own_cpu_seconds() - cpu_before,
            is_soak: self.arguments.soak,
            has_died,
            interrupted: sent.interrupted.as_deref(),
        })
    }

    /// The figures are those of the highest rate that was good, or of the last one that was measured where none was.
    pub(super) fn find_limit(&mut self) -> anyhow::Result<Figures> {
        let mut best: Option<Figures> = None;
        eprint!("{}", table::step_header());
        let knee = Knee::find(self.arguments.rate, |rate| {
            let figures = self.at(rate)?;
            ensure!(
                !self.subject.has_died()?,
                "the server ended by itself at {rate:.0} requests a second: {}",
                self.subject.log()
            );
            let step = step_of(&figures);
            eprint!("{}", table::shown_step(&step));
            let is_better = match (&best, figures.verdict) {
                (None, _) | (_, Verdict::Met) => true,
                (Some(best), Verdict::Missed) => best.verdict != Verdict::Met,
                // What was measured says more.
                (Some(_), Verdict::NotMeasured) => false,
            };
            if is_better {
                best = Some(figures);
            }
            crate::pause::pause(BETWEEN_STEPS);
            Ok(step)
        })?;
        let figures = best.context("no rate was tried")?;
        Ok(figures.with_knee(knee))
    }

    fn thresholds(&self) -> Thresholds {
        Thresholds {
            p95_ms: self.arguments.p95,
            errors_percent: self.arguments.errors,
        }
    }
}

fn step_of(figures: &Figures) -> Step {
    Step {
        rate: figures.load.rate,
        verdict: figures.verdict,
        answered_per_second: figures.answered_per_second,
        p50_ms: figures.latency_ms.p50,
        p95_ms: figures.latency_ms.p95,
        p99_ms: figures.latency_ms.p99,
        failed_percent: figures.failed_percent,
        reason: figures.reasons.first().cloned(),
    }
}

/// A second, or a longer part of a minute where there would be too many.
fn interval(duration: Duration) -> Duration {
    let parts = [1, 2, 5, 10, 15, 30];
    let few = parts
        .into_iter()
        .find(|seconds| duration.as_secs() <= seconds * POINTS);
    Duration::from_secs(few.unwrap_or(60))
}
