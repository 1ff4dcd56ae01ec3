//! How Prometheus reads the servers, and how the autoscaler hears of their requests.

use rollout::policy::Policy;
use rollout::span;
use serde_json::{Value, json};

/// An example for plain machines. Labels of the servers win (`honor_labels`), and targets say their version as well, so that
/// `up` is known per version.
pub(super) fn configuration(policy: &Policy) -> Value {
    let monitoring = &policy.monitoring;
    let every = span::text(monitoring.scrape_every);
    json!({
        "global": {"scrape_interval": every, "evaluation_interval": span::text(monitoring.evaluate_every)},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:9093"]}]}]},
        "scrape_configs": [{
            "job_name": monitoring.job,
            "honor_labels": true,
            // A scrape that takes longer than its interval would be lost.
            "scrape_timeout": span::text(monitoring.scrape_every / 2),
            "metrics_path": "/metrics",
            "static_configs": [
                {"targets": ["127.0.0.1:9464"], "labels": {"version": "stable-version"}},
                {"targets": ["127.0.0.1:9465"], "labels": {"version": "canary-version"}},
            ],
        }],
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
