//! What Prometheus is asked. Counts are those of `increase`, which guesses at the edges of a window: a report may, a judge may not.

use std::time::Duration;

use rollout::policy::{Monitoring, Severity};
use rollout::span;

use crate::render::queries::routes;

/// The questions about one service over one stretch of time.
pub(super) struct Questions<'a> {
    job: String,
    monitoring: &'a Monitoring,
    window: String,
    /// Labels of callers' requests: not the probes.
    callers: String,
    /// Labels of those that are held to the latency objective.
    timed: String,
}

impl<'a> Questions<'a> {
    /// `job` is the servers' label, where it is not the one of the policy.
    pub(super) fn new(job: &str, monitoring: &'a Monitoring, window: Duration) -> Self {
        let untimed = [&monitoring.probe_routes[..], &monitoring.slow_routes[..]].concat();
        Self {
            monitoring,
            job: job.replace(['\\', '"'], ""),
            window: span::text(window),
            callers: format!(",route!~{}", routes(&monitoring.probe_routes)),
            timed: format!(",route!~{}", routes(&untimed)),
        }
    }

    /// How often something was counted in the stretch.
    fn count(&self, metric: &str, matchers: &str) -> String {
        let (job, window) = (&self.job, &self.window);
        format!("sum(increase({metric}{{job=\"{job}\"{matchers}}}[{window}]))")
    }

    pub(super) fn requests(&self) -> String {
        self.count("http_requests_total", &self.callers)
    }

    /// Nothing where no request failed: a series is made with the first one.
    pub(super) fn failed_requests(&self) -> String {
        let failed = format!("{},status=~\"5..\"", self.callers);
        self.count("http_requests_total", &failed)
    }

    pub(super) fn searches(&self) -> String {
        self.count_of_searches("http_requests_total", "")
    }

    /// Of the operations that the policy calls searches.
    fn count_of_searches(&self, metric: &str, matchers: &str) -> String {
        let (job, window) = (&self.job, &self.window);
        let counts = self.monitoring.searches.iter().map(|operation| {
            let (route, method) = (&operation.route, &operation.method);
            format!("increase({metric}{{job=\"{job}\",route=\"{route}\",method=\"{method}\"{matchers}}}[{window}])")
        });
        format!("sum({})", counts.collect::<Vec<_>>().join(" or "))
    }

    /// Answered with a server error, or not within a second.
    pub(super) fn failed_searches(&self) -> String {
        let failed = self.count_of_searches("http_requests_total", ",status=~\"5..\"");
        let slow = self.count_of_searches("http_slow_answers_total", "");
        format!("({failed} or vector(0)) + ({slow} or vector(0))")
    }

    pub(super) fn ended_tasks(&self) -> String {
        self.count("agent_tasks_total", ",outcome=~\"succeeded|failed|dead\"")
    }

    pub(super) fn failed_tasks(&self) -> String {
        self.count("agent_tasks_total", ",outcome=~\"failed|dead\"")
    }

    pub(super) fn found_searches(&self) -> String {
        self.count("search_requests_total", "")
    }

    pub(super) fn empty_searches(&self) -> String {
        self.count("search_zero_results_total", "")
    }

    pub(super) fn impressions(&self) -> String {
        self.count("recommendation_impressions_total", "")
    }

    pub(super) fn clicks(&self) -> String {
        self.count("recommendation_clicks_total", "")
    }

    /// Requests a second in the busiest five minutes.
    pub(super) fn busiest(&self) -> String {
        self.highest(&self.rate("5m"))
    }

    /// Cores that the busiest process used in its busiest five minutes.
    pub(super) fn cores(&self) -> String {
        self.highest(&format!(
            "max(rate(process_cpu_seconds_total{{job=\"{}\"}}[5m]))",
            self.job
        ))
    }

    /// Part of its limit that the largest process had; nothing where there are no limits.
    pub(super) fn memory(&self) -> String {
        self.highest(&self.part(
            "process_resident_memory_bytes",
            "process_memory_limit_bytes",
        ))
    }

    /// Part of its connections to Postgres that a process had lent.
    pub(super) fn pool(&self) -> String {
        self.highest(&self.part("postgres_connections_active", "postgres_connections_max"))
    }

    fn part(&self, of: &str, all: &str) -> String {
        let job = &self.job;
        format!("max({of}{{job=\"{job}\"}} / {all}{{job=\"{job}\"}})")
    }

