//! Who hears of which alert: critical ones wake somebody, warnings become tickets, and symptoms of an outage stay silent.

use rollout::policy::{Policy, Severity, WATCHDOG};
use serde_json::{Value, json};

pub(crate) const PAGE: &str = "page";
pub(crate) const TICKET: &str = "ticket";
/// A dead man's switch outside of all this.
pub(crate) const HEARTBEAT: &str = "heartbeat";

/// Alerts that are the same in these are told together.
const TOGETHER: [&str; 3] = ["alertname", "job", "version"];
/// Out of labels that all of them share, whatever else differs.
const TITLE: &str =
    "{{ .CommonLabels.alertname }}{{ with .CommonLabels.version }} {{ . }}{{ end }}";

pub(super) fn configuration(policy: &Policy) -> Value {
    json!({
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": TICKET,
            "group_by": TOGETHER,
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [
                // Looked at each minute, so that it is told again after hardly more than five.
                {"matchers": [format!("alertname=\"{WATCHDOG}\"")], "receiver": HEARTBEAT, "group_interval": "1m", "repeat_interval": "5m"},
                {"matchers": ["severity=\"critical\""], "receiver": PAGE, "group_wait": "10s", "repeat_interval": "1h"},
                {"matchers": ["severity=\"warning\""], "receiver": TICKET},
            ],
        },
        "inhibit_rules": inhibitions(&policy.monitoring.job),
        "receivers": receivers(&policy.monitoring.heartbeat),
    })
}

fn inhibitions(job: &str) -> [Value; 6] {
    let outage = format!("job=\"{job}\"");
    [
        // Nothing is up: whatever else is said about the service follows from it.
        inhibition(
            &["alertname=\"ServiceDown\"", &outage],
            &["alertname!=\"ServiceDown\""],
            &["job"],
        ),
        inhibition(
            &["alertname=\"VersionDown\""],
            &["alertname!~\"ServiceDown|VersionDown\""],
            &["job", "version"],
        ),
        // What a service cannot reach cannot do well.
        inhibition(
            &["alertname=\"PostgresDown\""],
            &["alertname=~\"DatabaseConnectionHigh|SearchIndexLagging|ChangeFeedHeldBack\""],
            &["job", "version"],
        ),
        inhibition(
            &["alertname=\"RedisDown\""],
            &["alertname=\"RedisHitRateLow\""],
            &["job", "version"],
        ),
        inhibition(
            &["alertname=\"CommandCenterDown\""],
            &["alertname=\"CallbacksFailing\""],
            &["job", "version"],
        ),
        inhibition(
            &["severity=\"critical\""],
            &["severity=\"warning\""],
            &["job", "version", "component"],
        ),
    ]
}

/// Where people are told is a secret, and so is the token of the heartbeat: each is a file that only the Alertmanager reads.
fn receivers(heartbeat: &str) -> Value {
    json!([
        {"name": PAGE, "pagerduty_configs": [{
            "routing_key_file": "/etc/alertmanager/secrets/page-routing-key",
            "severity": "{{ .CommonLabels.severity }}",
            "description": TITLE,
            "details": {
                "summary": "{{ .CommonAnnotations.summary }}",
                "description": "{{ range .Alerts }}{{ .Annotations.description }} {{ end }}",
                "runbook": "{{ .CommonAnnotations.runbook_url }}",
                "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
            },
            "send_resolved": true,
        }]},
        {"name": TICKET, "slack_configs": [{
            "api_url_file": "/etc/alertmanager/secrets/ticket-webhook-url",
            "title": TITLE,
            "text": "{{ with .CommonAnnotations.summary }}{{ . }}\n{{ end }}{{ range .Alerts }}{{ .Annotations.description }}\n{{ end }}{{ .CommonAnnotations.runbook_url }}\n{{ .CommonAnnotations.dashboard_url }}",
            "send_resolved": true,
        }]},
        {"name": HEARTBEAT, "webhook_configs": [{
            "url": heartbeat,
            "http_config": {"authorization": {"credentials_file": "/etc/alertmanager/secrets/heartbeat-token"}},
            // That it ended would be a heartbeat, too.
            "send_resolved": false,
        }]},
    ])
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
            Severity::None => HEARTBEAT,
        };
        (labels, receiver)
    });
    // An alert of somebody else without a severity is not lost.
    cases
        .chain([(vec!["alertname=Unknown".to_owned()], TICKET)])
        .collect()
}
