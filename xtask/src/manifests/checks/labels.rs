//! Selectors mean the pods that they are for.

use serde_json::Value;

use crate::manifests::objects::{Objects, fits, items, name};

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let mut complaints = Vec::new();
    expressions(objects, &mut complaints);
    for pods in objects.services() {
        if !fits(
            &pods.owner["spec"]["selector"]["matchLabels"],
            pods.labels(),
        ) {
            complaints.push(format!("{}: its selector is not its pods'", pods.name()));
        }
        for constraint in items(&pods.spec()["topologySpreadConstraints"]) {
            if !fits(&constraint["labelSelector"]["matchLabels"], pods.labels()) {
                complaints.push(format!("{}: it spreads other pods", pods.name()));
            }
        }
    }
    for service in objects.of_kind("Service") {
        let is_elsewhere = service["spec"]["type"] == "ExternalName";
        if !is_elsewhere && objects.selected(&service["spec"]["selector"]).is_empty() {
            complaints.push(format!("{} selects no pods", name(service)));
        }
    }
    for budget in objects.of_kind("PodDisruptionBudget") {
        let selected = objects.selected(&budget["spec"]["selector"]["matchLabels"]);
        if selected.len() != 1 {
            complaints.push(format!(
                "{} selects pods of {} owners",
                name(budget),
                selected.len()
            ));
        }
    }
    for monitor in objects.of_kind("ServiceMonitor") {
        let wanted = &monitor["spec"]["selector"]["matchLabels"];
        let mut services = objects.of_kind("Service");
        if !services.any(|service| fits(wanted, &service["metadata"]["labels"])) {
            complaints.push(format!("{} selects no Service", name(monitor)));
        }
    }
    policies(objects, &mut complaints);
    complaints
}

fn policies(objects: &Objects, complaints: &mut Vec<String>) {
    let selector = |policy: &Value| policy["spec"]["podSelector"].clone();
    let of_some = |policy: &&Value| selector(policy)["matchLabels"].is_object();
    for policy in objects.of_kind("NetworkPolicy").filter(of_some) {
        if objects
            .selected(&selector(policy)["matchLabels"])
            .is_empty()
        {
            complaints.push(format!("{} selects no pods", name(policy)));
        }
    }
    for pods in objects.pods() {
        let mut policies = objects.of_kind("NetworkPolicy").filter(of_some);
        if !policies.any(|policy| fits(&selector(policy)["matchLabels"], pods.labels())) {
            complaints.push(format!("{}: no NetworkPolicy is for its pods", pods.name()));
        }
    }
}

/// The checks here understand labels only.
fn expressions(objects: &Objects, complaints: &mut Vec<String>) {
    fn has(value: &Value) -> bool {
        match value {
            Value::Object(members) => members
                .iter()
                .any(|(key, value)| key == "matchExpressions" || has(value)),
            Value::Array(items) => items.iter().any(has),
            _ => false,
        }
    }
    let with = objects.all().iter().filter(|object| has(object));
    complaints.extend(with.map(|object| {
        format!(
            "{} has matchExpressions, which are not checked",
            name(object)
        )
    }));
}
