//! What a server exports: by its documentation, once that is there.

use std::collections::BTreeSet;

use super::root;

/// Metrics with their types, as `docs/metrics.md` will list them.
const AGREED: &str = "\
http_requests_total counter
http_request_duration_seconds histogram
http_slow_answers_total counter
search_requests_total counter
search_zero_results_total counter
eligibility_checks_total counter
interactions_recorded_total counter
index_scholarships gauge
index_segments gauge
index_lag_seconds gauge
index_healed_records_total counter
change_feed_held_back_seconds gauge
openai_requests_total counter
openai_requests_failed_total counter
openai_request_duration_seconds histogram
ai_answers_total counter
ai_fallbacks_total counter
openai_cost_usd_total counter
openai_budget_warnings_total counter
openai_circuit_breaker_open gauge
agent_tasks_received_total counter
agent_tasks_total counter
agent_task_duration_seconds histogram
command_center_requests_total counter
agent_notices_buried_total counter
agent_events_dropped_total counter
build_info gauge
postgres_connections_active gauge
postgres_connections_max gauge
postgres_query_duration_seconds histogram
postgres_transactions_total counter
postgres_up gauge
redis_up gauge
command_center_up gauge
redis_lookups_total counter
redis_hits_total counter
openai_configured gauge
openai_budget_usd gauge
openai_budget_spent_usd gauge
recommendation_impressions_total counter
recommendation_clicks_total counter
rate_limit_rejections_total counter
auth_rejections_total counter
security_policy_violations_total counter
interactions_queued gauge
tokio_workers gauge
tokio_worker_busy_seconds_total counter
agent_tasks_queued gauge
agent_notices_queued gauge
agent_notice_deliveries_total counter
process_start_time_seconds gauge
process_cpu_seconds_total counter
process_resident_memory_bytes gauge
process_memory_limit_bytes gauge
process_open_fds gauge
process_max_fds gauge
certificate_expiry_timestamp_seconds gauge
token_key_since_timestamp_seconds gauge
telemetry_spans_dropped_total counter
telemetry_exports_total counter";

/// The series that are scraped, and `up`, which the scrape itself makes.
pub(super) fn names() -> BTreeSet<String> {
    let metrics = match std::fs::read_to_string(root().join("docs/metrics.md")) {
        Ok(text) => documented(&text),
        Err(_) => AGREED
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .collect(),
    };
    let mut names = BTreeSet::from(["up".to_owned()]);
    for (name, kind) in metrics {
        if kind == "histogram" {
            names.extend(["_bucket", "_count", "_sum"].map(|part| format!("{name}{part}")));
        } else {
            names.insert(name);
        }
    }
    names
}

/// Rows that begin with a name in backticks, then the type.
fn documented(text: &str) -> Vec<(String, String)> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let (name, rest) = row.split_once('`')?;
        let kind = rest.split('|').nth(1)?.trim();
        Some((name.to_owned(), kind.to_owned()))
    })
    .collect()
}

#[test]
fn a_table_of_metrics_is_read() {
    let table =
        "| name | type |\n|---|---|\n| `a_total` | counter | x |\n| `b_seconds` | histogram | |\n";
    let expected = [("a_total", "counter"), ("b_seconds", "histogram")];
    assert_eq!(
        documented(table),
        expected.map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    );
    assert!(names().contains("http_request_duration_seconds_bucket"));
}
