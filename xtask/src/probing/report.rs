//! What was found, for people and for pipelines.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use serde::Serialize;

use crate::reporting::{Case, CaseResult, Format, Suite, cell, junit, workflow_message};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    name: String,
    expected: String,
    found: String,
    /// None for what cannot be asked of this service.
    #[serde(rename = "passed")]
    is_passed: Option<bool>,
}

/// Checks that stand and fall together.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) is_waived: bool,
    pub(crate) checks: Vec<Check>,
}

#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) wording: Wording,
    pub(crate) target: String,
    pub(crate) groups: Vec<Group>,
}

/// How a command speaks of its groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording {
    pub(crate) group: &'static str,
    pub(crate) groups: &'static str,
    /// For machines and for people.
    pub(crate) passed: (&'static str, &'static str),
    pub(crate) failed: (&'static str, &'static str),
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    state: &'static str,
    checks: &'a [Check],
}

impl Check {
    pub(crate) fn new(
        name: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        is_passed: bool,
    ) -> Self {
        Self {
            name: name.into(),
            expected: expected.into(),
            found: found.into(),
            is_passed: Some(is_passed),
        }
    }

    pub(crate) fn not_applicable(
        name: impl Into<String>,
        expected: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            expected: expected.into(),
            found: format!("not applicable: {}", why.into()),
            is_passed: None,
        }
    }

    fn is_failed(&self) -> bool {
        self.is_passed == Some(false)
    }
}

impl Group {
    pub(crate) fn new(name: &str, checks: Vec<Check>) -> Self {
        Self {
            name: name.to_owned(),
            is_waived: false,
            checks,
        }
    }

    pub(crate) fn is_passed(&self) -> bool {
        !self.checks.iter().any(Check::is_failed)
    }

    fn state(&self) -> &'static str {
        match (self.is_passed(), self.is_waived) {
            (true, _) => "passed",
            (false, true) => "waived",
            (false, false) => "failed",
        }
    }
}

impl Report {
    /// Whether nothing failed but what was waived.
    pub(crate) fn is_good(&self) -> bool {
        self.groups
            .iter()
            .all(|group| group.is_passed() || group.is_waived)
    }

    fn outcome(&self) -> &'static str {
        if self.is_good() {
            self.wording.passed.0
        } else {
            self.wording.failed.0
        }
    }

    /// One sentence: what to do with it.
    fn summary(&self) -> String {
        let failed = self.groups.iter().filter(|group| group.state() == "failed");
        let failed: Vec<&str> = failed.map(|group| group.name.as_str()).collect();
        if failed.is_empty() {
            self.wording.passed.1.to_owned()
        } else {
            format!("{}: {}", self.wording.failed.1, failed.join(", "))
        }
    }

    pub(crate) fn rendered(&self, format: Format) -> String {
        match format {
            Format::Table => self.table(),
            Format::Json => self.json(),
            Format::Markdown => self.markdown(),
            Format::Junit => self.junit(),
            Format::Github => self.github(),
        }
    }

    fn table(&self) -> String {
        let mut text = format!("{}\n", self.target);
        for group in &self.groups {
            let _ = writeln!(text, "\n{} {}", group.name, group.state());
            for check in &group.checks {
                let mark = match check.is_passed {
                    Some(true) => "ok ",
                    Some(false) => "NO ",
                    None => "-- ",
                };
                let _ = writeln!(
                    text,
                    "  {mark} {}: {} (expected: {})",
                    check.name, check.found, check.expected
                );
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn json(&self) -> String {
        let entries = self.groups.iter().map(|group| Entry {
            name: &group.name,
            state: group.state(),
            checks: &group.checks,
        });
        let entries: Vec<Entry<'_>> = entries.collect();
        let document = serde_json::json!({
            "schema": SCHEMA,
            "target": self.target,
            "outcome": self.outcome(),
            (self.wording.groups): entries,
        });
        format!("{document:#}\n")
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n{}\n\n| {} | check | expected | found | |\n|---|---|---|---|---|\n",
            self.summary(),
            self.target,
            self.wording.group
        );
        for (group, check) in self.checks() {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                group.name,
                cell(&check.name),
                cell(&check.expected),
                cell(&check.found),
                state_of(group, check)
            );
        }
        text
    }

    fn junit(&self) -> String {
        let case = |group: &Group, check: &Check| {
            let message = format!("expected {}, found {}", check.expected, check.found);
            Case {
                name: check.name.clone(),
                result: match state_of(group, check) {
                    "passed" => CaseResult::Passed,
                    "waived" | "not applicable" => CaseResult::Skipped(message),
                    _ => CaseResult::Failed(message),
                },
            }
        };
        let suites = self.groups.iter().map(|group| Suite {
            name: group.name.clone(),
            class: format!("{}.{}", self.wording.groups, group.name),
            cases: group
                .checks
                .iter()
                .map(|check| case(group, check))
                .collect(),
        });
        junit(&suites.collect::<Vec<_>>())
    }

    fn github(&self) -> String {
        let mut text = String::new();
        for (group, check) in self.checks() {
            let level = match state_of(group, check) {
                "passed" | "not applicable" => continue,
                "waived" => "warning",
                _ => "error",
            };
            let message = format!(
                "{}: expected {}, found {}",
                check.name, check.expected, check.found
            );
            let _ = writeln!(
                text,
                "::{level} title={} {}::{}",
                self.wording.group,
                group.name,
                workflow_message(&message)
            );
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    fn checks(&self) -> impl Iterator<Item = (&Group, &Check)> {
        self.groups
            .iter()
            .flat_map(|group| group.checks.iter().map(move |check| (group, check)))
    }
}

fn state_of(group: &Group, check: &Check) -> &'static str {
    match (check.is_passed, group.is_waived) {
        (Some(true), _) => "passed",
        (Some(false), true) => "waived",
        (Some(false), false) => "failed",
        (None, _) => "not applicable",
    }
}

/// On a terminal only: what goes into a file or a pipe is the report alone.
pub(crate) fn say_progress(group: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("probing: {group}");
    }
}

#[cfg(test)]
mod tests;
