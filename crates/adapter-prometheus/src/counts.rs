//! From what counters grew by to the counts of a snapshot.

use std::collections::BTreeMap;

use rollout::snapshot::{AiCounts, Component, Counts, Events};

use crate::{
    counters::Counter,
    moments::Moments,
    peaks::Peaks,
    promql::Millis,
    stretches::{Grown, Stretch, grown},
};

/// One group of processes in one window.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) group: &'a str,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) moments: &'a Moments,
}

impl Part<'_> {
    fn grown(&self, counter: Counter) -> Grown {
        grown(&self.stretches, self.moments, counter, self.group)
    }

    /// What a gauge was at the edges of the window.
    fn gauge(&self, counter: Counter) -> Option<f64> {
        let edges = self
            .stretches
            .iter()
            .flat_map(|stretch| [Some(stretch.end), stretch.begin]);
        let moments = edges.flatten().filter_map(|at| self.moments.get(&at));
        let values = moments.flat_map(|moment| moment.counts(counter, self.group));
        values.reduce(f64::max)
    }

    /// All moments that this window is made of.
    pub(crate) fn times(&self) -> impl Iterator<Item = Millis> {
        self.stretches
            .iter()
            .flat_map(|stretch| [Some(stretch.end), stretch.begin])
            .flatten()
    }

    /// Counters that are no counts.
    pub(crate) fn wrong(&self, counters: &[Counter]) -> Vec<&'static str> {
        let wrong = counters
            .iter()
            .filter(|counter| self.grown(**counter) == Grown::NotACount);
        wrong.map(|counter| counter.name()).collect()
    }
}

/// What the servers themselves count. A version without a process in the window has no counts, which is not 0.
pub(crate) fn of_service(part: &Part<'_>, edges: &[u32], peaks: &Peaks) -> Counts {
    let is_seen = !part.stretches.is_empty();
    let mut counts = Counts {
        pool_peak: peaks.pool(part.group, is_seen),
        memory_peak: peaks.memory(part.group),
        restarts: peaks.restarts(part.group).filter(|_| is_seen),
        ..Counts::default()
    };
    if !is_seen {
        return counts;
    }
    counts.requests = part.grown(Counter::Requests).or_zero();
    counts.server_errors = part.grown(Counter::ServerErrors).or_zero();
    counts.slower_than_ms = slower(part, edges, counts.requests);
    counts.search = within_time(
        part,
        [
            Counter::Searches,
            Counter::SearchErrors,
            Counter::SearchesTimed,
            Counter::SearchesInTime,
        ],
    );
    counts.recommendations = within_time(
        part,
        [
            Counter::Recommendations,
            Counter::RecommendationErrors,
            Counter::RecommendationsTimed,
            Counter::RecommendationsInTime,
        ],
    );
    counts.ai = ai(part);
    counts.agent_tasks = agent_tasks(part).into();
    counts.cache = cache(part);
    counts.security_violations = part.grown(Counter::SecurityViolations).known();
    counts
}

/// Requests, and the buckets of their times, may be read one after the other while more come in: what is slower than an edge is at
/// most what is slower than the one before.
fn slower(part: &Part<'_>, edges: &[u32], requests: Option<u64>) -> BTreeMap<u32, u64> {
    let timed = match (part.grown(Counter::Timed), requests) {
        // No request at all yet: no histogram.
        (Grown::Absent, Some(0)) => return edges.iter().map(|edge| (*edge, 0)).collect(),
        (timed, _) => timed.known(),
    };
    let mut most = requests;
    let slower = edges.iter().filter_map(|edge| {
        let within = part.grown(Counter::Within(*edge)).known()?;
        let slower = timed?.saturating_sub(within).min(most?);
        most = Some(slower);
        Some((*edge, slower))
    });
    slower.collect()
}

/// A failure is a 5xx, or an answer that came too late. The histogram knows no status, so what is both counts twice: a canary is
/// never thought better than it is, and at most all have failed.
fn within_time(part: &Part<'_>, [all, errors, timed, in_time]: [Counter; 4]) -> Component<Events> {
    let events = || {
        let all = part.grown(all).or_zero()?;
        if all == 0 {
            return Some(Events { all, failed: 0 });
        }
        let errors = part.grown(errors).or_zero()?;
        let late = part
            .grown(timed)
            .known()?
            .saturating_sub(part.grown(in_time).known()?);
        let failed = errors.saturating_add(late).min(all);
        Some(Events { all, failed })
    };
    events().into()
}

/// Answers from the cache were a model's once, so they are among the questions.
fn ai(part: &Part<'_>) -> Component<AiCounts> {
    match part.gauge(Counter::AiConfigured) {
        None => return Component::Missing,
        Some(configured) if configured <= 0.0 => return Component::NotConfigured,
        Some(_) => {}
    }
    let counts = || {
        let questions = part.grown(Counter::AiAnswers).known()?;
        let calls = part.grown(Counter::AiCalls).known()?;
        Some(AiCounts {
            questions,
            fallbacks: part.grown(Counter::AiFallbacks).or_zero()?.min(questions),
            calls,
            failed: part.grown(Counter::AiFailures).known()?.min(calls),
        })
    };
    counts().into()
}

/// Tasks that ended; attempts that will be made again did not.
fn agent_tasks(part: &Part<'_>) -> Option<Events> {
    Some(Events {
        all: part.grown(Counter::AgentTasks).known()?,
        failed: part.grown(Counter::AgentTaskFailures).known()?,
    })
}

/// Whoever has Redis says whether it is up.
fn cache(part: &Part<'_>) -> Component<Events> {
    if part.gauge(Counter::CacheConfigured).is_none() {
        return Component::NotConfigured;
    }
    let events = || {
        let all = part.grown(Counter::CacheLookups).known()?;
        let hits = part.grown(Counter::CacheHits).known()?;
        Some(Events {
            all,
            failed: all.saturating_sub(hits),
        })
    };
    events().into()
}

/// What the router counts: requests sent, and those without an answer. A request that was tried again and answered counts once,
/// as answered.
pub(crate) fn of_router(part: &Part<'_>) -> (Component<u64>, Component<u64>) {
    let sent = part.grown(Counter::Sent).known();
    let unanswered = || {
        let refused = part.grown(Counter::ConnectionErrors).known()?;
        let cut_off = part.grown(Counter::ResponseErrors).known()?;
        Some(refused.saturating_add(cut_off).min(sent?))
    };
    (sent.into(), unanswered().into())
}
