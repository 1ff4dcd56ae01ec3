//! What the Prometheus Operator is told in a cluster: whom to scrape, and the same rules as everywhere.

use rollout::policy::Policy;
use rollout::span;
use serde_json::{Value, json};

use super::alerts;
use super::recording::{self, Subject};

/// The operator's API, as its CRDs have it.
const API: &str = "monitoring.coreos.com/v1";
/// Labels by which pods of a release are told apart: of Argo Rollouts, and of a plain Deployment.
const HASHES: [&str; 2] = ["rollouts_pod_template_hash", "pod_template_hash"];

/// Path below `deploy/`, what it is about, content.
///
/// # Errors
/// The policy has an alert that cannot be made from its numbers.
pub(super) fn files(policy: &Policy) -> anyhow::Result<Vec<(String, &'static str, Value)>> {
    let path = |name: &str| format!("kubernetes/monitoring/{name}.yaml");
    Ok(vec![
        (
            path("kustomization"),
            "Named under `components` where the Prometheus Operator is. Its Prometheus must select these objects: by their label `app`.",
            json!({
                "apiVersion": "kustomize.config.k8s.io/v1alpha1",
                "kind": "Component",
                "resources": ["service-monitor.yaml", "prometheus-rule.yaml"],
            }),
        ),
        (
            path("service-monitor"),
            "The pods' own labels win; `up` gets the version of its pod as well, so that a canary that is down is seen as such.",
            service_monitor(policy),
        ),
        (
            path("prometheus-rule"),
            "The rules of deploy/prometheus/rules.",
            prometheus_rule(policy)?,
        ),
    ])
}

fn metadata(policy: &Policy) -> Value {
    let name = &policy.monitoring.job;
    json!({"name": name, "labels": {"app": name}})
}

fn service_monitor(policy: &Policy) -> Value {
    let monitoring = &policy.monitoring;
    let version = HASHES.map(|label| {
        json!({
            "sourceLabels": [format!("__meta_kubernetes_pod_label_{label}")],
            "regex": "(.+)",
            "targetLabel": "version",
        })
    });
    json!({
        "apiVersion": API,
        "kind": "ServiceMonitor",
        "metadata": metadata(policy),
        "spec": {
            "jobLabel": "app",
            "selector": {"matchLabels": {"app": monitoring.job, "scrape": "metrics"}},
            "endpoints": [{
                "port": "metrics",
                "path": "/metrics",
                "honorLabels": true,
                "interval": span::text(monitoring.scrape_every),
                // A scrape that takes longer than its interval would be lost.
                "scrapeTimeout": span::text(monitoring.scrape_every / 2),
                "relabelings": version,
            }],
        },
    })
}

fn prometheus_rule(policy: &Policy) -> anyhow::Result<Value> {
    let mut files = vec![recording::objectives(policy)];
    files.extend(Subject::ALL.map(|subject| recording::rules(policy, subject)));
    files.push(alerts::rules(policy)?);
    let groups = files.iter().filter_map(|file| file["groups"].as_array());
    let groups: Vec<&Value> = groups.flatten().collect();
    Ok(json!({
        "apiVersion": API,
        "kind": "PrometheusRule",
        "metadata": metadata(policy),
        "spec": {"groups": groups},
    }))
}
