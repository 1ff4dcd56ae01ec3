//! The canary beside the stable version, by the measures that it is judged by.

use rollout::policy::{Measure, MeasureKind, Policy};

use super::panel::{COUNT, PART, PER_SECOND, Panel, Queries};
use crate::render::alerts::title;
use crate::render::shares::Share;

/// Who is shown, by the variables of the dashboard.
const BOTH: [(&str, &str); 2] = [("$canary", "canary"), ("$stable", "stable")];

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let queries = Queries(policy);
    let job = &policy.monitoring.job;
    let window = queries.window();
    let labels = |version: &str| format!("{{job=\"{job}\", version=\"{version}\"}}");
    let mut panels = vec![
        each(
            Panel::lines("Requests", PER_SECOND),
            |version| format!("version:http_requests:rate{window}{}", labels(version)),
        ),
        Panel::lines("The canary's part of all requests", PART).query(
            format!(
                "sum(version:http_requests:rate{window}{}) / sum(version:http_requests:rate{window}{{job=\"{job}\"}})",
                labels("$canary")
            ),
            "canary",
        ),
        each(Panel::numbers("Servers that are up", COUNT), |version| {
            format!("sum(up{})", labels(version))
        })
        .bad_below(1.0),
    ];
    let mut shown: Vec<Measure> = Vec::new();
    let criteria = policy
        .criteria
        .values()
        .map(|rule| (rule.measure, rule.limit));
    let triggers = policy
        .triggers
        .values()
        .map(|rule| (rule.measure, rule.limit));
    for (measure, limit) in triggers.chain(criteria) {
        let Some(share) = Share::of(measure) else {
            continue;
        };
        let is_shown = shown
            .iter()
            .any(|other| Share::of(*other).as_ref() == Some(&share));
        if is_shown || measure.kind() != MeasureKind::Share {
            continue;
        }
        shown.push(measure);
        let panel = Panel::lines(title(measure), PART).bad_above(limit.bad_at_most);
        panels.push(each(panel, |version| queries.bad(&share, &labels(version))));
    }
    panels.extend([
        each(Panel::lines("Memory of its limit", PART), |version| {
            let labels = labels(version);
            format!("max(process_resident_memory_bytes{labels} / (process_memory_limit_bytes{labels} > 0))")
        }),
        each(Panel::lines("Database connections in use", PART), |version| {
            let labels = labels(version);
            format!("max(postgres_connections_active{labels} / (postgres_connections_max{labels} > 0))")
        }),
        each(Panel::lines("Restarts in an hour", COUNT), |version| {
            format!("sum(changes(process_start_time_seconds{}[1h]))", labels(version))
        }),
    ]);
    panels
}

fn each(panel: Panel, query: impl Fn(&str) -> String) -> Panel {
    BOTH.into_iter().fold(panel, |panel, (version, legend)| {
        panel.query(query(version), legend)
    })
}
