//! Two versions that answer requests by chance, and their snapshots.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng};

use crate::{
    policy::Policy,
    snapshot::{Component, Counts, Events, SCHEMA, Scrape, Snapshot, VersionSnapshot, Window},
};

/// The part of the requests above each edge from 150 ms on; a good service is well below 5 % at 200 ms.
const SLOW: f64 = 0.02;

/// Every fourth request is a search and every tenth asks for recommendations.
const SEARCH: u64 = 4;
const RECOMMENDATIONS: u64 = 10;

pub(super) struct World {
    canary_rate: f64,
    stable_rate: f64,
    seconds: f64,
    canary: Vec<(f64, Sums)>,
    stable: Vec<(f64, Sums)>,
}

/// Since the stage began.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    requests: u64,
    errors: u64,
    slow: u64,
    search_errors: u64,
    recommendation_errors: u64,
}

impl World {
    pub(super) fn new(canary_rate: f64, stable_rate: f64) -> Self {
        Self {
            canary_rate,
            stable_rate,
            seconds: 0.0,
            canary: vec![(0.0, Sums::default())],
            stable: vec![(0.0, Sums::default())],
        }
    }

    pub(super) fn pass(&mut self, random: &mut StdRng, seconds: f64, canary: u64, stable: u64) {
        self.seconds += seconds;
        grow(
            &mut self.canary,
            self.seconds,
            canary,
            self.canary_rate,
            random,
        );
        grow(
            &mut self.stable,
            self.seconds,
            stable,
            self.stable_rate,
            random,
        );
    }

    pub(super) fn snapshot(&self, policy: &Policy) -> Snapshot {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let taken_at = start + TimeDelta::milliseconds((self.seconds * 1_000.0).round() as i64);
        let version = |name: &str, history: &[(f64, Sums)]| VersionSnapshot {
            version: name.to_owned(),
            scrape: Scrape {
                targets: 1,
                up: 1,
                last_seen_at: Some(taken_at),
            },
            ready_backends: Component::Present(1),
            windows: self.windows(policy, history),
        };
        Snapshot {
            schema: SCHEMA,
            taken_at,
            stage_started_at: start,
            canary: version("canary", &self.canary),
            stable: version("stable", &self.stable),
            queries: BTreeMap::new(),
        }
    }

    fn windows(&self, policy: &Policy, history: &[(f64, Sums)]) -> BTreeMap<Window, Counts> {
        let now = history.last().map_or(Sums::default(), |(_, sums)| *sums);
        let edges = &policy.telemetry.latency_edges_ms;
        let last = policy.windows().into_iter().map(|span| {
            let begin = self.seconds - span.as_secs_f64();
            let before = history.partition_point(|(at, _)| *at <= begin);
            let then = before
                .checked_sub(1)
                .map_or(Sums::default(), |index| history[index].1);
            (Window::Last(span), now.since(then).counts(edges))
        });
        last.chain([(Window::Stage, now.counts(edges))]).collect()
    }
}

fn grow(history: &mut Vec<(f64, Sums)>, at: f64, requests: u64, rate: f64, random: &mut StdRng) {
    let mut sums = history.last().map_or(Sums::default(), |(_, sums)| *sums);
    let searches = (sums.requests + requests) / SEARCH - sums.requests / SEARCH;
    let asked = (sums.requests + requests) / RECOMMENDATIONS - sums.requests / RECOMMENDATIONS;
    let search_errors = failures(random, searches, rate);
    let recommendation_errors = failures(random, asked, rate);
    let others = requests.saturating_sub(searches + asked);
    sums.requests += requests;
    sums.errors += search_errors + recommendation_errors + failures(random, others, rate);
    sums.search_errors += search_errors;
    sums.recommendation_errors += recommendation_errors;
    sums.slow += failures(random, requests, SLOW);
    history.push((at, sums));
}

impl Sums {
    fn since(self, then: Self) -> Self {
        Self {
            requests: self.requests - then.requests,
            errors: self.errors - then.errors,
            slow: self.slow - then.slow,
            search_errors: self.search_errors - then.search_errors,
            recommendation_errors: self.recommendation_errors - then.recommendation_errors,
        }
    }

    fn counts(self, edges: &[u32]) -> Counts {
        let events = |all: u64, failed: u64| {
            Component::Present(Events {
                all: all.max(failed),
                failed,
            })
        };
        let slow = edges.iter().map(|edge| match edge {
            ..150 => (*edge, self.requests),
            150..1_000 => (*edge, self.slow),
            _ => (*edge, 0),
        });
        Counts {
            requests: Some(self.requests),
            server_errors: Some(self.errors),
            slower_than_ms: slow.collect(),
            sent: Component::Present(self.requests),
            unanswered: Component::Present(0),
            search: events(self.requests / SEARCH, self.search_errors),
            recommendations: events(self.requests / RECOMMENDATIONS, self.recommendation_errors),
            ai: Component::NotConfigured,
            agent_tasks: events(self.requests / 20, 0),
            cache: events(self.requests / 2, self.requests / 40),
            pool_peak: Component::Present(0.4),
            security_violations: Some(0),
            restarts: Some(0),
            memory_peak: Component::Present(0.5),
        }
    }
}

/// How many of `n` fail, drawn by the gaps between failures: quick where failures are rare.
fn failures(random: &mut StdRng, n: u64, rate: f64) -> u64 {
    let scale = (-rate).ln_1p();
    let (mut place, mut count) = (0_u64, 0);
    loop {
        // 0 is drawn but 1 is not.
        let gap = ((1.0 - random.random::<f64>()).ln() / scale).floor();
        place = place.saturating_add(gap as u64).saturating_add(1);
        if place > n {
            return count;
        }
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn failures_come_at_their_rate() {
        let mut random = StdRng::seed_from_u64(1);
        let all: u64 = (0..1_000).map(|_| failures(&mut random, 1_000, 0.01)).sum();
        // 10,000 with a standard deviation of 100.
        assert!((9_600..10_400).contains(&all), "{all}");
    }

    #[test]
    fn a_window_holds_only_its_own_time() {
        let policy = Policy::parse(include_str!("../../../../config/rollout.toml")).unwrap();
        let mut world = World::new(0.5, 0.5);
        let mut random = StdRng::seed_from_u64(2);
        for _ in 0..10 {
            world.pass(&mut random, 60.0, 100, 1_900);
        }
        let snapshot = world.snapshot(&policy);
        assert_eq!(snapshot.validate(), Ok(()));
        let requests = |window| {
            snapshot
                .canary
                .counts(window)
                .and_then(|counts| counts.requests)
        };
        assert_eq!(requests(Window::Stage), Some(1_000));
        assert_eq!(
            requests(Window::Last(std::time::Duration::from_secs(300))),
            Some(500)
        );
        assert_eq!(
            requests(Window::Last(std::time::Duration::from_secs(3_600))),
            Some(1_000)
        );
    }
}
