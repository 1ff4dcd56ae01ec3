//! Who hears of which alert: critical ones wake somebody, warnings become tickets, and symptoms of an outage stay silent.

use rollout::policy::{Policy, Severity};
use serde_json::{Value, json};

pub(crate) const PAGE: &str = "page";
pub(crate) const TICKET: &str = "ticket";

pub(super) fn configuration(policy: &Policy) -> Value {
    let job = &policy.monitoring.job;
    let outage = format!("job=\"{job}\"");
    json!({
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": TICKET,
            "group_by": ["alertname", "job", "version"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [
                {"matchers": ["severity=\"critical\""], "receiver": PAGE, "group_wait": "10s", "repeat_interval": "1h"},
                {"matchers": ["severity=\"warning\""], "receiver": TICKET},
            ],
        },
        "inhibit_rules": [
            // Nothing is up: whatever else is said about the service follows from it.
            inhibition(&["alertname=\"ServiceDown\"", &outage], &["alertname!=\"ServiceDown\""], &["job"]),
            inhibition(&["alertname=\"VersionDown\""], &["alertname!~\"ServiceDown|VersionDown\""], &["job", "version"]),
            // What a service cannot reach cannot do well.
            inhibition(
                &["alertname=\"PostgresDown\""],
                &["alertname=~\"DatabaseConnectionHigh|SearchIndexLagging|ChangeFeedHeldBack\""],
                &["job", "version"],
            ),
            inhibition(&["alertname=\"RedisDown\""], &["alertname=\"RedisHitRateLow\""], &["job", "version"]),
            inhibition(&["alertname=\"CommandCenterDown\""], &["alertname=\"CallbacksFailing\""], &["job", "version"]),
            inhibition(&["severity=\"critical\""], &["severity=\"warning\""], &["job", "version", "component"]),
        ],
        // Where they are is a secret: each is a file that only the Alertmanager reads.
        "receivers": [
            {"name": PAGE, "pagerduty_configs": [{
                "routing_key_file": "/etc/alertmanager/secrets/page-routing-key",
                "severity": "{{ .CommonLabels.severity }}",
                "description": "{{ .CommonAnnotations.summary }}",
                "details": {
                    "description": "{{ range .Alerts }}{{ .Annotations.description }} {{ end }}",
                    "runbook": "{{ .CommonAnnotations.runbook_url }}",
                    "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
                },
                "send_resolved": true,
            }]},
            {"name": TICKET, "slack_configs": [{
                "api_url_file": "/etc/alertmanager/secrets/ticket-webhook-url",
                "title": "{{ .CommonAnnotations.summary }}",
                "text": "{{ range .Alerts }}{{ .Annotations.description }}\n{{ end }}{{ .CommonAnnotations.runbook_url }}\n{{ .CommonAnnotations.dashboard_url }}",
                "send_resolved": true,
            }]},
        ],
    })
}

fn inhibition(source: &[&str], target: &[&str], equal: &[&str]) -> Value {
    json!({"source_matchers": source, "target_matchers": target, "equal": equal})
}

/// What `amtool config routes test` must say of each alert: its labels, and who receives it.
pub(crate) fn cases(policy: &Policy) -> Vec<(Vec<String>, &'static str)> {
    let alerts = policy.monitoring.alerts.iter();
    let cases = alerts.map(|(name, alert)| {
        let labels = vec![
            format!("alertname={name}"),
            format!("job={}", policy.monitoring.job),
            format!("severity={}", alert.severity.name()),
        ];
        let receiver = match alert.severity {
            Severity::Critical => PAGE,
            Severity::Warning => TICKET,
        };
        (labels, receiver)
    });
    // An alert of somebody else without a severity is not lost.
    cases
        .chain([(vec!["alertname=Unknown".to_owned()], TICKET)])
        .collect()
}
