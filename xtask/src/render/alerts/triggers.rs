//! The conditions that send a release back or hold it, as alerts: the same measures, limits and samples, per version.

use std::time::Duration;

use anyhow::Context as _;
use rollout::policy::{Measure, Policy, Trigger};
use rollout::span;

use super::{ON_INSTANCE, Rule, count, job};
use crate::render::dashboards::Dashboard;
use crate::render::recording::number;
use crate::render::shares::{Level, Share, rate};

pub(super) fn rule(
    policy: &Policy,
    trigger: &Trigger,
    window: Option<Duration>,
) -> anyhow::Result<Rule> {
    let words = Words::of(trigger.measure);
    let limit = number(trigger.limit.bad_at_most);
    let shown_limit = match trigger.measure {
        Measure::Restarts => limit.clone(),
        _ => format!("{} %", number(trigger.limit.bad_at_most * 100.0)),
    };
    let (expr, pending, over) = match trigger.measure {
        Measure::PoolUse | Measure::Memory | Measure::Restarts | Measure::SecurityViolations => {
            let (expr, pending) = level(policy, trigger, &limit);
            (expr, pending, trigger.window)
        }
        _ => share(policy, trigger, window, &limit)?,
    };
    let (over, lasting) = (span::text(over), span::text(trigger.window));
    let value = match trigger.measure {
        Measure::Restarts => "{{ $value | printf \"%.0f\" }}",
        _ => "{{ $value | humanizePercentage }}",
    };
    let duration = if Share::of(trigger.measure).is_none() && !pending.is_zero() {
        format!("for {lasting} now")
    } else if pending.is_zero() {
        format!("in the last {over}")
    } else {
        format!("over {over}, for {lasting} now")
    };
    // Where the query keeps it.
    let place = match trigger.measure {
        Measure::PoolUse | Measure::Memory => ON_INSTANCE,
        _ => "",
    };
    Ok(Rule {
        expr,
        pending,
        component: words.component,
        scope: None,
        dashboard: words.dashboard,
        summary: format!("{} of version {{{{ $labels.version }}}}", words.title),
        description: format!(
            "{value} {}{place} {duration}; the limit is {shown_limit}.",
            words.what.replace("{edge}", &words.edge)
        ),
    })
}

/// The share over the window, the sample, and more bad ones than chance explains.
fn share(
    policy: &Policy,
    trigger: &Trigger,
    window: Option<Duration>,
    limit: &str,
) -> anyhow::Result<(String, Duration, Duration)> {
    let share = Share::of(trigger.measure).context("its measure is no share")?;
    let measured = window.unwrap_or(trigger.window);
    let sampled = measured.max(trigger.window);
    let rate = |of: &str, over| rate(Level::Version, of, over);
    let (bad, all) = (rate(&share.bad, measured), rate(&share.all, measured));
    let sample = count(&rate(&share.all, sampled), sampled);
    let failures = count(&rate(&share.bad, sampled), sampled);
    let mut expr = format!(
        "{bad} / ({all} > 0) > {limit}\nand {sample} >= {}\nand {failures} >= {}",
        trigger.minimum_sample,
        policy.failures_beyond_chance(trigger)
    );
    match trigger.measure {
        Measure::AiFallbacks => {
            let configured = format!("max by (job, version) (openai_configured{})", job(policy));
            expr.push_str(&format!("\nand {configured} == 1"));
        }
        Measure::AiFailures => {
            expr.push_str(&format!("\nor {}", left_alone(policy)?));
        }
        _ => {}
    }
    let pending = window.map_or(Duration::ZERO, |_| trigger.window);
    Ok((expr, pending, measured))
}

/// The breakers of all servers keep questions from the model, of which then too few fail to be a sample: that counts as all of them
/// failing, for as long as somebody asks.
fn left_alone(policy: &Policy) -> anyhow::Result<String> {
    let open = format!(
        "min by (job, version) (openai_circuit_breaker_open{})",
        job(policy)
    );
    let asked = Share::of(Measure::AiFallbacks).context("fallbacks are a share")?;
    let asked = rate(Level::Version, &asked.all, policy.monitoring.windows[0]);
    Ok(format!("{open} == 1\nand {asked} > 0"))
}

