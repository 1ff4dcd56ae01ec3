//! Figures of single requests, failures, spans of time and of the server's process.

use std::time::Duration;

use super::super::record::{Record, number};
use super::super::scenario::Scenario;
use super::super::subject::Sample;
use super::{Interval, OfFailure, OfRequest, Quantiles, Server, Usage};

pub(super) fn by_request(scenario: &Scenario, record: &Record) -> Vec<OfRequest> {
    let both = scenario.requests.iter().zip(&record.requests);
    both.map(|(request, group)| OfRequest {
        name: request.name.clone(),
        answered: group.counts.answered,
        failed: group.counts.failed,
        refused: group.counts.refused,
        latency_ms: Quantiles::of(group),
    })
    .collect()
}

/// The most frequent ones first.
pub(super) fn failures(scenario: &Scenario, record: &Record) -> Vec<OfFailure> {
    let failures = record.failures.iter();
    let mut failures: Vec<OfFailure> = failures
        .map(|((request, what), failure)| OfFailure {
            request: scenario.requests[*request].name.clone(),
            what: what.clone(),
            count: failure.count,
            first_second: failure.first_due.as_secs_f64(),
        })
        .collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    failures
}

pub(super) fn intervals(record: &Record, duration: Duration) -> Vec<Interval> {
    let whole = record.interval.as_secs_f64();
    let mut second = 0.0;
    let mut intervals = Vec::new();
    for group in &record.intervals {
        intervals.push(Interval {
            second,
            // The last one may be shorter.
            seconds: whole.min(duration.as_secs_f64() - second),
            requests: group.counts.all(),
            answered: group.counts.answered,
            failed: group.counts.failed,
            refused: group.counts.refused,
            p50_ms: group.milliseconds(0.5),
            p95_ms: group.milliseconds(0.95),
            p99_ms: group.milliseconds(0.99),
        });
        second += whole;
    }
    intervals
}

/// Between the first sample and the last one.
pub(super) fn server(record: &Record, samples: &[Sample]) -> Option<Server> {
    let (first, last) = (samples.first()?, samples.last()?);
    let seconds = (last.at - first.at).as_secs_f64();
    if seconds <= 0.0 {
        return None;
    }
    let usage: Vec<Usage> = samples
        .windows(2)
        .map(|pair| usage(record, pair[0], pair[1]))
        .collect();
    let cores = (last.cpu_seconds - first.cpu_seconds) / seconds;
    let requests: f64 = requests_between(record, first.at, last.at);
    let megabytes = samples.iter().map(|sample| sample.megabytes);
    Some(Server {
        cpu_ms_per_request: cores * seconds / requests.max(1.0) * 1e3,
        cores,
        megabytes_at_most: megabytes.fold(0.0, f64::max),
        samples: usage,
    })
}

fn usage(record: &Record, before: Sample, after: Sample) -> Usage {
    let seconds = (after.at - before.at).as_secs_f64().max(1e-9);
    let cpu_seconds = after.cpu_seconds - before.cpu_seconds;
    Usage {
        second: after.at.as_secs_f64(),
        cores: cpu_seconds / seconds,
        cpu_ms_per_request: cpu_seconds * 1e3
            / requests_between(record, before.at, after.at).max(1.0),
        megabytes: after.megabytes,
    }
}

/// Those that came to the server, by how much of each interval lies between the two.
fn requests_between(record: &Record, from: Duration, to: Duration) -> f64 {
    let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
    let whole = record.interval.as_secs_f64();
    let mut begin = 0.0;
    let mut requests = 0.0;
    for group in &record.intervals {
        let within = (to.min(begin + whole) - from.max(begin)).max(0.0);
        requests += number(group.counts.sent()) * within / whole;
        begin += whole;
    }
    requests
}
