//! What the plan's list asks for before a deployment.

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ItemName {
    /// Code and the running service were scanned for weaknesses
    SecurityScan,
    /// Twice the expected peak was sent to it
    LoadTest,
    /// The steps of the schema were taken in staging
    Migrations,
    /// A backup was restored and compared
    Backups,
    /// Somebody is on call
    OnCall,
    /// A release was rolled back in staging
    Rollback,
    /// People see the dashboards
    Dashboards,
    /// Alerts reach those whom they should
    AlertRouting,
}

impl ItemName {
    pub(super) fn text(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

pub(super) struct Item {
    pub(super) name: ItemName,
    /// Of this program; what it finds holds for now.
    pub(super) command: Option<&'static [&'static str]>,
    /// What a person confirms, where no command can know it.
    pub(super) asks_for: Option<&'static str>,
}

/// In the plan's order.
pub(super) static ITEMS: [Item; 8] = [
    Item {
        name: ItemName::SecurityScan,
        command: Some(&["secret-scan"]),
        asks_for: Some(
            "code (SAST) and the running service (DAST) were scanned, findings are dealt with",
        ),
    },
    Item {
        name: ItemName::LoadTest,
        command: None,
        asks_for: Some("twice the expected peak was sent to it, and the objectives held"),
    },
    Item {
        name: ItemName::Migrations,
        command: Some(&["lint-migrations"]),
        asks_for: Some("the steps of the schema were taken in staging, up and down"),
    },
    Item {
        name: ItemName::Backups,
        command: None,
        asks_for: Some("a backup was restored into an empty database and compared"),
    },
    Item {
        name: ItemName::OnCall,
        command: None,
        asks_for: Some("somebody is on call for the next 48 hours and knows of the release"),
    },
    Item {
        name: ItemName::Rollback,
        command: Some(&["rollout", "simulate", "--rounds", "20", "--releases", "200"]),
        asks_for: Some("a release was rolled back in staging within 15 minutes"),
    },
    Item {
        name: ItemName::Dashboards,
        command: Some(&["render", "--check"]),
        asks_for: Some("the rendered dashboards are loaded and show the service"),
    },
    Item {
        name: ItemName::AlertRouting,
        command: Some(&["monitoring"]),
        asks_for: Some("a test alert reached the one on call"),
    },
];

impl Item {
    /// # Errors
    /// When nobody has to confirm it.
    pub(super) fn of(name: ItemName) -> anyhow::Result<&'static Self> {
        let item = ITEMS.iter().find(|item| item.name == name);
        let item = item.context("it is not on the list")?;
        ensure!(
            item.asks_for.is_some(),
            "{} is checked by a command, not confirmed",
            name.text()
        );
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_plan_is_there_once_and_asks_for_something() {
        let names: Vec<ItemName> = ITEMS.iter().map(|item| item.name).collect();
        assert_eq!(names, ItemName::value_variants());
        for item in &ITEMS {
            assert!(item.command.is_some() || item.asks_for.is_some());
        }
    }
}
