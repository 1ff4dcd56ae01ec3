//! Requests, latency, errors, saturation.

use rollout::policy::{Measure, Policy};

use super::panel::{BYTES, COUNT, EVENTS, PART, PER_SECOND, Panel, Queries, SECONDS};
use crate::render::queries::Selectors;
use crate::render::shares::Share;

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let queries = Queries(policy);
    let window = queries.window();
    let selected = queries.labels("");
    let requests = Selectors(&policy.monitoring).requests();
    let mut panels = vec![
        Panel::numbers("Servers that are up", COUNT)
            .query(format!("sum by (version) (up{selected})"), "{{version}}")
            .bad_below(1.0),
        Panel::lines("Requests", PER_SECOND)
            .about("Without probes")
            .query(format!("version:http_requests:rate{window}{selected}"), "{{version}}"),
        Panel::lines("Requests by status", PER_SECOND).query(
            format!(
                "sum by (status) (rate(http_requests_total{{{requests}, version=~\"$version\"}}[{window}]))"
            ),
            "{{status}}",
        ),
    ];
    panels.push(errors(policy, &queries));
    panels.extend(slow(policy, &queries));
    panels.push(
        Panel::lines("Latency, 95th percentile", SECONDS)
            .about("A guess between two edges of the histogram: alerts and verdicts count requests above an edge instead")
            .query(queries.quantile(0.95, "http_request_duration_seconds", "version"), "{{version}}"),
    );
    panels.push(Panel::lines("Slowest routes, mean", SECONDS).query(
        format!(
            "topk(8, {} / ({} > 0))",
            queries.rate("http_request_duration_seconds_sum", "route", ""),
            queries.rate("http_request_duration_seconds_count", "route", "")
        ),
        "{{route}}",
    ));
    let mut memory = Panel::lines("Memory of its limit", PART).query(
        format!(
            "process_resident_memory_bytes{selected} / (process_memory_limit_bytes{selected} > 0)"
        ),
        "{{instance}}",
    );
    if let Some(trigger) = queries.trigger("memory") {
        memory = memory.bad_above(trigger.limit.bad_at_most);
    }
    panels.extend([
        memory,
        Panel::lines("Resident memory", BYTES).query(
            format!("process_resident_memory_bytes{selected}"),
            "{{instance}}",
        ),
        Panel::lines("CPU", COUNT).about("Cores in use").query(
            queries.rate("process_cpu_seconds_total", "instance", ""),
            "{{instance}}",
        ),
        Panel::lines("Busy threads", PART)
            .about("Of each kind of threads that answer or work; 1 is all of them, all the time")
            .query(
                format!(
                    "{} / {}",
                    queries.rate("tokio_worker_busy_seconds_total", "instance, runtime", ""),
                    queries.gauge("tokio_workers", "instance, runtime")
                ),
                "{{instance}} {{runtime}}",
            ),
        Panel::lines("Open files of their limit", PART).query(
            format!("process_open_fds{selected} / process_max_fds{selected}"),
            "{{instance}}",
        ),
        Panel::lines("Restarts in an hour", COUNT).query(
            format!("changes(process_start_time_seconds{selected}[1h])"),
            "{{instance}}",
        ),
        Panel::lines("Refused by limits", EVENTS).query(
            queries.rate("rate_limit_rejections_total", "class", ""),
            "{{class}}",
        ),
        Panel::lines("Refused tokens", EVENTS).query(
            queries.rate("auth_rejections_total", "reason", ""),
            "{{reason}}",
        ),
        Panel::lines("Violations of security rules by the service itself", COUNT)
            .about("In an hour")
            .query(
                format!(
                    "sum by (version) (increase(security_policy_violations_total{selected}[1h]))"
                ),
                "{{version}}",
            )
            .bad_above(1.0),
    ]);
    panels
}

fn errors(policy: &Policy, queries: &Queries<'_>) -> Panel {
    let mut panel = Panel::lines("Failed requests (5xx)", PART);
    if let Some(share) = Share::of(Measure::ServerErrors) {
        panel = panel.query(queries.bad(&share, &queries.labels("")), "{{version}}");
    }
    match policy.triggers.get("error_rate") {
        Some(trigger) => panel.bad_above(trigger.limit.bad_at_most),
        None => panel,
    }
}

/// One for each edge that something is judged at.
fn slow(policy: &Policy, queries: &Queries<'_>) -> Vec<Panel> {
    let edges = policy.judged_edges_ms().into_iter();
    edges
        .filter_map(|slower_than_ms| {
            let measure = Measure::SlowRequests { slower_than_ms };
            let share = Share::of(measure)?;
            let mut limits = policy
                .objectives
                .values()
                .filter(|rule| rule.measure == measure)
                .map(|rule| rule.limit)
                .chain(
                    policy
                        .triggers
                        .values()
                        .filter(|rule| rule.measure == measure)
                        .map(|rule| rule.limit),
                )
                .chain(
                    policy
                        .criteria
                        .values()
                        .filter(|rule| rule.measure == measure)
                        .map(|rule| rule.limit),
                );
            let panel = Panel::lines(format!("Requests slower than {slower_than_ms} ms"), PART)
                .query(queries.bad(&share, &queries.labels("")), "{{version}}");
            Some(match limits.next() {
                Some(limit) => panel.bad_above(limit.bad_at_most),
                None => panel,
            })
        })
        .collect()
}
