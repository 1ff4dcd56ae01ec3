//! The shares that are recorded: bad ones among all, each a rate a second, per version and for the whole service.

use std::collections::BTreeSet;
use std::time::Duration;

use rollout::policy::{Condition, Measure, Monitoring, Policy};
use rollout::span;

/// One share, by the names of its two rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) all: String,
    pub(super) bad: String,
    /// The name of the recorded part of good ones.
    pub(super) good: String,
}

/// Of whom something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Version,
    Service,
}

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Service => "service",
        }
    }
}

/// `version:http_requests:rate5m`.
pub(super) fn rate(level: Level, of: &str, window: Duration) -> String {
    format!("{}:{of}:rate{}", level.name(), span::text(window))
}

impl Share {
    /// None for what is no share.
    pub(super) fn of(measure: Measure) -> Option<Self> {
        let (all, bad, good) = match measure {
            Measure::Unavailable | Measure::ServerErrors => {
                ("http_requests", "http_server_errors", "availability")
            }
            Measure::SlowRequests { slower_than_ms } => return Some(Self::slow(slower_than_ms)),
            Measure::SearchErrors => ("searches", "failed_searches", "search_success"),
            Measure::RecommendationErrors => (
                "recommendations",
                "failed_recommendations",
                "recommendation_success",
            ),
            Measure::AiFailures => ("ai_calls", "failed_ai_calls", "ai_call_success"),
            Measure::AiFallbacks => ("ai_questions", "ai_fallbacks", "ai_model_answers"),
            Measure::AgentTaskFailures => {
                ("agent_tasks", "failed_agent_tasks", "agent_task_success")
            }
            Measure::CacheMisses => ("redis_lookups", "redis_misses", "redis_hits"),
            Measure::PoolUse
            | Measure::Memory
            | Measure::SecurityViolations
            | Measure::Restarts => return None,
        };
        Some(Self {
            all: all.to_owned(),
            bad: bad.to_owned(),
            good: good.to_owned(),
        })
    }

    fn slow(edge_ms: u32) -> Self {
        Self {
            all: "timed_requests".to_owned(),
            bad: format!("requests_slower_than_{edge_ms}ms"),
            good: format!("requests_within_{edge_ms}ms"),
        }
    }

    /// `version:availability:ratio_rate5m`.
    pub(super) fn ratio(&self, level: Level, window: Duration) -> String {
        let window = span::text(window);
        format!("{}:{}:ratio_rate{window}", level.name(), self.good)
    }
}

/// A share with the windows that it is recorded over.
pub(super) struct Recorded {
    pub(super) measure: Measure,
    pub(super) share: Share,
    pub(super) windows: BTreeSet<Duration>,
}

/// Every share, in a fixed order.
pub(super) fn recorded(policy: &Policy) -> Vec<Recorded> {
    let edges = policy.judged_edges_ms().into_iter();
    let slow = edges.map(|slower_than_ms| Measure::SlowRequests { slower_than_ms });
    let measures = [Measure::ServerErrors].into_iter().chain(slow).chain([
        Measure::SearchErrors,
        Measure::RecommendationErrors,
        Measure::AgentTaskFailures,
        Measure::AiFailures,
        Measure::AiFallbacks,
        Measure::CacheMisses,
    ]);
    measures
        .filter_map(|measure| {
            Some(Recorded {
                share: Share::of(measure)?,
                windows: windows(policy, measure),
                measure,
            })
        })
        .collect()
}

/// Objectives and edges have the windows of the policy, the others the shortest of them, and all what their alerts look at.
fn windows(policy: &Policy, measure: Measure) -> BTreeSet<Duration> {
    let monitoring = &policy.monitoring;
    let share = Share::of(measure);
    let is_objective = policy
        .objectives
        .values()
        .any(|objective| Share::of(objective.measure) == share);
    let is_slow = matches!(measure, Measure::SlowRequests { .. });
    let mut windows: BTreeSet<Duration> = if is_objective {
        monitoring.windows.iter().copied().collect()
    } else {
        let short = monitoring.windows.iter().take(if is_slow { 3 } else { 1 });
        short.copied().collect()
    };
    for alert in monitoring.alerts.values() {
        windows.extend(of_alert(policy, &alert.condition, &share));
    }
    // All latencies share their denominator, and burn rates that of availability.
    if measure == Measure::ServerErrors {
        let burns = policy.burn_rates.iter();
        windows.extend(burns.flat_map(|rate| [rate.short, rate.long]));
        windows.insert(policy.objectives["availability"].window);
        windows.extend(no_traffic(monitoring));
        windows.insert(super::alerts::BEFORE_NO_TRAFFIC);
    }
    windows
}

fn no_traffic(monitoring: &Monitoring) -> Option<Duration> {
    match monitoring.alerts.get("NoTraffic")?.condition {
        Condition::Own(own) => Some(own.window),
        _ => None,
    }
}

fn of_alert(policy: &Policy, condition: &Condition, share: &Option<Share>) -> Vec<Duration> {
    match condition {
        Condition::Trigger { name, window } => match policy.triggers.get(name) {
            Some(trigger) if Share::of(trigger.measure) == *share => {
                let measured = window.unwrap_or(trigger.window);
                vec![measured, measured.max(trigger.window)]
            }
            _ => Vec::new(),
        },
        Condition::Criterion { name, window, .. } => match policy.criteria.get(name) {
            Some(criterion) if Share::of(criterion.measure) == *share => vec![*window],
            _ => Vec::new(),
        },
        Condition::BurnRate { .. } | Condition::Own(_) => Vec::new(),
    }
}