    fn highest(&self, query: &str) -> String {
        format!("max_over_time(({query})[{}:5m])", self.window)
    }

    /// Targets that are listed now, up or not.
    pub(super) fn processes(&self) -> String {
        format!("count(up{{job=\"{}\"}})", self.job)
    }

    /// Of one of our alerts.
    pub(super) fn severity(&self, alert: &str) -> &'static str {
        let alert = self.monitoring.alerts.get(alert);
        alert.map_or("", |alert| alert.severity.name())
    }

    /// Minutes that one of our alerts fired, whatever for, by `alertname`. Those that tell nobody are no incidents.
    pub(super) fn alerts(&self) -> String {
        let alerts = self.monitoring.alerts.iter();
        let told = alerts.filter(|(_, alert)| alert.severity != Severity::None);
        format!(
            "count_over_time((max by (alertname) (ALERTS{{alertstate=\"firing\",alertname=~\"{}\"}}))[{}:1m])",
            Vec::from_iter(told.map(|(name, _)| name.as_str())).join("|"),
            self.window
        )
    }

    /// Requests a second, by moment.
    pub(super) fn rate(&self, step: &str) -> String {
        let (job, callers) = (&self.job, &self.callers);
        format!("sum(rate(http_requests_total{{job=\"{job}\"{callers}}}[{step}]))")
    }

    /// Part of the requests that failed, by moment.
    pub(super) fn failing(&self, step: &str) -> String {
        let (job, callers) = (&self.job, &self.callers);
        format!(
            "(sum(rate(http_requests_total{{job=\"{job}\"{callers},status=~\"5..\"}}[{step}])) or vector(0)) / {}",
            self.rate(step)
        )
    }

    /// Part of the requests that took longer than 200 ms, by moment.
    pub(super) fn slow(&self, step: &str) -> String {
        let labels = format!("job=\"{}\"{}", self.job, self.timed);
        let name = "http_request_duration_seconds";
        format!(
            "1 - sum(rate({name}_bucket{{{labels},le=\"0.2\"}}[{step}])) / sum(rate({name}_count{{{labels}}}[{step}]))"
        )
    }

    /// All of them, for whoever checks that their metrics are there.
    #[cfg(test)]
    fn all(&self) -> Vec<String> {
        vec![
            self.requests(),
            self.failed_requests(),
            self.searches(),
            self.failed_searches(),
            self.ended_tasks(),
            self.failed_tasks(),
            self.found_searches(),
            self.empty_searches(),
            self.impressions(),
            self.clicks(),
            self.busiest(),
            self.cores(),
            self.memory(),
            self.pool(),
            self.alerts(),
            self.rate("5m"),
            self.failing("5m"),
            self.slow("5m"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use rollout::Policy;

    use super::*;

    /// Words of PromQL, and labels.
    const WORDS: [&str; 18] = [
        "sum",
        "increase",
        "rate",
        "max",
        "max_over_time",
        "count_over_time",
        "or",
        "vector",
        "by",
        "job",
        "status",
        "route",
        "method",
        "outcome",
        "le",
        "alertname",
        "alertstate",
        "ALERTS",
    ];

    #[test]
    fn an_alert_that_tells_nobody_is_no_incident() {
        let policy = Policy::parse(include_str!("../../../config/rollout.toml")).unwrap();
        let week = Duration::from_secs(604_800);
        let asked = Questions::new("scholarship-api", &policy.monitoring, week).alerts();
        assert!(asked.contains("|VersionDown\""), "{asked}");
        assert!(!asked.contains("Watchdog"), "{asked}");
    }

    #[test]
    fn every_metric_is_described() {
        let described = include_str!("../../../docs/metrics.md");
        let policy = Policy::parse(include_str!("../../../config/rollout.toml")).unwrap();
        let week = Duration::from_secs(604_800);
        for query in Questions::new("scholarship-api", &policy.monitoring, week).all() {
            let bare: String = query.split('"').step_by(2).collect();
            let names = bare.split(|one: char| !one.is_ascii_alphanumeric() && one != '_');
            for name in
                names.filter(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
            {
                let metric = name.trim_end_matches("_bucket").trim_end_matches("_count");
                let is_known = WORDS.contains(&name) || described.contains(&format!("`{metric}`"));
                assert!(is_known, "{name} in {query}");
            }
        }
    }
}
