//! What the documentation says of the names that manifests use.

use std::fs;

use anyhow::Context as _;

use crate::workspace::Workspace;

const SETTINGS: &str = "docs/configuration.md";
const DEPLOYMENT: &str = "docs/deployment.md";

pub(super) struct Documentation {
    settings: String,
    deployment: String,
}

impl Documentation {
    pub(super) fn of(workspace: &Workspace) -> anyhow::Result<Self> {
        let text =
            |path: &str| fs::read_to_string(workspace.root().join(path)).context(path.to_owned());
        Ok(Self {
            settings: text(SETTINGS)?,
            deployment: text(DEPLOYMENT)?,
        })
    }

    /// Whether an environment variable stands in the first column of a table of settings.
    pub(super) fn has_setting(&self, name: &str) -> bool {
        let rows = self.settings.lines();
        let mut first = rows.filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        first.any(|cell| cell.split(", ").any(|one| one == format!("`{name}`")))
    }

    /// Whether the table of secrets has this one with this key.
    pub(super) fn has_secret(&self, name: &str, key: &str) -> bool {
        let row = format!("| `{name}` |");
        let mut rows = self.deployment.lines();
        rows.any(|line| line.starts_with(&row) && line.contains(&format!("`{key}`")))
    }
}
