//! How objectives are kept, what is left of the budgets, and how fast that of availability burns.

use rollout::policy::{Measure, Policy};
use rollout::span;

use super::panel::{COUNT, PART, Panel};
use crate::render::recording::{number, whole_window};
use crate::render::shares::{Level, Share, rate};

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let job = &policy.monitoring.job;
    let mut panels = Vec::new();
    for (name, objective) in &policy.objectives {
        let labels = format!("{{job=\"{job}\", slo=\"{name}\"}}");
        let window = span::text(objective.window);
        panels.push(
            Panel::numbers(format!("{name}: kept over {window}"), PART)
                .wide(6)
                .query(format!("slo:kept:ratio{labels}"), "kept")
                .query(format!("slo:target:ratio{labels}"), "objective")
                .bad_below(1.0 - objective.limit.bad_at_most),
        );
    }
    let whole = span::text(whole_window(policy));
    panels.push(
        Panel::lines(format!("What is left of the budgets of {whole}"), PART)
            .wide(12)
            .signed()
            .about("Below 0 the objective is missed")
            .query(format!("slo:budget_left:ratio{{job=\"{job}\"}}"), "{{slo}}")
            .bad_below(0.0),
    );
    let Some(share) = Share::of(Measure::ServerErrors) else {
        return panels;
    };
    for burn in &policy.burn_rates {
        let (short, long) = (span::text(burn.short), span::text(burn.long));
        let title = format!("Pace of the budget: {short} and {long}");
        let pace = |window| {
            let (bad, all) = (
                rate(Level::Service, &share.bad, window),
                rate(Level::Service, &share.all, window),
            );
            let labels = format!("{{job=\"{job}\"}}");
            format!(
                "{bad}{labels} / ({all}{labels} > 0) / {}",
                number(policy.budget())
            )
        };
        panels.push(
            Panel::lines(title, COUNT)
                .wide(12)
                .about("1 spends the budget in exactly its window")
                .query(pace(burn.short), short)
                .query(pace(burn.long), long)
                .bad_above(burn.times),
        );
    }
    let versions = share.ratio(Level::Version, policy.monitoring.windows[0]);
    let mut availability = Panel::lines("Availability by version", PART)
        .wide(12)
        .query(
            format!("{versions}{{job=\"{job}\", version=~\"$version\"}}"),
            "{{version}}",
        );
    if let Some(trigger) = policy.triggers.get("availability") {
        availability = availability.bad_below(1.0 - trigger.limit.bad_at_most);
    }
    panels.push(availability);
    panels
}
