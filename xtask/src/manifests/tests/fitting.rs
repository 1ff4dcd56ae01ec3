//! Each thing that no schema knows of is told by a check.

use serde_json::{Value, json};

use super::super::objects::Objects;
use super::{complaints, production};

/// Whom a change is made to, where, and to what.
type Change = (&'static str, &'static str, &'static str, Value);

fn changed((kind, object, pointer, value): &Change) -> Objects {
    let mut objects = Objects::parse(production()).unwrap();
    let mut all = objects.all_mut().iter_mut();
    let object = all
        .find(|one| one["kind"] == *kind && one["metadata"]["name"] == *object)
        .unwrap_or_else(|| panic!("there is no {kind} {object}"));
    let place = object
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{kind} has no {pointer}"));
    *place = value.clone();
    objects
}

/// Each change breaks one thing that no schema knows of, and is told by these words.
#[test]
fn objects_that_do_not_fit_each_other_are_found() {
    let rollout = |pointer, value| ("Rollout", "scholarship-api", pointer, value);
    let broken: Vec<(Change, &str)> = vec![
        (
            rollout("/metadata/namespace", json!("other")),
            "in another namespace",
        ),
        (
            rollout("/spec/selector/matchLabels/app", json!("api")),
            "its selector is not its pods'",
        ),
        (
            rollout(
                "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels/app",
                json!("api"),
            ),
            "it spreads other pods",
        ),
        (
            (
                "Service",
                "scholarship-api",
                "/spec/selector/app",
                json!("api"),
            ),
            "selects no pods",
        ),
        (
            (
                "PodDisruptionBudget",
                "scholarship-api-pdb",
                "/spec/selector/matchLabels/app",
                json!("api"),
            ),
            "selects pods of 0 owners",
        ),
        (
            (
                "ServiceMonitor",
                "scholarship-api",
                "/spec/selector/matchLabels/scrape",
                json!("all"),
            ),
            "selects no Service",
        ),
        (
            (
                "NetworkPolicy",
                "pgbouncer",
                "/spec/podSelector/matchLabels/app",
                json!("pgbouncers"),
            ),
            "Deployment pgbouncer: no NetworkPolicy is for its pods",
        ),
        (
            (
                "NetworkPolicy",
                "pgbouncer",
                "/spec/podSelector",
                json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
            ),
            "has matchExpressions",
        ),
        (
            (
                "Service",
                "scholarship-api",
                "/spec/ports/0/targetPort",
                json!("https"),
            ),
            "no port \"https\"",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/readinessProbe/httpGet/port",
                json!(5001),
            ),
            "its readinessProbe asks port 5001",
        ),
        (
            rollout("/spec/template/spec/containers/0/startupProbe", Value::Null),
            "its startupProbe asks port null",
        ),
        (
            (
                "HTTPRoute",
                "scholarship-api",
                "/spec/rules/0/backendRefs/0/port",
                json!(8080),
            ),
            "no Service \"scholarship-api\" with port 8080",
        ),
        (
            (
                "ServiceMonitor",
                "scholarship-api",
                "/spec/endpoints/0/port",
                json!("admin"),
            ),
            "Service scholarship-api-metrics has no port \"admin\"",
        ),
        (
            (
                "NetworkPolicy",
                "scholarship-api",
                "/spec/ingress/0/ports/0/port",
                json!(5001),
            ),
            "nobody listens on port 5001",
        ),
        (
            (
                "NetworkPolicy",
                "scholarship-api",
                "/spec/egress/0/ports/0/port",
                json!(5432),
            ),
            "nobody listens on port 5432",
        ),
        (
            (
                "NetworkPolicy",
                "scholarship-api",
                "/spec/egress/0/to/0/podSelector/matchLabels/app",
                json!("pool"),
            ),
            "it leads to nobody",
        ),
        (
            (
                "NetworkPolicy",
                "scholarship-api",
                "/spec/egress/0/ports",
                json!([]),
            ),
            "it lets every port through",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/envFrom/0/configMapRef/name",
                json!("settings"),
            ),
            "there is no ConfigMap \"settings\"",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/env/1/valueFrom/secretKeyRef/key",
                json!("URL"),
            ),
            "Secret scholarship-api with URL is not documented",
        ),
        (
            rollout("/spec/template/spec/serviceAccountName", json!("default")),
            "there is no ServiceAccount \"default\"",
        ),
        (
            rollout("/spec/template/spec/volumes/0/name", json!("other")),
            "but mounts",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/env/0/name",
                json!("VERSION"),
            ),
            "VERSION is no documented setting",
        ),
        (
            ("ConfigMap", "rollout-policy", "/kind", json!("Secret")),
            "secrets do not belong into manifests",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/resources/requests/memory",
                json!("2Gi"),
            ),
            "it asks for more memory than it may use",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/resources/limits/cpu",
                Value::Null,
            ),
            "its cpu is not bounded",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/image",
                json!("scholarship-api"),
            ),
            "no tag of a release",
        ),
        (
            rollout(
                "/spec/template/spec/securityContext/runAsNonRoot",
                json!(false),
            ),
            "it may run as root",
        ),
        (
            rollout(
                "/spec/template/spec/automountServiceAccountToken",
                json!(true),
            ),
            "a token of the cluster",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
                json!(false),
            ),
            "may do more than it needs",
        ),
        (
            rollout(
                "/spec/template/spec/securityContext/seccompProfile/type",
                json!("Unconfined"),
            ),
            "its system calls are not restricted",
        ),
        (
            rollout(
                "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds",
                json!(15),
            ),
            "killed before it has ended",
        ),
        (
            (
                "AnalysisTemplate",
                "rollout-check-canary",
                "/spec/metrics/0/provider/job/spec/template/spec/containers/0/resources/limits/memory",
                json!("1Mi"),
            ),
            "it asks for more memory than it may use",
        ),
        (
            (
                "HorizontalPodAutoscaler",
                "scholarship-api-hpa",
                "/spec/scaleTargetRef/kind",
                json!("Deployment"),
            ),
            "what it scales is not there",
        ),
        (
            (
                "HorizontalPodAutoscaler",
                "scholarship-api-hpa",
                "/spec/minReplicas",
                json!(11),
            ),
            "its least is above its most",
        ),
        (
            (
                "HorizontalPodAutoscaler",
                "scholarship-api-hpa",
                "/spec/minReplicas",
                json!(2),
            ),
            "let no node be emptied",
        ),
        (
            (
                "PodDisruptionBudget",
                "pgbouncer",
                "/spec/minAvailable",
                json!(2),
            ),
            "let no node be emptied",
        ),
        (
            rollout(
                "/spec/strategy/canary/trafficRouting/plugins/argoproj-labs~1gatewayAPI/namespace",
                json!("default"),
            ),
            "its HTTPRoute is in another namespace",
        ),
        (
            rollout("/spec/strategy/canary/canaryService", json!("canary")),
            "no route leads to a Service \"canary\"",
        ),
        (
            (
                "HTTPRoute",
                "scholarship-api",
                "/spec/rules/0/backendRefs/1/weight",
                json!(5),
            ),
            "the weights of its route are no percentages",
        ),
        (
            rollout("/spec/strategy/canary/steps", json!([])),
            "nobody judges its releases",
        ),
        (
            rollout(
                "/spec/strategy/canary/steps/2/analysis/templates/0/templateName",
                json!("check"),
            ),
            "there is no AnalysisTemplate \"check\"",
        ),
        (
            rollout("/spec/strategy/canary/steps/2/analysis/args", json!([])),
            "and is given {}",
        ),
        (
            rollout(
                "/spec/strategy/canary/steps/2/analysis/templates",
                json!([]),
            ),
            "nobody judges its releases",
        ),
        (
            (
                "NetworkPolicy",
                "scholarship-api",
                "/spec/ingress/0/ports",
                json!([]),
            ),
            "it lets every port through",
        ),
        (
            rollout("/metadata/namespace", Value::Null),
            "lacks a name or a namespace",
        ),
        (
            rollout("/spec/template/spec/containers", json!([])),
            "it has no containers",
        ),
        (
            (
                "NetworkPolicy",
                "rollout-check",
                "/spec/podSelector/matchLabels/app",
                json!("check"),
            ),
            "NetworkPolicy rollout-check selects no pods",
        ),
    ];
    for (change, words) in &broken {
        let complaints = complaints(&changed(change));
        assert!(
            complaints.iter().any(|complaint| complaint.contains(words)),
            "{change:?} is not told by `{words}`, but: {complaints:#?}"
        );
    }
}
