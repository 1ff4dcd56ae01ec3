//! What is counted of the requests of one method to one route.

use std::time::{Duration, UNIX_EPOCH};

/// Seconds. The edges at 0.15, 0.2, 0.22 and 0.3 stand where the latency objectives and the rollout gates are judged.
pub(super) const DURATION_EDGES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.22, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0,
];
/// The objective of latency, in seconds: one of the edges.
const OBJECTIVE: f64 = 0.2;
/// A search that takes longer has failed, whatever it answers: see the objectives of rollouts.
const SLOW: Duration = Duration::from_secs(1);
/// There from the start, so that the first failure is an increase: all that the service fails with.
const DECLARED_STATUSES: [u16; 4] = [200, 500, 503, 504];

/// A request that shows what the others of its bucket were like.
#[derive(Debug, Clone, Copy)]
pub(in crate::metrics) struct Exemplar {
    pub(in crate::metrics) trace_id: u128,
    pub(in crate::metrics) seconds: f64,
    /// Since 1970.
    pub(in crate::metrics) at: Duration,
}

impl Exemplar {
    /// `None` when the trace has no such id.
    pub(super) fn of(trace_id: &str, took: Duration) -> Option<Self> {
        let is_id = trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let trace_id = is_id.then(|| u128::from_str_radix(trace_id, 16).ok())??;
        Some(Self {
            trace_id,
            seconds: took.as_secs_f64(),
            at: Self::now(),
        })
    }

    /// Since 1970.
    #[expect(
        clippy::disallowed_methods,
        reason = "an example is dated for people who look for its trace; nothing is decided by it"
    )]
    pub(super) fn now() -> Duration {
        let now = std::time::SystemTime::now();
        now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    by_status: Vec<(u16, u64)>,
    slow: u64,
    seconds: f64,
    /// How many took at most as long as each edge and longer than the one before; the last: longer than all.
    buckets: [u64; DURATION_EDGES.len() + 1],
    /// The newest one of each bucket.
    exemplars: [Option<Exemplar>; DURATION_EDGES.len() + 1],
}

impl Counts {
    /// Of a route that was not asked for yet.
    pub(super) fn declared() -> Self {
        Self {
            by_status: DECLARED_STATUSES.map(|status| (status, 0)).to_vec(),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, status: u16, took: Duration, exemplar: Option<Exemplar>) {
        let seconds = took.as_secs_f64();
        let bucket = DURATION_EDGES.partition_point(|edge| *edge < seconds);
        self.buckets[bucket] += 1;
        if exemplar.is_some() {
            self.exemplars[bucket] = exemplar;
        }
        self.seconds += seconds;
        self.slow += u64::from(took > SLOW && status < 500);
        self.add_status(status, 1);
    }

    fn add_status(&mut self, status: u16, count: u64) {
        let mut known = self.by_status.iter_mut();
        match known.find(|(known, _)| *known == status) {
            Some((_, counted)) => *counted += count,
            None => self.by_status.push((status, count)),
        }
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for (status, count) in &other.by_status {
            self.add_status(*status, *count);
        }
        self.slow += other.slow;
        self.seconds += other.seconds;
        for (bucket, other) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += other;
        }
        for (own, other) in self.exemplars.iter_mut().zip(other.exemplars) {
            let newest = [*own, other].into_iter().flatten();
            *own = newest.max_by_key(|exemplar| exemplar.at);
        }
    }

    pub(super) fn by_status(&self) -> &[(u16, u64)] {
        &self.by_status
    }

    pub(super) fn slow(&self) -> u64 {
        self.slow
    }

    pub(super) fn requests(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Answered with a status of 500 or more.
    pub(super) fn failed(&self) -> u64 {
        let failed = self.by_status.iter().filter(|(status, _)| *status >= 500);
        failed.map(|(_, count)| count).sum()
    }

    /// Those that took longer than the latency objective.
    pub(super) fn above_objective(&self) -> u64 {
        let first = DURATION_EDGES.partition_point(|edge| *edge <= OBJECTIVE);
        self.buckets[first..].iter().sum()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }

    pub(super) fn bucket(&self, at: usize) -> (u64, Option<&Exemplar>) {
        (self.buckets[at], self.exemplars[at].as_ref())
    }
}
