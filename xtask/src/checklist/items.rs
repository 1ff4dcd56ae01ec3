//! What the plan's list asks for before a deployment.

use std::fmt::Write as _;

use chrono::TimeDelta;
use clap::ValueEnum;

use crate::reporting::name_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ItemName {
    /// Dependencies, the repository and a running service were scanned for weaknesses
    SecurityScan,
    /// Twice the expected peak was sent to it
    LoadTest,
    /// The steps of the schema were made and taken back
    Migrations,
    /// A backup was restored and compared
    Backups,
    /// Somebody is on call
    OnCall,
    /// A bad release was rolled back
    Rollback,
    /// The dashboards are those of the policy
    Dashboards,
    /// Alerts go to those whom they should reach
    AlertRouting,
}

impl ItemName {
    pub(super) fn text(self) -> String {
        name_of(self)
    }

    /// How long a check or a confirmation is good for: the world changes meanwhile, and duties do so every day.
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
    /// Of this program, words separated by spaces; none where only a person can know.
    pub(super) commands: &'static [&'static str],
    /// What the commands see to, or a person elsewhere.
    pub(super) asks_for: &'static str,
}

/// In the plan's order.
pub(super) static ITEMS: [Item; 8] = [
    Item {
        name: ItemName::SecurityScan,
        commands: &["dependency-scan", "secret-scan", "conformance"],
        asks_for: "dependencies (licences, sources, the advisories of today), the repository (secrets) and a running service (DAST) are scanned",
    },
    Item {
        name: ItemName::LoadTest,
        commands: &["loadtest --scenario mixed --rate 2000 --duration 60s"],
        asks_for: "twice the expected peak is sent to it, and the objectives hold",
    },
    Item {
        name: ItemName::Migrations,
        commands: &["lint-migrations", "migrate rehearse"],
        asks_for: "the steps of the schema are safe, and are made, taken back and made again",
    },
    Item {
        name: ItemName::Backups,
        commands: &["drill restore", "drill disaster"],
        asks_for: "backups are restored under load, and nothing is lost that they should hold",
    },
    Item {
        name: ItemName::OnCall,
        commands: &[],
        asks_for: "somebody is on call and knows of the release; confirmed anew each day until it is over",
    },
    Item {
        name: ItemName::Rollback,
        commands: &["rehearse --fault errors --expect rollback"],
        asks_for: "a release that is bad is rolled back, within 15 minutes",
    },
    Item {
        name: ItemName::Dashboards,
        commands: &["render --check"],
        asks_for: "the dashboards are what the policy makes them",
    },
    Item {
        name: ItemName::AlertRouting,
        commands: &["monitoring"],
        asks_for: "each alert goes to the receiver that it is for (amtool)",
    },
];

/// What each line runs, for `--help`.
pub(super) fn help() -> String {
    let mut text = String::from("Runs, one after the other, on servers of its own:\n");
    for item in &ITEMS {
        for (place, command) in item.commands.iter().enumerate() {
            let name = if place == 0 {
                item.name.text()
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {name:<14} cargo xtask {command}");
        }
    }
    text.push_str(
        "\nMost of these take minutes, and the load test a machine that does nothing else. How a line ended is written down as soon as it has:
Ctrl-C loses nothing of those before. Advisories that cannot be fetched are a failure, since nothing was looked up.

Ends with 0 when all passed, 1 when something failed, 2 on wrong usage.",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::accept;

    #[test]
    fn each_line_of_the_plan_is_there_once() {
        let names: Vec<ItemName> = ITEMS.iter().map(|item| item.name).collect();
        assert_eq!(names, ItemName::value_variants());
    }

    #[test]
    fn every_command_is_one_that_we_have_and_only_on_call_has_none() {
        for item in &ITEMS {
            assert_eq!(item.commands.is_empty(), item.name == ItemName::OnCall);
            for command in item.commands {
                let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
                accept(&words, &item.name.text());
                assert!(help().contains(&format!("cargo xtask {command}\n")));
            }
        }
    }
}
