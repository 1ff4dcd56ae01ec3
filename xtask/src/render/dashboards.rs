//! Dashboards of Grafana, with the limits of the policy drawn in.

mod business;
mod canary;
mod database;
mod external;
mod golden;
mod panel;
mod slo;

use rollout::policy::Policy;
use serde_json::{Value, json};

use panel::Panel;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dashboard {
    Golden,
    Canary,
    Database,
    External,
    Business,
    Slo,
}

impl Dashboard {
    pub(super) const ALL: [Self; 6] = [
        Self::Golden,
        Self::Canary,
        Self::Database,
        Self::External,
        Self::Business,
        Self::Slo,
    ];

    /// Part of the dashboard's URL: never changes.
    pub(super) fn uid(self) -> &'static str {
        match self {
            Self::Golden => "scholarship-golden",
            Self::Canary => "scholarship-canary",
            Self::Database => "scholarship-database",
            Self::External => "scholarship-external",
            Self::Business => "scholarship-business",
            Self::Slo => "scholarship-slo",
        }
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Golden => "golden-signals.json",
            Self::Canary => "canary.json",
            Self::Database => "database.json",
            Self::External => "external-dependencies.json",
            Self::Business => "business.json",
            Self::Slo => "slo-budget.json",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Golden => "Scholarship API: golden signals",
            Self::Canary => "Scholarship API: canary against stable",
            Self::Database => "Scholarship API: database and index",
            Self::External => "Scholarship API: external dependencies",
            Self::Business => "Scholarship API: business",
            Self::Slo => "Scholarship API: objectives and error budget",
        }
    }

    /// Whether one chooses versions by the variable `version`.
    pub(super) fn has_version(self) -> bool {
        !matches!(self, Self::Canary)
    }

    fn panels(self, policy: &Policy) -> Vec<Panel> {
        match self {
            Self::Golden => golden::panels(policy),
            Self::Canary => canary::panels(policy),
            Self::Database => database::panels(policy),
            Self::External => external::panels(policy),
            Self::Business => business::panels(policy),
            Self::Slo => slo::panels(policy),
        }
    }

    fn variables(self, policy: &Policy) -> Vec<Value> {
        let mut variables = vec![json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "current": {}, "hide": 0, "includeAll": false, "multi": false, "refresh": 1, "regex": "", "options": [],
        })];
        if self.has_version() {
            variables.push(version(policy, "version", "Version", true));
        } else {
            variables.push(version(policy, "canary", "Canary", false));
            variables.push(version(policy, "stable", "Stable", false));
        }
        variables
    }

    /// What Grafana imports.
    pub(super) fn render(self, policy: &Policy) -> Value {
        let links = Self::ALL.into_iter().filter(|other| *other != self).map(|other| {
            json!({
                "title": other.title(), "type": "link", "url": format!("/d/{}", other.uid()), "icon": "dashboard",
                "asDropdown": false, "includeVars": false, "keepTime": true, "tags": [], "targetBlank": false, "tooltip": "",
            })
        });
        json!({
            "id": null,
            "uid": self.uid(),
            "title": self.title(),
            "description": "Made by `cargo xtask render` out of config/rollout.toml: changes made here are lost.",
            "tags": ["scholarship-api"],
            "schemaVersion": 39,
            "version": 1,
            "editable": false,
            "graphTooltip": 1,
            "timezone": "utc",
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timepicker": {},
            "annotations": {"list": []},
            "links": links.collect::<Vec<_>>(),
            "templating": {"list": self.variables(policy)},
            "panels": panel::laid_out(self.panels(policy)),
        })
    }
}

fn version(policy: &Policy, name: &str, label: &str, is_many: bool) -> Value {
    let query = format!(
        "label_values(up{{job=\"{}\"}}, version)",
        policy.monitoring.job
    );
    let mut variable = json!({
        "name": name, "label": label, "type": "query",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "definition": query, "query": {"query": query, "refId": "version"},
        "hide": 0, "includeAll": is_many, "multi": is_many, "refresh": 2, "regex": "", "sort": 4, "options": [], "current": {},
    });
    if is_many {
        variable["allValue"] = ".*".into();
        variable["current"] = json!({"selected": true, "text": ["All"], "value": ["$__all"]});
    }
    variable
}

/// Every query that a dashboard sends.
pub(crate) fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets
        .filter_map(|target| Some(target["expr"].as_str()?.to_owned()))
        .collect()
}
