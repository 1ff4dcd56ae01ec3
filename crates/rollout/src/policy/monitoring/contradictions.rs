//! Alerts that cannot be true together with the rest of the policy; each is named with both keys.

use std::time::Duration;

use super::{Condition, Monitoring, Severity, WATCHDOG, kinds::OWN};
use crate::{
    policy::{Policy, problem::Problem},
    span,
    verdict::Action,
};

/// A rate of fewer scrapes than these is lost when one is.
const SCRAPES: u32 = 4;
/// Prometheus takes a value that is so old for gone.
const LOOKBACK: Duration = Duration::from_secs(300);

pub(in crate::policy) fn find(policy: &Policy, problems: &mut Vec<Problem>) {
    let monitoring = &policy.monitoring;
    scrapes(policy, problems);
    evaluations(monitoring, problems);
    for (name, alert) in &monitoring.alerts {
        names(policy, name, &alert.condition, problems);
        window(policy, name, &alert.condition, problems);
    }
    every_trigger(policy, problems);
    every_burn_rate(policy, problems);
    every_own(monitoring, problems);
    severities(monitoring, problems);
    ages(monitoring, problems);
}

fn scrapes(policy: &Policy, problems: &mut Vec<Problem>) {
    let every = policy.monitoring.scrape_every;
    if every * 2 > policy.telemetry.stale_after {
        let reason = "one lost scrape would be lost telemetry";
        problems.push(Problem::contradiction(
            "monitoring.scrape_every",
            "telemetry.stale_after",
            reason,
        ));
    }
    let windows = policy.monitoring.windows.iter().copied();
    for window in windows.chain([policy.monitoring.autoscaling_window]) {
        if window < every * SCRAPES {
            problems.push(too_short("monitoring.windows", window));
        }
    }
}

/// What is recorded is still there when the next evaluation is late, or one is lost.
fn evaluations(monitoring: &Monitoring, problems: &mut Vec<Problem>) {
    let longest = LOOKBACK / 2;
    for (key, every) in [
        ("evaluate_every", monitoring.evaluate_every),
        (
            "evaluate_long_windows_every",
            monitoring.evaluate_long_windows_every,
        ),
    ] {
        if every > longest {
            let reason = format!(
                "must be {} at most: Prometheus forgets what is {} old, so what is recorded would be gone whenever an evaluation is late",
                span::text(longest),
                span::text(LOOKBACK)
            );
            problems.push(Problem::invalid(format!("monitoring.{key}"), reason));
        }
    }
}

fn too_short(key: impl Into<String>, window: Duration) -> Problem {
    let reason = format!("{} hold fewer than {SCRAPES} scrapes", span::text(window));
    Problem::contradiction(key, "monitoring.scrape_every", reason)
}

/// What it takes its numbers from exists.
fn names(policy: &Policy, alert: &str, condition: &Condition, problems: &mut Vec<Problem>) {
    let (key, is_there) = match condition {
        Condition::Trigger { name, .. } => ("trigger", policy.triggers.contains_key(name)),
        Condition::Criterion { name, .. } => ("criterion", policy.criteria.contains_key(name)),
        Condition::BurnRate { times, .. } => {
            let mut rates = policy.burn_rates.iter();
            let is_there = rates.any(|rate| rate.times.to_bits() == times.to_bits());
            ("burn_rate", is_there)
        }
        Condition::Own(_) => return,
    };
    if !is_there {
        let key = format!("alerts.{alert}.{key}");
        problems.push(Problem::invalid(key, "is not in this policy"));
    }
}

fn window(policy: &Policy, alert: &str, condition: &Condition, problems: &mut Vec<Problem>) {
    let window = match condition {
        Condition::Trigger { name, window } => {
            let of_trigger = policy.triggers.get(name).map(|trigger| trigger.window);
            window.or(of_trigger)
        }
        Condition::Criterion { window, .. } => Some(*window),
        Condition::BurnRate { .. } => None,
        Condition::Own(own) => Some(own.window).filter(|window| !window.is_zero()),
    };
    if let Some(window) = window
        && window < policy.monitoring.scrape_every * SCRAPES
    {
        problems.push(too_short(format!("alerts.{alert}.window"), window));
    }
}

/// Nothing sends a release back, or holds it, without telling anybody.
fn every_trigger(policy: &Policy, problems: &mut Vec<Problem>) {
    for (name, trigger) in &policy.triggers {
        let alerts = policy.monitoring.alerts.iter();
        let alerts: Vec<_> = alerts
            .filter(|(_, alert)| {
                matches!(&alert.condition, Condition::Trigger { name: of, .. } if of == name)
            })
            .collect();
        let key = format!("triggers.{name}");
        let [(alert_name, alert)] = alerts[..] else {
            let reason = format!("must have one alert, and has {}", alerts.len());
            problems.push(Problem::invalid(key, reason));
            continue;
        };
        if trigger.action == Action::RollbackAtOnce && alert.severity != Severity::Critical {
            problems.push(Problem::contradiction(
                format!("alerts.{alert_name}.severity"),
                format!("{key}.action"),
                "what sends a release back at once is critical",
            ));
        }
    }
}

fn every_burn_rate(policy: &Policy, problems: &mut Vec<Problem>) {
    for (index, rate) in policy.burn_rates.iter().enumerate() {
        let alerts = policy.monitoring.alerts.values();
        let count = alerts
            .filter(|alert| {
                matches!(alert.condition, Condition::BurnRate { times, .. } if times.to_bits() == rate.times.to_bits())
            })
            .count();
        if count != 1 {
            let reason = format!("must have one alert, and has {count}");
            problems.push(Problem::invalid(format!("burn_rates[{index}]"), reason));
        }
    }
}

/// A missing alert is a silent one.
fn every_own(monitoring: &Monitoring, problems: &mut Vec<Problem>) {
    for (name, _) in OWN {
        if !monitoring.alerts.contains_key(name) {
            problems.push(Problem::invalid(format!("alerts.{name}"), "is missing"));
        }
    }
}

/// An alert that nobody is told of is silent as well, but for the one that is told to a machine.
fn severities(monitoring: &Monitoring, problems: &mut Vec<Problem>) {
    for (name, alert) in &monitoring.alerts {
        let is_told_to_nobody = alert.severity == Severity::None;
        if is_told_to_nobody != (name == WATCHDOG) {
            let reason = format!("must be `none` of `{WATCHDOG}` and of no other alert");
            let key = format!("alerts.{name}.severity");
            problems.push(Problem::invalid(key, reason));
        }
    }
}

fn ages(monitoring: &Monitoring, problems: &mut Vec<Problem>) {
    let age = |name: &str| match monitoring.alerts.get(name)?.condition {
        Condition::Own(own) => Some(own.age),
        _ => None,
    };
    if let (Some(last), Some(first)) = (age("CertificateAlmostExpired"), age("CertificateExpiring"))
        && last >= first
    {
        problems.push(Problem::contradiction(
            "alerts.CertificateAlmostExpired.age",
            "alerts.CertificateExpiring.age",
            "the last warning comes before the first one",
        ));
    }
}
