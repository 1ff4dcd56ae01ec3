//! What one version did in one window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Component;
use crate::{policy::Measure, statistics::Tally};

/// Missing counts are `None` and never 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counts {
    pub requests: Option<u64>,
    /// Answers with a 5xx, among the requests.
    pub server_errors: Option<u64>,
    /// Requests that took longer than each edge of the histogram, in milliseconds.
    pub slower_than_ms: BTreeMap<u32, u64>,
    /// Requests that the router sent to this version.
    pub sent: Component<u64>,
    /// Sent requests without an answer: refused, cut off or timed out.
    pub unanswered: Component<u64>,
    pub search: Component<Events>,
    pub recommendations: Component<Events>,
    pub ai: Component<AiCounts>,
    pub agent_tasks: Component<Events>,
    /// Lookups of keys that were written within their time to live; the failed ones are misses.
    pub cache: Component<Events>,
    /// The highest part of the connection pool in use.
    pub pool_peak: Component<f64>,
    /// Failures of ours, never attacks that were refused.
    pub security_violations: Option<u64>,
    pub restarts: Option<u64>,
    /// The highest resident memory as a part of its limit.
    pub memory_peak: Component<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    pub all: u64,
    pub failed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiCounts {
    /// Requests that a model should have helped to answer.
    pub questions: u64,
    /// Of them, those answered without it; refusals of the circuit breaker are among these.
    pub fallbacks: u64,
    /// Calls of the model, however often each was retried.
    pub calls: u64,
    /// Of them, those that ended without usable output after their retries.
    pub failed: u64,
}

impl Counts {
    /// Bad ones among all. Missing for measures that are no shares.
    pub fn tally(&self, measure: Measure) -> Component<Tally> {
        match measure {
            Measure::Unavailable => self.unavailable(),
            Measure::ServerErrors => self.of_requests(self.server_errors),
            Measure::SlowRequests { slower_than_ms } => {
                self.of_requests(self.slower_than_ms.get(&slower_than_ms).copied())
            }
            Measure::SearchErrors => self.search.map(Events::tally),
            Measure::RecommendationErrors => self.recommendations.map(Events::tally),
            Measure::AgentTaskFailures => self.agent_tasks.map(Events::tally),
            Measure::CacheMisses => self.cache.map(Events::tally),
            Measure::AiFailures => self.ai.map(|ai| Tally::new(ai.failed, ai.calls)),
            Measure::AiFallbacks => self.ai.map(|ai| Tally::new(ai.fallbacks, ai.questions)),
            Measure::PoolUse
            | Measure::Memory
            | Measure::SecurityViolations
            | Measure::Restarts => Component::Missing,
        }
    }

    /// A part of a limit, or how often something happened. Missing for shares.
    pub fn level(&self, measure: Measure) -> Component<f64> {
        let as_level = |count: Option<u64>| Component::from(count.map(|count| count as f64));
        match measure {
            Measure::PoolUse => self.pool_peak,
            Measure::Memory => self.memory_peak,
            Measure::SecurityViolations => as_level(self.security_violations),
            Measure::Restarts => as_level(self.restarts),
            _ => Component::Missing,
        }
    }

    fn of_requests(&self, failures: Option<u64>) -> Component<Tally> {
        let tally = |failures| Some(Tally::new(failures, self.requests?));
        failures.and_then(tally).into()
    }

    /// Where no router is configured, only answers are known.
    fn unavailable(&self) -> Component<Tally> {
        let unanswered = match self.unanswered {
            Component::NotConfigured => 0,
            Component::Missing => return Component::Missing,
            Component::Present(count) => count,
        };
        self.of_requests(self.server_errors).map(|answered| {
            Tally::new(
                answered.failures.saturating_add(unanswered),
                answered.n.saturating_add(unanswered),
            )
        })
    }
}

impl Events {
    fn tally(self) -> Tally {
        Tally::new(self.failed, self.all)
    }
}

/// The names of the counts that a measure is made of, as the queries of a snapshot are named.
pub(crate) fn fields(measure: Measure) -> &'static [&'static str] {
    match measure {
        Measure::Unavailable => &["requests", "server_errors", "unanswered"],
        Measure::ServerErrors => &["requests", "server_errors"],
        Measure::SlowRequests { .. } => &["requests", "slower_than_ms"],
        Measure::SearchErrors => &["search"],
        Measure::RecommendationErrors => &["recommendations"],
        Measure::AiFailures | Measure::AiFallbacks => &["ai"],
        Measure::AgentTaskFailures => &["agent_tasks"],
        Measure::CacheMisses => &["cache"],
        Measure::PoolUse => &["pool_peak"],
        Measure::Memory => &["memory_peak"],
        Measure::SecurityViolations => &["security_violations"],
        Measure::Restarts => &["restarts"],
    }
}
