//! A review as text.

use std::fmt::Write as _;

use rollout::policy::Severity;

use super::figures::{Goal, Incident, Measure, Peak, Review, Unit};
use super::routine::Duty;
use crate::reporting::cut;

pub(super) fn table(review: &Review) -> String {
    let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC");
    let mut text = format!("From {} to {}\n\n", day(review.from), day(review.to));
    let _ = writeln!(
        text,
        "{:<46} {:>10} {:>10} {:>10}",
        "", "value", "of", "goal"
    );
    for measure in &review.measures {
        let _ = writeln!(
            text,
            "{:<46} {:>10} {:>10} {:>10}  {}",
            measure.name,
            value(measure),
            measure.n,
            goal(measure),
            mark(measure),
        );
    }
    let _ = writeln!(text, "\n{}", budget(review));
    text.push_str("\nThe most of\n");
    for peak in &review.capacity {
        let _ = writeln!(text, "  {:<44} {}", peak.name, of_peak(peak));
    }
    text.push_str("\nAlerts that fired\n");
    if review.incidents.is_empty() {
        text.push_str("  none\n");
    }
    for incident in &review.incidents {
        let _ = writeln!(text, "  {}", of_incident(incident));
    }
    if !review.monthly.is_empty() {
        text.push_str("\nEach month\n");
        for duty in &review.monthly {
            let _ = writeln!(text, "  {:<44} {}", duty.name, done(duty));
        }
    }
    text
}

pub(super) fn value(measure: &Measure) -> String {
    measure
        .value
        .map_or_else(|| "-".to_owned(), |value| number(value, measure.unit))
}

pub(super) fn goal(measure: &Measure) -> String {
    let unit = measure.unit;
    match measure.goal {
        None => "-".to_owned(),
        Some(Goal::Above(bound)) => format!("> {}", number(bound, unit)),
        Some(Goal::Below(bound)) => format!("< {}", number(bound, unit)),
        Some(Goal::AtLeast(bound)) => format!("≥ {}", number(bound, unit)),
        Some(Goal::AtMost(bound)) => format!("≤ {}", number(bound, unit)),
    }
}

pub(super) fn mark(measure: &Measure) -> &'static str {
    match (measure.goal, measure.is_met) {
        (None, _) => "",
        (_, Some(true)) => "met",
        (_, Some(false)) => "MISSED",
        (_, None) => "nothing to measure",
    }
}

fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{:.2} %", value * 100.0),
        Unit::Seconds => format!("{value:.0} s"),
    }
}

pub(super) fn budget(review: &Review) -> String {
    match review.budget {
        None => "Error budget: no requests".to_owned(),
        Some(budget) => format!(
            "Error budget: {:.1} % spent ({:.0} requests failed where {:.0} might)",
            budget.spent() * 100.0,
            budget.failed,
            budget.allowed
        ),
    }
}

pub(super) fn of_peak(peak: &Peak) -> String {
    peak.value.map_or_else(
        || "nothing measured".to_owned(),
        |value| match peak.unit {
            "share" => format!("{:.0} %", value * 100.0),
            unit => format!("{value:.2} {unit}"),
        },
    )
}

pub(super) fn of_incident(incident: &Incident) -> String {
    let todo = if incident.severity == Severity::Critical.name() {
        "; write down what happened (docs/post-mortem.md)"
    } else {
        ""
    };
    format!(
        "{}, {}: {:.0} min{todo}",
        cut(&incident.alert, 80),
        incident.severity,
        incident.minutes
    )
}

pub(super) fn done(duty: &Duty) -> String {
    let mark = if duty.is_overdue { "  OVERDUE" } else { "" };
    match (&duty.done_at, &duty.by) {
        (Some(at), Some(by)) => format!("{} by {}{mark}", at.format("%Y-%m-%d"), cut(by, 60)),
        _ => format!("never{mark}"),
    }
}