fn level(policy: &Policy, trigger: &Trigger, limit: &str) -> (String, Duration) {
    let job = job(policy);
    let by_instance = "max by (job, version, instance)";
    let used =
        |used: &str, of: &str| format!("{by_instance} ({used}{job} / ({of}{job} > 0)) > {limit}");
    match trigger.measure {
        Measure::PoolUse => (
            used("postgres_connections_active", "postgres_connections_max"),
            trigger.window,
        ),
        Measure::Memory => (
            used(
                "process_resident_memory_bytes",
                "process_memory_limit_bytes",
            ),
            trigger.window,
        ),
        Measure::SecurityViolations => (
            increase(
                policy,
                "security_policy_violations_total",
                trigger.window,
                limit,
            ),
            Duration::ZERO,
        ),
        _ => {
            let window = span::text(trigger.window);
            let changes = format!("changes(process_start_time_seconds{job}[{window}])");
            // Of one process: whoever restarts all of them one after the other did so on purpose.
            let expr = format!("max by (job, version) ({changes}) > {limit}");
            (expr, Duration::ZERO)
        }
    }
}

/// How often in the window. A counter that was not there before has begun at 0.
pub(super) fn increase(policy: &Policy, counter: &str, window: Duration, limit: &str) -> String {
    let (job, window) = (job(policy), span::text(window));
    format!("sum by (job, version) (increase({counter}{job}[{window}])) > {limit}")
}

/// How a measure is told.
pub(super) struct Words {
    pub(super) component: &'static str,
    pub(super) dashboard: Dashboard,
    pub(super) title: &'static str,
    /// After the value. `{edge}` stands for the edge.
    pub(super) what: &'static str,
    pub(super) edge: String,
}

impl Words {
    pub(super) fn of(measure: Measure) -> Self {
        use Dashboard::{Business, Canary, Database, External, Golden, Slo};
        let edge = match measure {
            Measure::SlowRequests { slower_than_ms } => slower_than_ms.to_string(),
            _ => String::new(),
        };
        let (component, dashboard, title, what) = match measure {
            Measure::Unavailable => (
                "availability",
                Slo,
                "Low availability",
                "of requests failed (5xx)",
            ),
            Measure::ServerErrors => (
                "availability",
                Canary,
                "High error rate",
                "of requests failed (5xx)",
            ),
            Measure::SlowRequests { .. } => (
                "latency",
                Golden,
                "Slow answers",
                "of requests took longer than {edge} ms",
            ),
            Measure::SearchErrors => (
                "search",
                Business,
                "Failing searches",
                "of searches failed or were too slow",
            ),
            Measure::RecommendationErrors => (
                "recommendations",
                Business,
                "Failing recommendations",
                "of recommendations failed (5xx)",
            ),
            Measure::AiFailures => (
                "ai",
                External,
                "Failing questions to the language model",
                "of questions to the language model failed after their retries",
            ),
            Measure::AiFallbacks => (
                "ai",
                External,
                "Rules answer in the model's place",
                "of AI answers came from rules though a model is configured",
            ),
            Measure::AgentTaskFailures => (
                "agents",
                Business,
                "Failing tasks of agents",
                "of agents' tasks failed",
            ),
            Measure::CacheMisses => (
                "redis",
                External,
                "Low hit rate of Redis",
                "of lookups of values that should be there missed",
            ),
            Measure::PoolUse => (
                "database",
                Database,
                "Database connections nearly used up",
                "of the connections to Postgres are in use",
            ),
            Measure::Memory => (
                "memory",
                Golden,
                "Memory near its limit",
                "of the memory limit is resident",
            ),
            Measure::SecurityViolations => (
                "security",
                Golden,
                "Violation of a security rule by the service itself",
                "violations",
            ),
            Measure::Restarts => ("process", Golden, "Restarting processes", "restarts"),
        };
        Self {
            component,
            dashboard,
            title,
            what,
            edge,
        }
    }
}
