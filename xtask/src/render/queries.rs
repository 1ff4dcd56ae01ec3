//! What is counted in the series that the servers export.

use std::collections::BTreeMap;
use std::time::Duration;

use rollout::policy::{Measure, Monitoring, Operation};
use rollout::span;

/// Answers by rules that no model could have given: none is configured, or the caller is the reason.
const NOT_FOR_THE_MODEL: &str = "not_configured|unsafe_input|caller_limited";

/// Seconds, as the server writes edges. Whole ones are written `1` or `1.0`, by the form of the scrape.
pub(super) fn edge(milliseconds: u32) -> String {
    let seconds = f64::from(milliseconds) / 1_000.0;
    if milliseconds.is_multiple_of(1_000) {
        return format!("le=~\"{seconds}([.]0)?\"");
    }
    format!("le=\"{seconds}\"")
}

/// `"a|b"` of routes, with what a pattern would read otherwise in brackets.
pub(crate) fn routes(templates: &[String]) -> String {
    let plain = |template: &String| template.replace('{', "[{]").replace('}', "[}]");
    let plain: Vec<String> = templates.iter().map(plain).collect();
    format!("\"{}\"", plain.join("|"))
}

pub(super) struct Selectors<'a>(pub(super) &'a Monitoring);

impl Selectors<'_> {
    fn job(&self) -> String {
        format!("job=\"{}\"", self.0.job)
    }

    /// Requests of callers: not the probes.
    pub(super) fn requests(&self) -> String {
        format!("{}, route!~{}", self.job(), routes(&self.0.probe_routes))
    }

    /// Those of them that are held to the latency objective.
    pub(super) fn timed(&self) -> String {
        let both = [&self.0.probe_routes[..], &self.0.slow_routes[..]].concat();
        format!("{}, route!~{}", self.job(), routes(&both))
    }

    /// The rate of these operations together.
    fn operations(
        &self,
        metric: &str,
        operations: &[Operation],
        labels: &str,
        window: Duration,
    ) -> String {
        let window = span::text(window);
        let of_route = |route: &str, methods: Vec<&str>| {
            let methods = methods.join("|");
            format!(
                "rate({metric}{{{}, route=\"{route}\", method=~\"{methods}\"{labels}}}[{window}])",
                self.job()
            )
        };
        let mut by_route: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for operation in operations {
            let methods = by_route.entry(&operation.route).or_default();
            methods.push(&operation.method);
        }
        let rates: Vec<String> = by_route
            .into_iter()
            .map(|(route, methods)| of_route(route, methods))
            .collect();
        format!("sum by (job, version) ({})", rates.join(" or "))
    }

    /// The queries of all and of bad ones, per version.
    pub(super) fn of(&self, measure: Measure, window: Duration) -> Option<(String, String)> {
        let job = self.job();
        let sum = |metric: &str, labels: &str| {
            let window = span::text(window);
            format!("sum by (job, version) (rate({metric}{{{labels}}}[{window}]))")
        };
        let requests = |labels: &str| sum("http_requests_total", labels);
        let timed = |labels: &str| sum("http_request_duration_seconds_count", labels);
        let within = |labels: &str, milliseconds: u32| {
            let labels = format!("{labels}, {}", edge(milliseconds));
            sum("http_request_duration_seconds_bucket", &labels)
        };
        let server_errors = "status=~\"5..\"";
        let found = match measure {
            Measure::Unavailable | Measure::ServerErrors => {
                let labels = self.requests();
                let all = requests(&labels);
                (
                    all.clone(),
                    or_none(&requests(&format!("{labels}, {server_errors}")), &all),
                )
            }
            Measure::SlowRequests { slower_than_ms } => {
                let labels = self.timed();
                let all = timed(&labels);
                let slow = format!("{all}\n- {}", within(&labels, slower_than_ms));
                (all, slow)
            }
            Measure::SearchErrors => {
                let searches = |metric: &str, labels: &str| {
                    self.operations(metric, &self.0.searches, labels, window)
                };
                let all = searches("http_requests_total", "");
                let failed = searches("http_requests_total", &format!(", {server_errors}"));
                // Those without a server error: nothing is counted twice.
                let slow = searches("http_slow_answers_total", "");
                (
                    all.clone(),
                    format!("{}\n+ {}", or_none(&failed, &all), or_none(&slow, &all)),
                )
            }
            Measure::RecommendationErrors => {
                let asked = |labels: &str| {
                    let operations = &self.0.recommendations;
                    self.operations("http_requests_total", operations, labels, window)
                };
                let all = asked("");
                let failed = asked(&format!(", {server_errors}"));
                (all.clone(), or_none(&failed, &all))
            }
            Measure::AgentTaskFailures => {
                let ended = |outcomes: &str| {
                    let labels = format!("{job}, outcome=~\"{outcomes}\"");
                    sum("agent_tasks_total", &labels)
                };
                (ended("succeeded|failed|dead"), ended("failed|dead"))
            }
            Measure::AiFailures => (
                sum("openai_requests_total", &job),
                sum("openai_requests_failed_total", &job),
            ),
            Measure::AiFallbacks => {
                let labels = format!("{job}, reason!~\"{NOT_FOR_THE_MODEL}\"");
                let fallbacks = sum("ai_fallbacks_total", &labels);
                let answers = sum(
                    "ai_answers_total",
                    &format!("{job}, source=~\"model|cache\""),
                );
                (format!("{answers}\n+ {fallbacks}"), fallbacks)
            }
            Measure::CacheMisses => {
                let lookups = sum("redis_lookups_total", &job);
                let hits = sum("redis_hits_total", &job);
                (lookups.clone(), format!("{lookups}\n- {hits}"))
            }
            Measure::PoolUse
            | Measure::Memory
            | Measure::SecurityViolations
            | Measure::Restarts => return None,
        };
        Some(found)
    }
}

/// A status that never came has no series: that is none of them, and not nothing.
fn or_none(some: &str, all: &str) -> String {
    format!("(\n  {some}\n  or 0 * {all}\n)")
}
