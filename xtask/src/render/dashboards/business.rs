//! What the service is there for.

use rollout::policy::{Measure, Policy};

use super::panel::{COUNT, EVENTS, PART, PER_SECOND, Panel, Queries};
use crate::render::shares::Share;

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let queries = Queries(policy);
    let rate = |metric: &str| queries.rate(metric, "job", "");
    vec![
        Panel::lines("Searches", PER_SECOND).query(rate("search_requests_total"), "searches"),
        Panel::lines("Searches without a result", PART).query(
            format!(
                "{} / ({} > 0)",
                rate("search_zero_results_total"),
                rate("search_requests_total")
            ),
            "without a result",
        ),
        good(
            policy,
            &queries,
            "search",
            Measure::SearchErrors,
            "Searches that succeed",
        )
        .about("Answered without a 5xx, and in time"),
        Panel::lines("Eligibility checks", PER_SECOND)
            .query(rate("eligibility_checks_total"), "checks"),
        Panel::lines("Recommendations: shown and clicked", EVENTS)
            .query(rate("recommendation_impressions_total"), "shown")
            .query(rate("recommendation_clicks_total"), "clicked"),
        Panel::lines("Recommendations: clicks per impression", PART).query(
            format!(
                "{} / ({} > 0)",
                rate("recommendation_clicks_total"),
                rate("recommendation_impressions_total")
            ),
            "clicked",
        ),
        Panel::lines("Interactions", EVENTS).query(
            queries.rate("interactions_recorded_total", "kind", ""),
            "{{kind}}",
        ),
        Panel::lines("Tasks of agents, by how they ended", EVENTS).query(
            queries.rate("agent_tasks_total", "outcome", ""),
            "{{outcome}}",
        ),
        good(
            policy,
            &queries,
            "agent_tasks",
            Measure::AgentTaskFailures,
            "Tasks that succeed",
        ),
        Panel::lines("Tasks taken in", EVENTS).query(rate("agent_tasks_received_total"), "tasks"),
        Panel::lines("Tasks that wait", COUNT).query(
            queries.gauge("agent_tasks_queued", "instance"),
            "{{instance}}",
        ),
        Panel::lines("AI answers, by whose they are", EVENTS)
            .query(queries.rate("ai_answers_total", "source", ""), "{{source}}"),
        Panel::lines("Scholarships", COUNT).query(
            queries.gauge("index_scholarships", "version"),
            "{{version}}",
        ),
    ]
}

fn good(
    policy: &Policy,
    queries: &Queries<'_>,
    objective: &str,
    measure: Measure,
    title: &str,
) -> Panel {
    let mut panel = Panel::lines(title, PART);
    if let Some(share) = Share::of(measure) {
        let bad = queries.bad(&share, &queries.labels(""));
        panel = panel.query(format!("1 - {bad}"), "{{version}}");
    }
    match policy.objectives.get(objective) {
        Some(objective) => panel.bad_below(1.0 - objective.limit.bad_at_most),
        None => panel,
    }
}
