//! Every figure of the rollout plan's manifests stands in ours.

use serde_json::{Value, json};

use super::super::objects::{Objects, items};
use super::shipped;

const PLAN: &str = include_str!("plan.yaml");

fn plan(kind: &str) -> Value {
    let plan = Objects::parse(PLAN).unwrap();
    plan.of_kind(kind).next().unwrap().clone()
}

/// Where `wanted` says something else than `found`, or something that `found` does not. Lists are compared in their order.
fn differences(wanted: &Value, found: &Value, place: &str) -> Vec<String> {
    match wanted {
        Value::Object(members) => {
            let members = members.iter();
            members
                .flat_map(|(key, value)| differences(value, &found[key], &format!("{place}/{key}")))
                .collect()
        }
        Value::Array(list) => {
            let list = list.iter().enumerate();
            list.flat_map(|(index, value)| {
                differences(value, &found[index], &format!("{place}/{index}"))
            })
            .collect()
        }
        other if other == found => Vec::new(),
        other => vec![format!("{place} is {found}, not {other}")],
    }
}

/// Takes the number that the plan has for what we say in another way, once it is known to mean the same.
fn take(plan: &mut Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = plan.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(key).unwrap()
}

/// What a workload of ours lacks of the plan's Deployment.
fn of_workload(objects: &Objects, workload: &Value, mut plan: Value) -> Vec<String> {
    let autoscaler = objects.of_kind("HorizontalPodAutoscaler").next().unwrap();
    // Nobody but the autoscaler sets replicas; its least number is the plan's.
    let replicas = take(&mut plan, "/spec/replicas");
    assert_eq!(autoscaler["spec"]["minReplicas"], replicas);
    // Probes ask the port by its name.
    let container = &workload["spec"]["template"]["spec"]["containers"][0];
    for probe in ["livenessProbe", "readinessProbe"] {
        let pointer = format!("/spec/template/spec/containers/0/{probe}/httpGet/port");
        let wanted = take(&mut plan, &pointer);
        let asked = &container[probe]["httpGet"]["port"];
        let port = items(&container["ports"]).find(|port| port["name"] == *asked);
        assert_eq!(port.unwrap()["containerPort"], wanted, "{probe}");
    }
    differences(&plan, workload, "")
}

#[test]
fn the_deployment_is_the_plans() {
    let objects = shipped("small");
    let ours = objects
        .named("Deployment", &json!("scholarship-api"))
        .unwrap();
    assert_eq!(of_workload(&objects, ours, plan("Deployment")), [""; 0]);
}

#[test]
fn the_rollouts_have_the_same_figures() {
    for applied in ["production", "staging"] {
        let objects = shipped(applied);
        let ours = objects.of_kind("Rollout").next().unwrap();
        let mut plan = plan("Deployment");
        for key in ["/kind", "/apiVersion"] {
            take(&mut plan, key);
        }
        // The same two numbers, under Argo's name for them.
        let strategy = take(&mut plan, "/spec/strategy");
        assert_eq!(strategy["type"], "RollingUpdate");
        plan["spec"]["strategy"] = json!({"canary": strategy["rollingUpdate"]});
        assert_eq!(of_workload(&objects, ours, plan), [""; 0], "{applied}");
    }
}

#[test]
fn autoscaler_and_disruption_budget_are_the_plans() {
    let rollout = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "name": "scholarship-api",
    });
    for (applied, scaled) in [
        (
            "small",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "scholarship-api"}),
        ),
        ("production", rollout.clone()),
        ("staging", rollout),
    ] {
        let objects = shipped(applied);
        let mut autoscaler = plan("HorizontalPodAutoscaler");
        autoscaler["spec"]["scaleTargetRef"] = scaled;
        let ours = objects.of_kind("HorizontalPodAutoscaler").next().unwrap();
        assert_eq!(differences(&autoscaler, ours, ""), [""; 0], "{applied}");
        let budget = plan("PodDisruptionBudget");
        let ours = objects.named("PodDisruptionBudget", &budget["metadata"]["name"]);
        assert_eq!(
            differences(&budget, ours.unwrap(), ""),
            [""; 0],
            "{applied}"
        );
    }
}

#[test]
fn a_figure_that_differs_is_told() {
    let wanted = json!({"spec": {"list": [{"a": 1}], "b": "25%"}});
    let found = json!({"spec": {"list": [{"a": 2, "c": 3}]}});
    let told = differences(&wanted, &found, "");
    assert_eq!(
        told,
        ["/spec/b is null, not \"25%\"", "/spec/list/0/a is 2, not 1"]
    );
}
