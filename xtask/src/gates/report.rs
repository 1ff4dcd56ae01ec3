//! What was found, for people and for pipelines.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use serde::Serialize;

use crate::reporting::{Case, CaseResult, Format, Suite, cell, junit, workflow_message};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) expected: String,
    pub(super) found: String,
    #[serde(rename = "passed")]
    pub(super) is_passed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) name: String,
    pub(super) is_waived: bool,
    pub(super) checks: Vec<Check>,
}

#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) target: String,
    pub(super) gates: Vec<Gate>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    target: &'a str,
    outcome: &'static str,
    gates: Vec<GateEntry<'a>>,
}

#[derive(Serialize)]
struct GateEntry<'a> {
    name: &'a str,
    state: &'static str,
    checks: &'a [Check],
}

impl Gate {
    fn is_passed(&self) -> bool {
        self.checks.iter().all(|check| check.is_passed)
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
    pub(super) fn is_go(&self) -> bool {
        self.gates
            .iter()
            .all(|gate| gate.is_passed() || gate.is_waived)
    }

    fn outcome(&self) -> &'static str {
        if self.is_go() { "go" } else { "no_go" }
    }

    /// One sentence: what to do with it.
    fn summary(&self) -> String {
        let failed = self.gates.iter().filter(|gate| gate.state() == "failed");
        let failed: Vec<&str> = failed.map(|gate| gate.name.as_str()).collect();
        if failed.is_empty() {
            "GO: all gates are passed or waived".to_owned()
        } else {
            format!("NO GO: {}", failed.join(", "))
        }
    }

    pub(super) fn rendered(&self, format: Format) -> String {
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
        for gate in &self.gates {
            let _ = writeln!(text, "\n{} {}", gate.name, gate.state());
            for check in &gate.checks {
                let mark = if check.is_passed { "ok " } else { "NO " };
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
        let gates = self.gates.iter().map(|gate| GateEntry {
            name: &gate.name,
            state: gate.state(),
            checks: &gate.checks,
        });
        let document = Document {
            schema: SCHEMA,
            target: &self.target,
            outcome: self.outcome(),
            gates: gates.collect(),
        };
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        format!("{text}\n")
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n{}\n\n| gate | check | expected | found | |\n|---|---|---|---|---|\n",
            self.summary(),
            self.target
        );
        for (gate, check) in self.checks() {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                gate.name,
                cell(&check.name),
                cell(&check.expected),
                cell(&check.found),
                state_of(gate, check)
            );
        }
        text
    }

    fn junit(&self) -> String {
        let case = |gate: &Gate, check: &Check| {
            let message = format!("expected {}, found {}", check.expected, check.found);
            Case {
                name: check.name.clone(),
                result: match state_of(gate, check) {
                    "passed" => CaseResult::Passed,
                    "waived" => CaseResult::Skipped(message),
                    _ => CaseResult::Failed(message),
                },
            }
        };
        let suites = self.gates.iter().map(|gate| Suite {
            name: gate.name.clone(),
            class: format!("gates.{}", gate.name),
            cases: gate.checks.iter().map(|check| case(gate, check)).collect(),
        });
        junit(&suites.collect::<Vec<_>>())
    }

    fn github(&self) -> String {
        let mut text = String::new();
        for (gate, check) in self.checks() {
            let level = match state_of(gate, check) {
                "passed" => continue,
                "waived" => "warning",
                _ => "error",
            };
            let message = format!(
                "{}: expected {}, found {}",
                check.name, check.expected, check.found
            );
            let _ = writeln!(
                text,
                "::{level} title=gate {}::{}",
                gate.name,
                workflow_message(&message)
            );
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    fn checks(&self) -> impl Iterator<Item = (&Gate, &Check)> {
        self.gates
            .iter()
            .flat_map(|gate| gate.checks.iter().map(move |check| (gate, check)))
    }
}

fn state_of(gate: &Gate, check: &Check) -> &'static str {
    match (check.is_passed, gate.is_waived) {
        (true, _) => "passed",
        (false, true) => "waived",
        (false, false) => "failed",
    }
}

/// On a terminal only: what goes into a file or a pipe is the report alone.
pub(super) fn say_progress(gate: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("probing: {gate}");
    }
}

#[cfg(test)]
mod tests;
