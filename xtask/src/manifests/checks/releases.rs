//! A Rollout finds everything that its releases need.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::manifests::objects::{Objects, items, name};

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let rollouts = objects.of_kind("Rollout");
    rollouts.flat_map(|rollout| of(objects, rollout)).collect()
}

fn of(objects: &Objects, rollout: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let who = name(rollout);
    let canary = &rollout["spec"]["strategy"]["canary"];
    let services = [&canary["stableService"], &canary["canaryService"]];
    let plugin = &canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"];
    if plugin["namespace"] != rollout["metadata"]["namespace"] {
        complaints.push(format!("{who}: its HTTPRoute is in another namespace"));
    }
    let route = objects.named("HTTPRoute", &plugin["httpRoute"]);
    let rules = route.map_or(&Value::Null, |route| &route["spec"]["rules"]);
    for service in services {
        let mut backends = items(rules).flat_map(|rule| items(&rule["backendRefs"]));
        let is_routed = backends.any(|backend| backend["name"] == *service);
        if objects.named("Service", service).is_none() || !is_routed {
            complaints.push(format!("{who}: no route leads to a Service {service}"));
        }
    }
    let weights = items(rules).map(|rule| {
        let weights = items(&rule["backendRefs"]).map(|backend| backend["weight"].as_u64());
        weights.sum::<Option<u64>>()
    });
    if weights
        .collect::<Vec<_>>()
        .iter()
        .any(|sum| *sum != Some(100))
    {
        complaints.push(format!(
            "{who}: the weights of its route are no percentages"
        ));
    }
    let analyses = items(&canary["steps"]).filter_map(|step| step.get("analysis"));
    let analyses: Vec<&Value> = analyses.collect();
    let has_judge = |analysis: &&Value| items(&analysis["templates"]).next().is_some();
    if analyses.is_empty() || !analyses.iter().all(has_judge) {
        complaints.push(format!("{who}: nobody judges its releases"));
    }
    for analysis in analyses {
        complaints.extend(unknown(objects, analysis).map(|what| format!("{who}: {what}")));
    }
    complaints
}

/// What an analysis of a step lacks.
fn unknown(objects: &Objects, analysis: &Value) -> Option<String> {
    let names = |args: &Value| -> BTreeSet<String> {
        let args = items(args).filter_map(|arg| arg["name"].as_str());
        args.map(str::to_owned).collect()
    };
    for template in items(&analysis["templates"]) {
        let wanted = &template["templateName"];
        let Some(template) = objects.named("AnalysisTemplate", wanted) else {
            return Some(format!("there is no AnalysisTemplate {wanted}"));
        };
        let args = &template["spec"]["args"];
        let open = items(args).filter(|arg| arg["value"].is_null());
        let open = Value::Array(open.cloned().collect());
        let (open, all, given) = (names(&open), names(args), names(&analysis["args"]));
        if !open.is_subset(&given) || !given.is_subset(&all) {
            return Some(format!(
                "{wanted} wants {open:?} of {all:?} and is given {given:?}"
            ));
        }
    }
    None
}
