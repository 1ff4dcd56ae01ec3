//! The objects of one folder, and the pods that they make.

use anyhow::{Context as _, ensure};
use serde::Deserialize as _;
use serde_json::Value;

pub(super) struct Objects {
    all: Vec<Value>,
}

/// What makes pods, and how they look.
#[derive(Clone, Copy)]
pub(super) struct Pods<'a> {
    pub(super) owner: &'a Value,
    template: &'a Value,
}

impl Objects {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let documents = serde_norway::Deserializer::from_str(text);
        let all: Vec<Value> = documents
            .map(Value::deserialize)
            .collect::<Result<_, _>>()
            .context("kubectl writes no YAML")?;
        ensure!(!all.is_empty(), "there are no objects");
        Ok(Self { all })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.all
    }

    #[cfg(test)]
    pub(super) fn all_mut(&mut self) -> &mut Vec<Value> {
        &mut self.all
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.all.iter().filter(move |object| object["kind"] == kind)
    }

    pub(super) fn named(&self, kind: &str, name: &Value) -> Option<&Value> {
        self.of_kind(kind)
            .find(|object| object["metadata"]["name"] == *name)
    }

    /// Of Deployments and Rollouts, which run for ever.
    pub(super) fn services(&self) -> Vec<Pods<'_>> {
        let owners = self.of_kind("Deployment").chain(self.of_kind("Rollout"));
        let pods = owners.map(|owner| Pods {
            owner,
            template: &owner["spec"]["template"],
        });
        pods.collect()
    }

    /// All that the objects make, those of Jobs included.
    pub(super) fn pods(&self) -> Vec<Pods<'_>> {
        let mut pods = self.services();
        pods.extend(self.of_kind("Job").map(|owner| Pods {
            owner,
            template: &owner["spec"]["template"],
        }));
        for owner in self.of_kind("AnalysisTemplate") {
            pods.extend(items(&owner["spec"]["metrics"]).map(|metric| Pods {
                owner,
                template: &metric["provider"]["job"]["spec"]["template"],
            }));
        }
        pods
    }

    /// The pods that a `matchLabels` selects.
    pub(super) fn selected<'a>(&'a self, labels: &Value) -> Vec<Pods<'a>> {
        let mut pods = self.pods();
        pods.retain(|pods| fits(labels, pods.labels()));
        pods
    }
}

impl<'a> Pods<'a> {
    pub(super) fn name(&self) -> String {
        name(self.owner)
    }

    pub(super) fn labels(&self) -> &'a Value {
        &self.template["metadata"]["labels"]
    }

    pub(super) fn spec(&self) -> &'a Value {
        &self.template["spec"]
    }

    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec();
        items(&spec["initContainers"]).chain(items(&spec["containers"]))
    }

    /// Whether a container listens on the port with this name or number.
    pub(super) fn has_port(&self, port: &Value) -> bool {
        self.containers().any(|container| has_port(container, port))
    }
}

pub(super) fn has_port(container: &Value, port: &Value) -> bool {
    let key = if port.is_string() {
        "name"
    } else {
        "containerPort"
    };
    items(&container["ports"]).any(|one| one[key] == *port)
}

/// Whether an object with `labels` is meant by all of `selector`, which may not be empty: that would be everything.
pub(super) fn fits(selector: &Value, labels: &Value) -> bool {
    let Some(wanted) = selector.as_object() else {
        return false;
    };
    !wanted.is_empty() && wanted.iter().all(|(key, value)| labels[key] == *value)
}

/// Of a list that may not be there.
pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// As complaints call it.
pub(super) fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    format!(
        "{} {}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}
