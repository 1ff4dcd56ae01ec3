//! How Prometheus reads the servers, and how the autoscaler hears of their requests.

use rollout::policy::Policy;
use rollout::span;
use serde_json::{Value, json};

/// Whom to scrape where nobody finds out by themselves.
pub(super) struct Targets {
    /// An admin listener and the version behind it.
    servers: &'static [(&'static str, &'static str)],
    /// The router's own metrics.
    router: &'static str,
    /// Itself: its rules may fail.
    prometheus: &'static str,
    alertmanager: &'static str,
}

/// Plain machines.
pub(super) const EXAMPLE: Targets = Targets {
    servers: &[
        ("127.0.0.1:9464", "stable-version"),
        ("127.0.0.1:9465", "canary-version"),
    ],
    router: "127.0.0.1:8405",
    prometheus: "127.0.0.1:9090",
    alertmanager: "127.0.0.1:9093",
};
/// The containers of `deploy/compose.yaml`.
pub(super) const COMPOSE: Targets = Targets {
    servers: &[
        ("server-1:9464", "stable"),
        ("server-2:9464", "stable"),
        ("server-3:9464", "canary"),
    ],
    router: "haproxy:8405",
    prometheus: "prometheus:9090",
    alertmanager: "alertmanager:9093",
};

/// Labels of the servers win (`honor_labels`), and targets say their version as well, so that `up` is known per version.
pub(super) fn configuration(policy: &Policy, targets: &Targets) -> Value {
    let monitoring = &policy.monitoring;
    let every = span::text(monitoring.scrape_every);
    // A scrape that takes longer than its interval would be lost.
    let timeout = span::text(monitoring.scrape_every / 2);
    let servers = targets
        .servers
        .iter()
        .map(|(target, version)| json!({"targets": [target], "labels": {"version": version}}));
    let servers: Vec<Value> = servers.collect();
    let mut jobs = vec![json!({
        "job_name": monitoring.job,
        "honor_labels": true,
        "scrape_timeout": timeout,
        "metrics_path": "/metrics",
        "static_configs": servers,
    })];
    let others = [
        ("haproxy", targets.router),
        ("prometheus", targets.prometheus),
    ];
    jobs.extend(others.map(|(name, target)| {
        json!({
            "job_name": name,
            "scrape_timeout": timeout,
            "static_configs": [{"targets": [target]}],
        })
    }));
    json!({
        "global": {"scrape_interval": every, "evaluation_interval": span::text(monitoring.evaluate_every)},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [targets.alertmanager]}]}]},
        "scrape_configs": jobs,
    })
}

/// For prometheus-adapter: `http_requests_per_second` of each pod.
pub(super) fn adapter(policy: &Policy) -> Value {
    let window = span::text(policy.monitoring.autoscaling_window);
    json!({"rules": [{
        "seriesQuery": "http_requests_total{namespace!=\"\",pod!=\"\"}",
        "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
        "name": {"matches": "^http_requests_total$", "as": "http_requests_per_second"},
        "metricsQuery": format!("sum by (<<.GroupBy>>) (rate(<<.Series>>{{<<.LabelMatchers>>}}[{window}]))"),
    }]})
}
