//! What asks for a port asks for one that somebody listens on.

use serde_json::Value;

use crate::manifests::objects::{Objects, fits, has_port, items, name};

const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let mut complaints = Vec::new();
    for service in objects.of_kind("Service") {
        let selected = objects.selected(&service["spec"]["selector"]);
        for port in items(&service["spec"]["ports"]) {
            let target = &port["targetPort"];
            if selected.iter().any(|pods| !pods.has_port(target)) {
                complaints.push(format!("{}: its pods have no port {target}", name(service)));
            }
        }
    }
    for pods in objects.services() {
        for container in pods.containers() {
            for probe in PROBES {
                complaints.extend(unanswered(container, probe).map(|port| {
                    format!(
                        "{}: its {probe} asks port {port}, which is not there",
                        pods.name()
                    )
                }));
            }
        }
    }
    for route in objects.of_kind("HTTPRoute") {
        let backends = items(&route["spec"]["rules"]).flat_map(|rule| items(&rule["backendRefs"]));
        for backend in backends {
            let service = objects.named("Service", &backend["name"]);
            let ports = service.map(|service| &service["spec"]["ports"]);
            let is_there =
                ports.is_some_and(|ports| items(ports).any(|port| port["port"] == backend["port"]));
            if !is_there {
                complaints.push(format!(
                    "{}: there is no Service {} with port {}",
                    name(route),
                    backend["name"],
                    backend["port"]
                ));
            }
        }
    }
    monitors(objects, &mut complaints);
    policies(objects, &mut complaints);
    complaints
}

/// The port that a probe asks and its container does not have; also where there is no such probe.
fn unanswered<'a>(container: &'a Value, probe: &str) -> Option<&'a Value> {
    let probe = &container[probe];
    let ports = [&probe["httpGet"]["port"], &probe["tcpSocket"]["port"]];
    let port = ports.into_iter().find(|port| !port.is_null());
    let port = port.unwrap_or(&Value::Null);
    (!has_port(container, port)).then_some(port)
}

fn monitors(objects: &Objects, complaints: &mut Vec<String>) {
    for monitor in objects.of_kind("ServiceMonitor") {
        let spec = &monitor["spec"];
        for service in objects.of_kind("Service") {
            if !fits(
                &spec["selector"]["matchLabels"],
                &service["metadata"]["labels"],
            ) {
                continue;
            }
            for endpoint in items(&spec["endpoints"]) {
                let mut ports = items(&service["spec"]["ports"]);
                if !ports.any(|port| port["name"] == endpoint["port"]) {
                    complaints.push(format!(
                        "{}: {} has no port {}",
                        name(monitor),
                        name(service),
                        endpoint["port"]
                    ));
                }
            }
        }
    }
}

/// Whether a rule of a policy names no port.
fn is_open(rule: &Value) -> bool {
    items(&rule["ports"]).next().is_none()
}

fn policies(objects: &Objects, complaints: &mut Vec<String>) {
    for policy in objects.of_kind("NetworkPolicy") {
        let spec = &policy["spec"];
        let own = objects.selected(&spec["podSelector"]["matchLabels"]);
        let mut wanted: Vec<(&Value, _)> = Vec::new();
        for rule in items(&spec["ingress"]) {
            wanted.extend(items(&rule["ports"]).map(|port| (&port["port"], own.clone())));
            if is_open(rule) {
                complaints.push(format!("{}: it lets every port through", name(policy)));
            }
        }
        for rule in items(&spec["egress"]) {
            let ours = |peer: &&Value| peer["namespaceSelector"].is_null();
            for peer in items(&rule["to"])
                .filter(ours)
                .filter(|peer| !peer["podSelector"].is_null())
            {
                let others = objects.selected(&peer["podSelector"]["matchLabels"]);
                if others.is_empty() {
                    complaints.push(format!("{}: it leads to nobody", name(policy)));
                }
                wanted.extend(items(&rule["ports"]).map(|port| (&port["port"], others.clone())));
            }
            if is_open(rule) {
                complaints.push(format!("{}: it lets every port through", name(policy)));
            }
        }
        for (port, pods) in wanted {
            if pods.iter().any(|pods| !pods.has_port(port)) {
                complaints.push(format!("{}: nobody listens on port {port}", name(policy)));
            }
        }
    }
}
