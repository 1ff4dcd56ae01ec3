//! Alerts, each from the numbers that the policy gives it.

mod burn_rates;
mod criteria;
mod own;
mod triggers;

use std::time::Duration;

use anyhow::Context as _;
use rollout::policy::{Alert, Condition, Measure, Policy};
use rollout::span;
use serde_json::{Value, json};

use super::dashboards::Dashboard;
use super::shares::Level;

pub(super) use own::BEFORE_NO_TRAFFIC;

/// In descriptions of alerts of single servers. Summaries are those of all servers that are told of together.
const ON_INSTANCE: &str = " on {{ $labels.instance }}";

/// What an alert says and when; severity and links come with [`rules`].
struct Rule {
    expr: String,
    pending: Duration,
    /// What is ill: of the same one, a warning is not told while something critical is.
    component: &'static str,
    /// Tells apart alerts of one name.
    scope: Option<Level>,
    dashboard: Dashboard,
    summary: String,
    /// With the value.
    description: String,
}

/// # Errors
/// The policy has an alert that cannot be made from its numbers.
pub(super) fn rules(policy: &Policy) -> anyhow::Result<Value> {
    let mut rules = Vec::new();
    for (name, alert) in &policy.monitoring.alerts {
        let made = of_alert(policy, name, alert).with_context(|| format!("alerts.{name}"))?;
        rules.extend(made.iter().map(|rule| written(policy, name, alert, rule)));
    }
    let name = format!("{} alerts", policy.monitoring.job);
    let interval = span::text(policy.monitoring.evaluate_every);
    Ok(json!({"groups": [{"name": name, "interval": interval, "rules": rules}]}))
}

fn of_alert(policy: &Policy, name: &str, alert: &Alert) -> anyhow::Result<Vec<Rule>> {
    Ok(match &alert.condition {
        Condition::Trigger { name, window } => {
            vec![triggers::rule(policy, &policy.triggers[name], *window)?]
        }
        Condition::Criterion {
            name,
            window,
            pending,
        } => vec![criteria::rule(
            policy,
            &policy.criteria[name],
            *window,
            *pending,
        )?],
        Condition::BurnRate {
            times,
            minimum_sample,
            minimum_bad,
        } => burn_rates::rules(policy, *times, *minimum_sample, *minimum_bad)?,
        Condition::Own(own) => vec![own::rule(policy, name, own)?],
    })
}

fn written(policy: &Policy, name: &str, alert: &Alert, rule: &Rule) -> Value {
    let monitoring = &policy.monitoring;
    let dashboard = format!("{}/{}", monitoring.dashboards, rule.dashboard.uid());
    let dashboard = if rule.dashboard.has_version() {
        // All of them, where the alert is of none.
        let version = "{{ with $labels.version }}{{ . }}{{ else }}$__all{{ end }}";
        format!("{dashboard}?var-version={version}")
    } else {
        dashboard
    };
    let mut written = json!({
        "alert": name,
        "expr": rule.expr,
        "labels": {"severity": alert.severity.name(), "component": rule.component},
        "annotations": {
            "summary": rule.summary,
            "description": rule.description,
            "runbook_url": format!("{}/{name}.md", monitoring.runbooks),
            "dashboard_url": dashboard,
        },
    });
    if let Some(scope) = rule.scope {
        written["labels"]["scope"] = scope.name().into();
    }
    if let Some(judged_as) = judged_as(&alert.condition) {
        written["annotations"]["judged_as"] = judged_as.into();
    }
    if !rule.pending.is_zero() {
        written["for"] = span::text(rule.pending).into();
    }
    written
}

/// What `rollout-check` calls the rule that this alert has its numbers from.
fn judged_as(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Trigger { name, .. } => Some(format!("trigger.{name}")),
        Condition::Criterion { name, .. } => Some(format!("criterion.{name}")),
        Condition::BurnRate { times, .. } => Some(format!("burn_rate.{times}")),
        Condition::Own(_) => None,
    }
}

/// As a label selector.
fn job(policy: &Policy) -> String {
    format!("{{job=\"{}\"}}", policy.monitoring.job)
}

/// How often it happened in the window, from a rate a second.
fn count(rate: &str, window: Duration) -> String {
    format!("{rate} * {}", window.as_secs())
}

/// What is bad, as people say it.
pub(super) fn title(measure: Measure) -> String {
    let words = triggers::Words::of(measure);
    match measure {
        Measure::Unavailable | Measure::ServerErrors => "Failing requests (5xx)".to_owned(),
        Measure::SlowRequests { slower_than_ms } => {
            format!("{}: above {slower_than_ms} ms", words.title)
        }
        _ => words.title.to_owned(),
    }
}
