//! The language model, Redis and the Command Center.

use rollout::policy::{Condition, Measure, Policy};

use super::panel::{COUNT, DOLLARS, EVENTS, PART, Panel, Queries, SECONDS};
use crate::render::shares::Share;

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let queries = Queries(policy);
    let mut panels = vec![
        Panel::lines("Calls to the language model, time", SECONDS)
            .query(
                queries.quantile(0.5, "openai_request_duration_seconds", ""),
                "median",
            )
            .query(
                queries.quantile(0.95, "openai_request_duration_seconds", ""),
                "95th percentile",
            ),
        share(
            policy,
            &queries,
            "ai_failures",
            "Failed questions to the language model",
        ),
        share(
            policy,
            &queries,
            "ai_fallbacks",
            "Answers by rules in the model's place",
        ),
        Panel::lines("Answers by rules, by reason", EVENTS).query(
            queries.rate("ai_fallbacks_total", "reason", ""),
            "{{reason}}",
        ),
        Panel::lines("Money for the language model, of the day", DOLLARS)
            .query(queries.gauge("openai_budget_spent_usd", "job"), "spent")
            .query(queries.gauge("openai_budget_usd", "job"), "limit"),
        Panel::lines("Circuit breaker is open", COUNT)
            .query(
                queries.gauge("openai_circuit_breaker_open", "instance"),
                "{{instance}}",
            )
            .bad_above(1.0),
    ];
    panels.extend([
        Panel::numbers("Redis is reached", COUNT)
            .query(queries.gauge("redis_up", "instance"), "{{instance}}")
            .bad_below(1.0),
        hit_rate(policy, &queries),
        Panel::lines("Lookups in Redis", EVENTS).query(
            queries.rate("redis_lookups_total", "version", ""),
            "{{version}}",
        ),
        Panel::numbers("The Command Center is reached", COUNT)
            .query(
                queries.gauge("command_center_up", "instance"),
                "{{instance}}",
            )
            .bad_below(1.0),
        Panel::lines("Requests to the Command Center", EVENTS).query(
            queries.rate("command_center_requests_total", "outcome", ""),
            "{{outcome}}",
        ),
        callbacks(policy, &queries),
        Panel::lines("Notices that wait", COUNT).query(
            queries.gauge("agent_notices_queued", "instance"),
            "{{instance}}",
        ),
        Panel::lines("Notices given up, events dropped", EVENTS)
            .query(
                queries.rate("agent_notices_buried_total", "job", ""),
                "notices",
            )
            .query(
                queries.rate("agent_events_dropped_total", "job", ""),
                "events",
            ),
        Panel::lines("Exports of telemetry", EVENTS)
            .query(
                queries.rate("telemetry_exports_total", "outcome", ""),
                "{{outcome}}",
            )
            .query(
                queries.rate("telemetry_spans_dropped_total", "job", ""),
                "spans dropped",
            ),
    ]);
    panels
}

fn share(policy: &Policy, queries: &Queries<'_>, trigger: &str, title: &str) -> Panel {
    let panel = Panel::lines(title, PART);
    let Some(trigger) = policy.triggers.get(trigger) else {
        return panel;
    };
    match Share::of(trigger.measure) {
        Some(share) => panel
            .query(queries.bad(&share, &queries.labels("")), "{{version}}")
            .bad_above(trigger.limit.bad_at_most),
        None => panel,
    }
}

fn hit_rate(policy: &Policy, queries: &Queries<'_>) -> Panel {
    let mut panel = Panel::lines("Hit rate of Redis", PART)
        .about("Of lookups of keys that were written within their time to live");
    if let Some(share) = Share::of(Measure::CacheMisses) {
        let bad = queries.bad(&share, &queries.labels(""));
        panel = panel.query(format!("1 - {bad}"), "{{version}}");
    }
    match policy.criteria.get("redis_hits") {
        Some(criterion) => panel.bad_below(1.0 - criterion.limit.bad_at_most),
        None => panel,
    }
}

fn callbacks(policy: &Policy, queries: &Queries<'_>) -> Panel {
    let failed = queries.rate(
        "agent_notice_deliveries_total",
        "job",
        ", outcome=\"failure\"",
    );
    let all = queries.rate("agent_notice_deliveries_total", "job", "");
    let panel = Panel::lines("Callbacks that fail", PART)
        .query(format!("{failed} / ({all} > 0)"), "failed");
    match policy
        .monitoring
        .alerts
        .get("CallbacksFailing")
        .map(|alert| &alert.condition)
    {
        Some(Condition::Own(own)) => panel.bad_above(own.above),
        _ => panel,
    }
}
