//! What a load test shows, in figures: the JSON form, and what the table and the page are made of.

mod parts;

use std::time::Duration;

use chrono::{DateTime, Utc};
use ports::Clock as _;
use serde::Serialize;

use super::arrivals::Pattern;
use super::flatness::Soak;
use super::generator::Course;
use super::knee::Knee;
use super::pods::Pods;
use super::record::{Group, Record, number, share};
use super::scenario::Scenario;
use super::subject::Sample;
use super::verdict::{Judgement, Thresholds, Verdict, late_at_most};
use crate::system_clock::SystemClock;

/// The version of the JSON form.
const SCHEMA: u32 = 1;
/// Of the curve of latencies: parts of 1.
const QUANTILES: [f64; 14] = [
    0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999,
];

/// What a load test is made of.
pub(super) struct Measured<'a> {
    pub(super) scenario: &'a Scenario,
    /// What was tested, in words.
    pub(super) target: &'a str,
    pub(super) course: Course,
    pub(super) thresholds: Thresholds,
    pub(super) record: &'a Record,
    /// Of a server of our own.
    pub(super) samples: &'a [Sample],
    pub(super) generator_cpu_seconds: f64,
    pub(super) is_soak: bool,
    /// Whether a server of our own was gone at the end, for which nobody asked.
    pub(super) has_died: bool,
    /// Why it ended before its time, if it did.
    pub(super) interrupted: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) schema_version: u32,
    pub(super) verdict: Verdict,
    pub(super) reasons: Vec<String>,
    /// When the test ended.
    pub(super) at: DateTime<Utc>,
    /// Of the machine that the generator ran on, and a server of our own.
    pub(super) machine_cores: usize,
    pub(super) target: String,
    pub(super) scenario: String,
    pub(super) description: String,
    pub(super) load: Load,
    pub(super) thresholds: Thresholds,
    pub(super) requests: u64,
    pub(super) answered: u64,
    pub(super) failed: u64,
    /// Of those that failed: not sent or not answered in time.
    pub(super) gave_up: u64,
    /// 429; counted apart.
    pub(super) refused: u64,
    /// Good answers.
    pub(super) answered_per_second: f64,
    pub(super) failed_percent: f64,
    pub(super) answer_bytes: f64,
    /// From the moment that each request was due.
    pub(super) latency_ms: Quantiles,
    pub(super) generator: Generator,
    pub(super) by_request: Vec<OfRequest>,
    pub(super) failures: Vec<OfFailure>,
    pub(super) intervals: Vec<Interval>,
    /// A quantile and its milliseconds.
    pub(super) curve: Vec<(f64, f64)>,
    pub(super) server: Option<Server>,
    pub(super) pods: Vec<Pods>,
    pub(super) soak: Option<Soak>,
    pub(super) knee: Option<Knee>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Load {
    pub(super) pattern: Pattern,
    pub(super) rate: f64,
    pub(super) seed: u64,
    pub(super) seconds: f64,
    pub(super) warm_up_seconds: f64,
    pub(super) connections: usize,
    pub(super) in_flight: usize,
    pub(super) timeout_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Quantiles {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

/// The load generator itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Generator {
    /// How much later than due it was ready to send.
    pub(super) late_p50_ms: f64,
    pub(super) late_p99_ms: f64,
    pub(super) late_max_ms: f64,
    /// More than this, 99 times of 100, and nothing is said of the service.
    pub(super) late_allowed_ms: f64,
    pub(super) cores: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OfRequest {
    pub(super) name: String,
    pub(super) answered: u64,
    pub(super) failed: u64,
    pub(super) refused: u64,
    pub(super) latency_ms: Quantiles,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OfFailure {
    pub(super) request: String,
    pub(super) what: String,
    pub(super) count: u64,
    pub(super) first_second: f64,
}

/// Of requests that were due in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Interval {
    /// At which it begins.
    pub(super) second: f64,
    pub(super) seconds: f64,
    pub(super) requests: u64,
    pub(super) answered: u64,
    pub(super) failed: u64,
    pub(super) refused: u64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
}

/// A server of our own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Server {
    pub(super) cpu_ms_per_request: f64,
    pub(super) cores: f64,
    pub(super) megabytes_at_most: f64,
    pub(super) samples: Vec<Usage>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Usage {
    pub(super) second: f64,
    /// In use since the sample before.
    pub(super) cores: f64,
    /// For each request that came in that time.
    pub(super) cpu_ms_per_request: f64,
    pub(super) megabytes: f64,
}

impl Figures {
    /// # Errors
    ///
    /// When histograms do not fit each other.
    pub(super) fn of(measured: &Measured<'_>) -> anyhow::Result<Self> {
        let Measured {
            scenario,
            course,
            thresholds,
            record,
            ..
        } = measured;
        let mut judgement = Judgement::of(record, *thresholds);
        // An interruption may leave nothing to compare.
        let is_soak = measured.is_soak && !record.intervals.is_empty();
        let soak = is_soak
            .then(|| Soak::of(record, measured.samples))
            .transpose()?;
        if let Some(soak) = &soak {
            judgement.and_missed(&soak.reasons);
        }
        if let Some(reason) = measured.interrupted {
            judgement.not_measured_whatever_else(reason);
        }
        if measured.has_died {
            judgement.missed_whatever_else("the server ended during the test");
        }
        let counts = record.all.counts;
        // Of an interrupted course there may be nothing at all.
        let at_least = |span: Duration| span.as_secs_f64().max(1e-3);
        let seconds = at_least(course.duration);
        let server = parts::server(record, measured.samples);
        let pods = server.as_ref().map_or_else(Vec::new, |server| {
            Pods::at_all(course.rate, server.cpu_ms_per_request / 1e3)
        });
        Ok(Self {
            schema_version: SCHEMA,
            verdict: judgement.verdict,
            reasons: judgement.reasons,
            at: SystemClock.now(),
            machine_cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            target: measured.target.to_owned(),
            scenario: scenario.name.clone(),
            description: scenario.description.clone(),
            load: Load::of(course),
            thresholds: *thresholds,
            requests: counts.all(),
            answered: counts.answered,
            failed: counts.failed,
            gave_up: counts.gave_up,
            refused: counts.refused,
            answered_per_second: number(counts.answered) / seconds,
            failed_percent: record.failed_share() * 100.0,
            answer_bytes: share(record.bytes, counts.all()),
            latency_ms: Quantiles::of(&record.all),
            generator: Generator {
                late_p50_ms: record.late_milliseconds(0.5),
                late_p99_ms: record.late_milliseconds(0.99),
                late_max_ms: record.late_milliseconds(1.0),
                late_allowed_ms: late_at_most(*thresholds),
                cores: measured.generator_cpu_seconds / at_least(course.duration + course.warm_up),
            },
            by_request: parts::by_request(scenario, record),
            failures: parts::failures(scenario, record),
            intervals: parts::intervals(record, course.duration),
            curve: curve(record),
            server,
            pods,
            soak,
            knee: None,
        })
    }

    /// Those of the best step, or of the only ones; the verdict is that of the search.
    pub(super) fn with_knee(mut self, knee: Knee) -> Self {
        self.verdict = knee.verdict();
        self.reasons = vec![knee.sentence()];
        self.knee = Some(knee);
        self
    }

    /// The verdict in a word or two.
    pub(super) fn headline(&self) -> &'static str {
        match (&self.knee, self.verdict) {
            (Some(_), Verdict::Met) => "LIMIT FOUND",
            (Some(_), Verdict::Missed) => "NO GOOD RATE",
            _ => self.verdict.word(),
        }
    }
}

/// As far as there are requests that took longer: beyond that, it would tell of one request only.
fn curve(record: &Record) -> Vec<(f64, f64)> {
    let waits = number(record.all.waits.len());
    let known = QUANTILES
        .into_iter()
        .filter(|quantile| (1.0 - quantile) * waits >= 1.0);
    known
        .map(|quantile| (quantile, record.all.milliseconds(quantile)))
        .collect()
}

impl Load {
    fn of(course: &Course) -> Self {
        Self {
            pattern: course.pattern,
            rate: course.rate,
            seed: course.seed,
            seconds: course.duration.as_secs_f64(),
            warm_up_seconds: course.warm_up.as_secs_f64(),
            connections: course.bounds.connections,
            in_flight: course.bounds.in_flight,
            timeout_seconds: course.bounds.patience.as_secs_f64(),
        }
    }
}

impl Quantiles {
    fn of(group: &Group) -> Self {
        Self {
            p50: group.milliseconds(0.5),
            p90: group.milliseconds(0.9),
            p95: group.milliseconds(0.95),
            p99: group.milliseconds(0.99),
            p999: group.milliseconds(0.999),
            max: group.milliseconds(1.0),
        }
    }
}
