//! Recording rules: rates and good shares, over every window, per version and for the service; and the objectives.

use std::collections::BTreeMap;
use std::time::Duration;

use rollout::policy::{Measure, Objective, Policy};
use rollout::span;
use serde_json::{Value, json};

use super::queries::Selectors;
use super::shares::{Level, Recorded, Share, rate, recorded};

/// What is recorded in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Requests,
    Latency,
    Search,
    Agents,
    Model,
    Redis,
}

impl Subject {
    pub(super) const ALL: [Self; 6] = [
        Self::Requests,
        Self::Latency,
        Self::Search,
        Self::Agents,
        Self::Model,
        Self::Redis,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Latency => "latency",
            Self::Search => "search",
            Self::Agents => "agents",
            Self::Model => "model",
            Self::Redis => "redis",
        }
    }

    fn holds(self, measure: Measure) -> bool {
        match self {
            Self::Requests => measure == Measure::ServerErrors,
            Self::Latency => matches!(measure, Measure::SlowRequests { .. }),
            Self::Search => matches!(
                measure,
                Measure::SearchErrors | Measure::RecommendationErrors
            ),
            Self::Agents => measure == Measure::AgentTaskFailures,
            Self::Model => matches!(measure, Measure::AiFailures | Measure::AiFallbacks),
            Self::Redis => measure == Measure::CacheMisses,
        }
    }
}

/// Shares of one subject, a group for each window.
pub(super) fn rules(policy: &Policy, subject: Subject) -> Value {
    let mut by_window: BTreeMap<Duration, Vec<Value>> = BTreeMap::new();
    for recorded in recorded(policy) {
        if !subject.holds(recorded.measure) {
            continue;
        }
        for window in &recorded.windows {
            let rules = of_share(policy, &recorded, *window);
            let all = by_window.entry(*window).or_default();
            for rule in rules {
                // Shares of the same requests have the same denominator.
                if !all.contains(&rule) {
                    all.push(rule);
                }
            }
        }
    }
    let groups: Vec<Value> = by_window
        .into_iter()
        .map(|(window, rules)| {
            let (job, window_name) = (&policy.monitoring.job, span::text(window));
            let name = format!("{job} {} {window_name}", subject.name());
            json!({"name": name, "interval": interval(policy, window), "rules": rules})
        })
        .collect();
    json!({ "groups": groups })
}

fn interval(policy: &Policy, window: Duration) -> String {
    let monitoring = &policy.monitoring;
    span::text(if window >= monitoring.long_window {
        monitoring.evaluate_long_windows_every
    } else {
        monitoring.evaluate_every
    })
}

fn record(name: String, expr: String) -> Value {
    json!({"record": name, "expr": expr})
}

fn of_share(policy: &Policy, recorded: &Recorded, window: Duration) -> Vec<Value> {
    let share = &recorded.share;
    let queries = Selectors(&policy.monitoring).of(recorded.measure, window);
    let mut rules = Vec::new();
    if let Some((all, bad)) = queries {
        rules.push(record(rate(Level::Version, &share.all, window), all));
        rules.push(record(rate(Level::Version, &share.bad, window), bad));
    }
    for of in [&share.all, &share.bad] {
        let versions = rate(Level::Version, of, window);
        let sum = format!("sum by (job) ({versions})");
        rules.push(record(rate(Level::Service, of, window), sum));
    }
    for level in [Level::Version, Level::Service] {
        let (bad, all) = (
            rate(level, &share.bad, window),
            rate(level, &share.all, window),
        );
        let good = format!("1 - {bad} / ({all} > 0)");
        rules.push(record(share.ratio(level, window), good));
    }
    rules
}

/// Each objective, how it is kept, and what is left of its budget, over the window of the whole: that of availability.
pub(super) fn objectives(policy: &Policy) -> Value {
    let window = whole_window(policy);
    let rules: Vec<Value> = policy
        .objectives
        .iter()
        .filter_map(|(name, objective)| {
            Some(of_objective(name, objective, window, policy)?.into_iter())
        })
        .flatten()
        .collect();
    let interval = span::text(policy.monitoring.evaluate_every);
    let name = format!("{} objectives", policy.monitoring.job);
    json!({"groups": [{"name": name, "interval": interval, "rules": rules}]})
}

/// Over which budgets are counted.
pub(super) fn whole_window(policy: &Policy) -> Duration {
    let windows = policy.objectives.values().map(|objective| objective.window);
    windows.max().unwrap_or_default()
}

fn of_objective(
    name: &str,
    objective: &Objective,
    whole: Duration,
    policy: &Policy,
) -> Option<[Value; 4]> {
    let share = Share::of(objective.measure)?;
    let job = &policy.monitoring.job;
    let labelled = |record: &str, expr: String| json!({"record": record, "expr": expr, "labels": {"slo": name, "job": job}});
    let target = good_at_least(objective);
    let kept = share.ratio(Level::Service, whole);
    let budget = number(objective.limit.bad_at_most);
    let left = format!("1 - (1 - {kept}) / {budget}");
    Some([
        labelled("slo:target:ratio", format!("vector({target})")),
        labelled(
            "slo:kept:ratio",
            share.ratio(Level::Service, objective.window),
        ),
        labelled("slo:kept_over_budget_window:ratio", kept),
        labelled("slo:budget_left:ratio", left),
    ])
}

pub(super) fn good_at_least(objective: &Objective) -> String {
    number(1.0 - objective.limit.bad_at_most)
}

/// Without what binary fractions add.
pub(super) fn number(value: f64) -> String {
    format!("{}", (value * 1e9).round() / 1e9)
}
