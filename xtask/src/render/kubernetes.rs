//! Releases in a cluster: the steps of the Rollout, and for each stage an AnalysisTemplate whose Job runs `xtask rollout-check`, so
//! that the judge and its numbers are the same as everywhere.
//!
//! Argo Rollouts reads a Job that completes as success and one that fails as failure, and knows nothing between. What is undecided is
//! therefore no end of the Job: its pod failure policy ignores the pod, and another one goes on watching.

use std::time::Duration;

use rollout::policy::{Policy, Stage};
use rollout::{Outcome, span};
use serde_json::{Value, json};

/// For stages that may last as long as an operator likes.
const FOR_EVER: Duration = Duration::from_secs(30 * 86_400);
/// What the ConfigMap is called, and the file in it.
const CONFIG_MAP: &str = "rollout-policy";
const FILE: &str = "rollout.toml";
const FOLDER: &str = "/policy";
const CONTAINER: &str = "rollout-check";
/// Where nobody says otherwise: the AnalysisTemplate's argument `prometheus`.
const PROMETHEUS: &str = "http://prometheus.monitoring.svc:9090";
/// By this label of its pods, network policies let a Job ask Prometheus.
const APP: &str = "rollout-check";
/// The arguments that name the two versions, and what a Rollout gives for each: `version` is the hash of a pod's template in a cluster.
const VERSIONS: [(&str, &str); 2] = [("canary", "Latest"), ("stable", "Stable")];
/// Argo's API, as its CRDs have it.
const API: &str = "argoproj.io/v1alpha1";

/// Path below `deploy/`, what it is about, content.
pub(super) fn files(policy: &Policy, text: &str) -> Vec<(String, &'static str, Value)> {
    let path = |name: &str| format!("kubernetes/rollouts/{name}.yaml");
    let mut files = vec![
        (
            path("kustomization"),
            "Named under `components` of whatever has a Rollout of this name.",
            kustomization(policy),
        ),
        (
            path("steps"),
            "A patch of the Rollout. Each stage ends with its analysis; the pause lets the routers follow and the first counts come in.",
            steps(policy),
        ),
        (path("policy"), "What the Jobs judge by.", config_map(text)),
    ];
    for stage in &policy.stages {
        files.push((
            path(&template(stage)),
            "0 completes the Job: success, the next step. 20 fails it: the Rollout is aborted, all traffic goes back. 10 (hold) fails it \
             only where the policy\nsays how long the stage may last. All other codes are undecided: another pod goes on watching.",
            analysis(stage),
        ));
    }
    files
}

fn template(stage: &Stage) -> String {
    format!("rollout-check-{}", stage.name)
}

fn kustomization(policy: &Policy) -> Value {
    let templates = policy.stages.iter();
    let templates = templates.map(|stage| format!("{}.yaml", template(stage)));
    let resources: Vec<String> = ["policy.yaml".to_owned()]
        .into_iter()
        .chain(templates)
        .collect();
    json!({
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "resources": resources,
        "patches": [{"path": "steps.yaml"}],
    })
}

fn steps(policy: &Policy) -> Value {
    let versions: Vec<Value> = VERSIONS
        .iter()
        .map(|(name, which)| json!({"name": name, "valueFrom": {"podTemplateHashValue": which}}))
        .collect();
    let settling = span::text(policy.monitoring.scrape_every * 2);
    let steps = policy.stages.iter().flat_map(|stage| {
        [
            json!({"setWeight": stage.weight_percent}),
            json!({"pause": {"duration": settling}}),
            json!({"analysis": {"templates": [{"templateName": template(stage)}], "args": versions}}),
        ]
    });
    json!({
        "apiVersion": API,
        "kind": "Rollout",
        "metadata": {"name": policy.monitoring.job},
        "spec": {"strategy": {"canary": {"steps": steps.collect::<Vec<_>>()}}},
    })
}

fn config_map(text: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP},
        "data": {FILE: text},
    })
}

fn analysis(stage: &Stage) -> Value {
    json!({
        "apiVersion": API,
        "kind": "AnalysisTemplate",
        "metadata": {"name": template(stage)},
        "spec": {
            "args": [{"name": "canary"}, {"name": "stable"}, {"name": "prometheus", "value": PROMETHEUS}],
            "metrics": [{
                "name": "verdict",
                "count": 1,
                "failureLimit": 0,
                "provider": {"job": {"spec": job(stage)}},
            }],
        },
    })
}

/// Codes that fail the Job. All others say nothing of the canary.
fn failing(stage: &Stage) -> Vec<u8> {
    let mut codes = vec![Outcome::Rollback.exit_code()];
    if stage.at_most.is_some() {
        // Not promoted within its longest time, as the watch says at its end.
        codes.push(Outcome::Hold.exit_code());
    }
    codes.sort_unstable();
    codes
}

fn job(stage: &Stage) -> Value {
    let codes = failing(stage);
    let on_codes = |operator: &str, action: &str| {
        json!({
            "action": action,
            "onExitCodes": {"containerName": CONTAINER, "operator": operator, "values": codes},
        })
    };
    json!({
        // Pods that are ignored do not count.
        "backoffLimit": 100,
        "podFailurePolicy": {"rules": [
            on_codes("In", "FailJob"),
            on_codes("NotIn", "Ignore"),
            // Taken off its node.
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        ]},
        "template": {"metadata": {"labels": {"app": APP}}, "spec": {
            "restartPolicy": "Never",
            "enableServiceLinks": false,
            "automountServiceAccountToken": false,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65_532, "runAsGroup": 65_532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container(stage)],
            "volumes": [{"name": "policy", "configMap": {"name": CONFIG_MAP}}],
        }},
    })
}

fn container(stage: &Stage) -> Value {
    json!({
        "name": CONTAINER,
        // Kustomize's `images` gives it the tag that is released.
        "image": "scholarship-api-tools",
        "command": ["xtask"],
        "args": [
            "rollout-check",
            "--stage", stage.name,
            "--policy", format!("{FOLDER}/{FILE}"),
            "--prometheus", "{{args.prometheus}}",
            "--canary", "{{args.canary}}",
            "--stable", "{{args.stable}}",
            "--since", "now",
            "--watch",
            "--timeout", span::text(stage.at_most.unwrap_or(FOR_EVER)),
        ],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "policy", "mountPath": FOLDER, "readOnly": true}],
    })
}
