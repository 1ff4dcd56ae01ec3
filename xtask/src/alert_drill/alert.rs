//! An alert that fires.

use std::fmt;

use serde_json::Value;

use super::world::Version;

/// By its name, and the version that it is about: none where it is about the whole service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

impl Alert {
    pub(super) fn of(name: &str, version: Version) -> Self {
        Self {
            name: name.to_owned(),
            version: Some(version.label().to_owned()),
        }
    }

    pub(super) fn of_the_service(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: None,
        }
    }

    /// From the labels of an alert of Prometheus; `None` when it has no name.
    pub(super) fn from_labels(labels: &Value) -> Option<Self> {
        Some(Self {
            name: labels["alertname"].as_str()?.to_owned(),
            version: labels["version"].as_str().map(str::to_owned),
        })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = self.version.as_deref().unwrap_or("service");
        write!(out, "{} ({whose})", self.name)
    }
}
