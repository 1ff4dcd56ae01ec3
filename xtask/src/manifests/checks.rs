//! Whether objects fit each other: what no schema can say.

mod labels;
mod pods;
mod ports;
mod references;
mod releases;
mod replicas;

use super::documentation::Documentation;
use super::objects::{Objects, name};

/// Everything that is wrong.
pub(super) fn complaints(objects: &Objects, documentation: &Documentation) -> Vec<String> {
    let checks = [
        namespaces,
        labels::check,
        pods::check,
        ports::check,
        releases::check,
        replicas::check,
    ];
    let mut complaints: Vec<String> = checks.iter().flat_map(|check| check(objects)).collect();
    complaints.extend(references::check(objects, documentation));
    complaints
}

/// Whoever applies one folder touches one namespace.
fn namespaces(objects: &Objects) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut first = None;
    for object in objects.all() {
        if object["kind"] == "Namespace" {
            continue;
        }
        let metadata = &object["metadata"];
        let namespace = &metadata["namespace"];
        if !metadata["name"].is_string() || !namespace.is_string() {
            complaints.push(format!("{} lacks a name or a namespace", name(object)));
        } else if *first.get_or_insert(namespace) != namespace {
            complaints.push(format!("{} is in another namespace", name(object)));
        }
    }
    complaints
}
