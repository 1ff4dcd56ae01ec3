//! What each container may use and do, and how it ends.

use serde_json::{Value, json};

use crate::manifests::objects::{Objects, Pods, items};

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let mut complaints = Vec::new();
    for pods in objects.pods() {
        let owner = pods.name();
        let mut complain = |what: &str| complaints.push(format!("{owner}: {what}"));
        restricted(pods, &mut complain);
        for container in pods.containers() {
            resources(container, &mut complain);
            if !is_pinned(container["image"].as_str().unwrap_or_default()) {
                complain("its image has no tag of a release");
            }
        }
        if !ends_in_time(objects, pods) {
            complain("it is killed before it has ended in order");
        }
    }
    complaints
}

/// The restricted Pod Security Standard, a read-only root and no token of the cluster besides.
fn restricted(pods: Pods<'_>, complain: &mut impl FnMut(&str)) {
    let spec = pods.spec();
    let of_pod = &spec["securityContext"];
    if of_pod["runAsNonRoot"] != true || of_pod["runAsUser"] != 65_532 {
        complain("it may run as root");
    }
    if of_pod["seccompProfile"]["type"] != "RuntimeDefault" {
        complain("its system calls are not restricted");
    }
    if spec["automountServiceAccountToken"] != false {
        complain("it gets a token of the cluster");
    }
    if pods.containers().next().is_none() {
        complain("it has no containers");
    }
    for container in pods.containers() {
        let own = &container["securityContext"];
        if own["allowPrivilegeEscalation"] != false
            || own["readOnlyRootFilesystem"] != true
            || own["capabilities"] != json!({"drop": ["ALL"]})
        {
            complain("a container may do more than it needs");
        }
    }
}

fn resources(container: &Value, complain: &mut impl FnMut(&str)) {
    for kind in ["cpu", "memory"] {
        let amount = |which: &str| quantity(container["resources"][which][kind].as_str()?);
        match (amount("requests"), amount("limits")) {
            (Some(request), Some(limit)) if request <= limit => {}
            (Some(_), Some(_)) => complain(&format!("it asks for more {kind} than it may use")),
            _ => complain(&format!("its {kind} is not bounded")),
        }
    }
}

/// In cores or bytes; `None` for what Kubernetes would refuse, too.
fn quantity(text: &str) -> Option<f64> {
    let units = [
        ("m", 1e-3),
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("", 1.0),
    ];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

fn is_pinned(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    let is_of_registry = image.contains('/');
    let tag = last.split_once(':').map_or("", |(_, tag)| tag);
    is_of_registry && !tag.is_empty() && tag != "latest"
}

/// Seconds that the server needs for its stores after its last answer.
const PARTING: u64 = 3;

/// Kubernetes counts the pause before SIGTERM as part of the grace period.
fn ends_in_time(objects: &Objects, pods: Pods<'_>) -> bool {
    let grace = pods.spec()["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap_or(30);
    pods.containers().all(|container| {
        let pause = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
        let seconds = |setting: &str| {
            items(&container["envFrom"]).find_map(|source| {
                let map = objects.named("ConfigMap", &source["configMapRef"]["name"])?;
                map["data"][setting].as_str()?.parse::<u64>().ok()
            })
        };
        let is_ours =
            items(&container["envFrom"]).next().is_some() && !container["lifecycle"].is_null();
        let ending = ["SHUTDOWN_DELAY", "SHUTDOWN_TIMEOUT"].map(seconds);
        // What is not set is what the image says, which nobody sees here.
        let is_known = !is_ours || ending.iter().all(Option::is_some);
        let ending: u64 = ending.iter().flatten().sum();
        let parting = if is_ours { PARTING } else { 0 };
        is_known && pause.unwrap_or(0) + ending + parting <= grace
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_does() {
        for (text, amount) in [
            ("250m", 0.25),
            ("1", 1.0),
            ("512Mi", 536_870_912.0),
            ("2k", 2e3),
        ] {
            let found = quantity(text).unwrap();
            assert!((found - amount).abs() < 1e-9, "{text}: {found}");
        }
        assert!(quantity("1Gi").unwrap() > quantity("1000Mi").unwrap());
        assert_eq!(quantity("lots"), None);
    }

    #[test]
    fn an_image_has_a_registry_and_a_tag() {
        assert!(is_pinned("registry.example.org:5000/api:1.3.0"));
        for image in [
            "api:1.3.0",
            "registry.example.org:5000/api",
            "example.org/api:latest",
            "",
        ] {
            assert!(!is_pinned(image), "{image}");
        }
    }
}
