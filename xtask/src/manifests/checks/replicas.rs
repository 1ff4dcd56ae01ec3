//! How many pods there are, and how many there must stay.

use serde_json::Value;

use crate::manifests::objects::{Objects, Pods, name};

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let mut complaints = Vec::new();
    for autoscaler in objects.of_kind("HorizontalPodAutoscaler") {
        let spec = &autoscaler["spec"];
        if spec["minReplicas"].as_u64() > spec["maxReplicas"].as_u64() {
            complaints.push(format!("{}: its least is above its most", name(autoscaler)));
        }
        match objects
            .services()
            .into_iter()
            .find(|pods| is_scaled(spec, *pods))
        {
            None => complaints.push(format!("{}: what it scales is not there", name(autoscaler))),
            Some(pods) if !pods.owner["spec"]["replicas"].is_null() => complaints.push(format!(
                "{}: its replicas are set, and an autoscaler's as well",
                pods.name()
            )),
            Some(_) => {}
        }
    }
    for budget in objects.of_kind("PodDisruptionBudget") {
        let least = budget["spec"]["minAvailable"].as_u64();
        for pods in objects.selected(&budget["spec"]["selector"]["matchLabels"]) {
            let replicas = replicas(objects, pods);
            if least.is_none() || least >= replicas {
                complaints.push(format!(
                    "{}: with {replicas:?} pods, {least:?} to stay let no node be emptied",
                    name(budget)
                ));
            }
        }
    }
    complaints
}

fn is_scaled(autoscaler: &Value, pods: Pods<'_>) -> bool {
    let target = &autoscaler["scaleTargetRef"];
    let owner = pods.owner;
    target["kind"] == owner["kind"]
        && target["apiVersion"] == owner["apiVersion"]
        && target["name"] == owner["metadata"]["name"]
}

/// The fewest that there are.
fn replicas(objects: &Objects, pods: Pods<'_>) -> Option<u64> {
    let mut autoscalers = objects.of_kind("HorizontalPodAutoscaler");
    let least = autoscalers.find(|one| is_scaled(&one["spec"], pods));
    let least = least.map_or(
        &pods.owner["spec"]["replicas"],
        |one| &one["spec"]["minReplicas"],
    );
    least.as_u64()
}
