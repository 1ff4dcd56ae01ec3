//! The list, line by line.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::items::Item;
use super::record::{Check, Confirmation, Proof};
use super::state::State;
use crate::reporting::{Page, cell};

/// The version of the JSON form.
const SCHEMA: u32 = 2;

pub(super) struct Line {
    pub(super) item: &'static Item,
    pub(super) state: State,
}

pub(super) struct Report {
    pub(super) lines: Vec<Line>,
    /// The version that is to be released, where somebody said so.
    pub(super) version: Option<String>,
    /// Where it is kept, unless that is the usual place.
    pub(super) file: Option<PathBuf>,
}

impl Line {
    fn is_ready(&self) -> bool {
        matches!(self.state, State::Fresh(_))
    }

    fn mark(&self) -> &'static str {
        if self.is_ready() { "ready" } else { "MISSING" }
    }

    /// What speaks for it and how long that is good for, or why nothing does.
    fn found(&self) -> String {
        let name = self.item.name;
        match &self.state {
            State::Missing if self.item.commands.is_empty() => {
                format!("nobody confirmed it yet: {}", self.item.asks_for)
            }
            State::Missing => format!("neither checked nor confirmed yet: {}", self.item.asks_for),
            State::Fresh(proof) => {
                let until = time(proof.at() + name.good_for());
                format!("{}; good until {until}", told(proof))
            }
            State::Expired(proof) if name.is_of_one_release() => {
                let hours = name.good_for().num_hours();
                format!("EXPIRED after {hours} hours: {}", told(proof))
            }
            State::Expired(proof) => {
                let days = name.good_for().num_days();
                format!("EXPIRED after {days} days: {}", told(proof))
            }
            State::Ahead(proof) => format!("of a time that has not come: {}", told(proof)),
            State::Over(found) => format!("of a release that is over: {}", confirmed(found)),
            State::OtherRelease(found) => format!("not of this release: {}", confirmed(found)),
            State::Failed(check) => failed(check),
        }
    }

    fn json(&self, next: Option<&str>) -> serde_json::Value {
        let (state, (check, confirmation)) = match &self.state {
            State::Missing => ("missing", (None, None)),
            State::Fresh(proof) => ("fresh", parts(proof)),
            State::Expired(proof) => ("expired", parts(proof)),
            State::Ahead(proof) => ("ahead", parts(proof)),
            State::Over(found) => ("over", (None, Some(found))),
            State::OtherRelease(found) => ("other_release", (None, Some(found))),
            State::Failed(check) => ("failed", (Some(check), None)),
        };
        let since = match &self.state {
            State::Fresh(proof) => Some(proof.at()),
            _ => None,
        };
        serde_json::json!({
            "item": self.item.name.text(),
            "ready": self.is_ready(),
            "asks_for": self.item.asks_for,
            "commands": self.item.commands,
            "state": state,
            "since": since,
            "expires": since.map(|since| since + self.item.name.good_for()),
            "checked": check,
            "confirmed": confirmation,
            "reason": (!self.is_ready()).then(|| self.found()),
            "next": next,
        })
    }
}

