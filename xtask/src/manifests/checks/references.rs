//! What objects name is there; what they cannot hold, secrets, is documented.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::manifests::documentation::Documentation;
use crate::manifests::objects::{Objects, Pods, items, name};

/// Whose settings docs/configuration.md lists.
const SERVER: &str = "scholarship-api";

pub(super) fn check(objects: &Objects, documentation: &Documentation) -> Vec<String> {
    let mut complaints = Vec::new();
    for secret in objects.of_kind("Secret") {
        complaints.push(format!(
            "{}: secrets do not belong into manifests",
            name(secret)
        ));
    }
    for pods in objects.pods() {
        let owner = pods.name();
        for map in config_maps(pods) {
            if objects.named("ConfigMap", map).is_none() {
                complaints.push(format!("{owner}: there is no ConfigMap {map}"));
            }
        }
        for (secret, key) in secrets(pods) {
            if !documentation.has_secret(secret, key) {
                complaints.push(format!(
                    "{owner}: Secret {secret} with {key} is not documented"
                ));
            }
        }
        let account = &pods.spec()["serviceAccountName"];
        if !account.is_null() && objects.named("ServiceAccount", account).is_none() {
            complaints.push(format!("{owner}: there is no ServiceAccount {account}"));
        }
        let volumes: BTreeSet<&str> = items(&pods.spec()["volumes"])
            .filter_map(|volume| volume["name"].as_str())
            .collect();
        let mounted: BTreeSet<&str> = pods
            .containers()
            .flat_map(|container| items(&container["volumeMounts"]))
            .filter_map(|mount| mount["name"].as_str())
            .collect();
        if volumes != mounted {
            complaints.push(format!(
                "{owner}: volumes {volumes:?}, but mounts {mounted:?}"
            ));
        }
        for setting in settings(objects, pods) {
            if !documentation.has_setting(&setting) {
                complaints.push(format!("{owner}: {setting} is no documented setting"));
            }
        }
    }
    complaints
}

fn config_maps(pods: Pods<'_>) -> Vec<&Value> {
    let containers = pods.containers();
    let sources = containers.flat_map(|container| items(&container["envFrom"]));
    let volumes = items(&pods.spec()["volumes"]);
    let names = sources
        .map(|source| &source["configMapRef"]["name"])
        .chain(volumes.map(|volume| &volume["configMap"]["name"]));
    names.filter(|name| !name.is_null()).collect()
}

/// Name and key; for a volume, its files are the keys, and the name alone must be documented.
fn secrets(pods: Pods<'_>) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for container in pods.containers() {
        for variable in items(&container["env"]) {
            let reference = &variable["valueFrom"]["secretKeyRef"];
            if let (Some(name), Some(key)) = (reference["name"].as_str(), reference["key"].as_str())
            {
                found.push((name, key));
            }
        }
    }
    for volume in items(&pods.spec()["volumes"]) {
        if let Some(name) = volume["secret"]["secretName"].as_str() {
            found.push((name, name));
        }
    }
    found
}

/// Environment variables of the server's container.
fn settings(objects: &Objects, pods: Pods<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for container in pods.containers().filter(|one| one["name"] == SERVER) {
        let own = items(&container["env"]).filter_map(|variable| variable["name"].as_str());
        names.extend(own.map(str::to_owned));
        for source in items(&container["envFrom"]) {
            let map = objects.named("ConfigMap", &source["configMapRef"]["name"]);
            let data = map.and_then(|map| map["data"].as_object());
            names.extend(data.into_iter().flatten().map(|(key, _)| key.clone()));
        }
    }
    names
}
