//! What the plan's list asks for before a deployment.

use chrono::TimeDelta;
use clap::ValueEnum;

use crate::reporting::name_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ItemName {
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
        name_of(self)
    }

    /// How long a confirmation is good for: the world changes meanwhile, and duties do so every day.
    pub(super) fn good_for(self) -> TimeDelta {
        if self.is_of_one_release() {
            TimeDelta::hours(24)
        } else {
            TimeDelta::days(30)
        }
    }

    /// Whether it says nothing of any other release.
    pub(super) fn is_of_one_release(self) -> bool {
        self == Self::OnCall
    }
}

pub(super) struct Item {
    pub(super) name: ItemName,
    /// Of this program; what it finds holds for now.
    pub(super) command: Option<&'static [&'static str]>,
    /// What a person confirms, as no command can know it.
    pub(super) asks_for: &'static str,
}

/// In the plan's order.
pub(super) static ITEMS: [Item; 8] = [
    Item {
        name: ItemName::SecurityScan,
        command: Some(&["secret-scan"]),
        asks_for: "code (SAST) and the running service (DAST) were scanned, findings are dealt with",
    },
    Item {
        name: ItemName::LoadTest,
        command: None,
        asks_for: "twice the expected peak was sent to it, and the objectives held",
    },
    Item {
        name: ItemName::Migrations,
        command: Some(&["lint-migrations"]),
        asks_for: "the steps of the schema were taken in staging, up and down",
    },
    Item {
        name: ItemName::Backups,
        command: None,
        asks_for: "a backup was restored into an empty database and compared",
    },
    Item {
        name: ItemName::OnCall,
        command: None,
        asks_for: "somebody is on call for the next 48 hours and knows of the release",
    },
    Item {
        name: ItemName::Rollback,
        command: Some(&["rollout", "simulate", "--rounds", "20", "--releases", "200"]),
        asks_for: "a release was rolled back in staging within 15 minutes",
    },
    Item {
        name: ItemName::Dashboards,
        command: Some(&["render", "--check"]),
        asks_for: "the rendered dashboards are loaded and show the service",
    },
    Item {
        name: ItemName::AlertRouting,
        command: Some(&["monitoring"]),
        asks_for: "a test alert reached the one on call",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_plan_is_there_once() {
        let names: Vec<ItemName> = ITEMS.iter().map(|item| item.name).collect();
        assert_eq!(names, ItemName::value_variants());
    }
}