fn parts(proof: &Proof) -> (Option<&Check>, Option<&Confirmation>) {
    match proof {
        Proof::Checked(check) => (Some(check), None),
        Proof::Confirmed(confirmation) => (None, Some(confirmation)),
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn told(proof: &Proof) -> String {
    match proof {
        Proof::Checked(check) => passed(check),
        Proof::Confirmed(confirmation) => confirmed(confirmation),
    }
}

fn passed(check: &Check) -> String {
    let commands = check.commands.iter().map(|command| format!("`{command}`"));
    let commands: Vec<String> = commands.collect();
    format!("{} passed on {}", commands.join(", "), when(check))
}

fn failed(check: &Check) -> String {
    let mut text = format!("FAILED on {}:", when(check));
    for failure in &check.failures {
        let _ = write!(text, "\n`{}`: {}", failure.command, failure.ended);
        for line in &failure.said {
            let _ = write!(text, "\n  {line}");
        }
    }
    text
}

fn when(check: &Check) -> String {
    let commit = check.commit.as_ref();
    let commit = commit.map(|commit| format!(", at {commit}"));
    format!("{}{}", time(check.at), commit.unwrap_or_default())
}

fn confirmed(given: &Confirmation) -> String {
    let version = given.version.as_ref();
    let version = version.map(|version| format!(" for {version}"));
    let note = given.note.as_ref().map(|note| format!(" ({note})"));
    format!(
        "confirmed by {} on {}{}{}",
        given.by,
        time(given.at),
        version.unwrap_or_default(),
        note.unwrap_or_default()
    )
}

impl Report {
    pub(super) fn is_complete(&self) -> bool {
        self.lines.iter().all(Line::is_ready)
    }

    /// The command to type for a line that is missing.
    fn next(&self, line: &Line) -> Option<String> {
        if line.is_ready() {
            return None;
        }
        let name = line.item.name.text();
        let mut next = if line.item.commands.is_empty() {
            let version = self.version.as_deref().unwrap_or("VERSION");
            format!("cargo xtask checklist confirm {name} --by NAME --version {version}")
        } else {
            format!("cargo xtask checklist check --item {name}")
        };
        if let Some(file) = &self.file {
            let _ = write!(next, " --file {}", file.display());
        }
        Some(next)
    }

    fn summary(&self) -> String {
        let missing = self.lines.iter().filter(|line| !line.is_ready());
        let missing: Vec<String> = missing.map(|line| line.item.name.text()).collect();
        if missing.is_empty() {
            "COMPLETE".to_owned()
        } else {
            format!("NOT COMPLETE: {}", missing.join(", "))
        }
    }

    pub(super) fn rendered(&self, page: Page) -> String {
        match page {
            Page::Table => self.table(),
            Page::Markdown => self.markdown(),
            Page::Json => {
                let lines = self.lines.iter();
                let items = lines.map(|line| line.json(self.next(line).as_deref()));
                let document = serde_json::json!({
                    "schema": SCHEMA,
                    "complete": self.is_complete(),
                    "items": items.collect::<Vec<_>>(),
                });
                format!("{document:#}\n")
            }
        }
    }

    fn table(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let found = line.found().replace('\n', "\n           ");
            let _ = writeln!(text, "{:<7}  {}", line.mark(), line.item.name.text());
            let _ = writeln!(text, "         {found}");
            if let Some(next) = self.next(line) {
                let _ = writeln!(text, "         next: {next}");
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n| item | | found | next |\n|---|---|---|---|\n",
            self.summary()
        );
        for line in &self.lines {
            let next = self.next(line).map(|next| format!("`{next}`"));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                line.item.name.text(),
                line.mark(),
                cell(&line.found()),
                cell(&next.unwrap_or_default())
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::items::{ITEMS, ItemName};
    use super::super::record::Failure;
    use super::*;
    use crate::workflows::accept;

    fn confirmation() -> Confirmation {
        Confirmation {
            by: "Ada | Co".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            note: Some("the dump of Monday".to_owned()),
            version: None,
        }
    }

    fn check(commands: &[&str]) -> Check {
        Check {
            at: DateTime::<Utc>::UNIX_EPOCH,
            commands: commands.iter().copied().map(str::to_owned).collect(),
            commit: Some("94739a5".to_owned()),
            failures: Vec::new(),
        }
    }

    fn failing() -> Check {
        Check {
            failures: vec![Failure {
                command: "lint-migrations".to_owned(),
                ended: "exit status: 1".to_owned(),
                said: vec!["one | line".to_owned(), "another".to_owned()],
            }],
            ..check(&["lint-migrations", "migrate rehearse"])
        }
    }

    fn line(name: ItemName, state: State) -> Line {
        let item = ITEMS.iter().find(|item| item.name == name).unwrap();
        Line { item, state }
    }

    #[test]
    fn a_release_is_named_where_a_confirmation_is_for_one() {
        let found = Confirmation {
            version: Some("1.3.0".to_owned()),
            ..confirmation()
        };
        let proof = Proof::Confirmed(found.clone());
        let said = |state| line(ItemName::OnCall, state).found();
        let given = "confirmed by Ada | Co on 1970-01-01 00:00 UTC for 1.3.0 (the dump of Monday)";
        assert_eq!(
            said(State::Fresh(proof.clone())),
            format!("{given}; good until 1970-01-02 00:00 UTC")
        );
        assert_eq!(
            said(State::Expired(proof)),
            format!("EXPIRED after 24 hours: {given}")
        );
        assert_eq!(
            said(State::Over(found.clone())),
            format!("of a release that is over: {given}")
        );
        assert_eq!(
            said(State::OtherRelease(found)),
            format!("not of this release: {given}")
        );
        assert!(said(State::Missing).starts_with("nobody confirmed it yet: somebody is on call"));
    }

    fn report() -> Report {
        let confirmed = Proof::Confirmed(confirmation());
        let passed = Proof::Checked(check(&["secret-scan", "conformance"]));
        let lines = [
            (ItemName::SecurityScan, State::Fresh(passed)),
            (ItemName::LoadTest, State::Missing),
            (ItemName::Migrations, State::Failed(failing())),
            (ItemName::Backups, State::Expired(confirmed.clone())),
            (ItemName::OnCall, State::Ahead(confirmed.clone())),
            (ItemName::Rollback, State::Fresh(confirmed)),
        ];
        Report {
            lines: lines.map(|(name, state)| line(name, state)).into(),
            version: None,
            file: None,
        }
    }

    #[test]
    fn each_line_says_since_when_and_by_what_or_why_not_and_what_to_type() {
        let table = report().rendered(Page::Table);
        assert!(
            table.starts_with(
                "ready    security-scan
         `secret-scan`, `conformance` passed on 1970-01-01 00:00 UTC, at 94739a5; good until 1970-01-31 00:00 UTC
MISSING  load-test
         neither checked nor confirmed yet: twice the expected peak is sent to it, and the objectives hold
         next: cargo xtask checklist check --item load-test
MISSING  migrations
         FAILED on 1970-01-01 00:00 UTC, at 94739a5:
           `lint-migrations`: exit status: 1
             one | line
             another
         next: cargo xtask checklist check --item migrations
MISSING  backups
         EXPIRED after 30 days: confirmed by Ada | Co on 1970-01-01 00:00 UTC (the dump of Monday)
         next: cargo xtask checklist check --item backups
MISSING  on-call
         of a time that has not come: confirmed by Ada"
            ),
            "{table}"
        );
        assert!(
            table.ends_with(
                "ready    rollback
         confirmed by Ada | Co on 1970-01-01 00:00 UTC (the dump of Monday); good until 1970-01-31 00:00 UTC

NOT COMPLETE: load-test, migrations, backups, on-call
"
            ),
            "{table}"
        );
    }

    #[test]
    fn what_to_type_is_a_command_that_we_have() {
        let report = Report {
            version: Some("1.3.0".to_owned()),
            file: Some("list.json".into()),
            lines: Vec::new(),
        };
        for item in &ITEMS {
            let state = State::Missing;
            let next = report.next(&Line { item, state }).unwrap();
            let words = next.strip_prefix("cargo xtask ").unwrap();
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            accept(&words, &item.name.text());
            assert!(next.ends_with(" --file list.json"), "{next}");
            let is_of_release = next.contains("--by NAME --version 1.3.0");
            assert_eq!(is_of_release, item.name == ItemName::OnCall, "{next}");
        }
    }

    #[test]
    fn no_form_is_broken_by_what_people_write() {
        let markdown = report().rendered(Page::Markdown);
        assert!(markdown.contains("Ada \\| Co"), "{markdown}");
        assert!(
            markdown.contains("exit status: 1   one \\| line   another | `cargo"),
            "{markdown}"
        );
        let json = report().rendered(Page::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["schema"], &json["complete"]),
            (&2.into(), &false.into())
        );
        let items = json["items"].as_array().unwrap();
        let states: Vec<_> = items.iter().map(|item| &item["state"]).collect();
        assert_eq!(
            states,
            ["fresh", "missing", "failed", "expired", "ahead", "fresh"]
        );
        assert_eq!(items[0]["checked"]["commit"], "94739a5");
        assert_eq!(items[0]["since"], "1970-01-01T00:00:00Z");
        assert_eq!(items[0]["expires"], "1970-01-31T00:00:00Z");
        for empty in ["confirmed", "reason", "next"] {
            assert!(items[0][empty].is_null(), "{empty}");
        }
        assert_eq!(
            items[1]["next"],
            "cargo xtask checklist check --item load-test"
        );
        let failure = &items[2]["checked"]["failures"][0];
        assert_eq!(failure["said"][1], "another");
        assert_eq!(items[3]["since"], serde_json::Value::Null);
        assert_eq!(items[5]["confirmed"]["by"], "Ada | Co");
    }

    #[test]
    fn a_list_is_complete_when_every_line_is_ready() {
        let mut report = report();
        report.lines.truncate(1);
        assert!(report.is_complete());
        assert!(report.rendered(Page::Table).ends_with("\nCOMPLETE\n"));
    }
}
