//! The list, line by line.

use std::fmt::Write as _;

use super::confirmations::{Confirmation, State};
use super::items::Item;
use crate::reporting::{Page, cell};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

pub(super) enum Checked {
    Passed,
    /// With what the command said.
    Failed(String),
}

pub(super) struct Line {
    pub(super) item: &'static Item,
    /// None where no command can know.
    pub(super) checked: Option<Checked>,
    pub(super) confirmed: State,
}

pub(super) struct Report {
    pub(super) lines: Vec<Line>,
}

impl Line {
    fn is_ready(&self) -> bool {
        !matches!(self.checked, Some(Checked::Failed(_)))
            && matches!(self.confirmed, State::Fresh(_))
    }

    fn mark(&self) -> &'static str {
        if self.is_ready() { "ready" } else { "MISSING" }
    }

    fn check(&self) -> String {
        let command = self.item.command.unwrap_or_default().join(" ");
        match &self.checked {
            None => "-".to_owned(),
            Some(Checked::Passed) => format!("`{command}` passed"),
            Some(Checked::Failed(said)) => format!("`{command}` FAILED: {said}"),
        }
    }

    fn confirmation(&self) -> String {
        let given = |given: &Confirmation| {
            let day = given.at.format("%Y-%m-%d %H:%M UTC");
            let version = given.version.as_ref();
            let version = version.map(|version| format!(" for {version}"));
            let note = given.note.as_ref().map(|note| format!(" ({note})"));
            format!(
                "{} on {day}{}{}",
                given.by,
                version.unwrap_or_default(),
                note.unwrap_or_default()
            )
        };
        let name = self.item.name;
        match &self.confirmed {
            State::Missing => format!(
                "nobody yet: {}; then `cargo xtask checklist confirm {} --by NAME{}`",
                self.item.asks_for,
                name.text(),
                if name.is_of_one_release() {
                    " --version VERSION"
                } else {
                    ""
                }
            ),
            State::Fresh(found) => given(found),
            State::Expired(found) if name.is_of_one_release() => {
                format!(
                    "EXPIRED after {} hours: {}",
                    name.good_for().num_hours(),
                    given(found)
                )
            }
            State::Expired(found) => {
                format!(
                    "EXPIRED after {} days: {}",
                    name.good_for().num_days(),
                    given(found)
                )
            }
            State::Ahead(found) => format!("of a time that has not come: {}", given(found)),
            State::Over(found) => format!("of a release that is over: {}", given(found)),
            State::OtherRelease(found) => format!("not of this release: {}", given(found)),
        }
    }

    fn state(&self) -> (&'static str, Option<&Confirmation>) {
        match &self.confirmed {
            State::Missing => ("missing", None),
            State::Fresh(found) => ("fresh", Some(found)),
            State::Expired(found) => ("expired", Some(found)),
            State::Ahead(found) => ("ahead", Some(found)),
            State::Over(found) => ("over", Some(found)),
            State::OtherRelease(found) => ("other_release", Some(found)),
        }
    }

    fn json(&self) -> serde_json::Value {
        let (state, confirmation) = self.state();
        let check = self.item.command.map(|command| match &self.checked {
            Some(Checked::Failed(said)) => {
                serde_json::json!({"command": command, "passed": false, "found": said})
            }
            _ => serde_json::json!({"command": command, "passed": true}),
        });
        serde_json::json!({
            "item": self.item.name.text(),
            "ready": self.is_ready(),
            "check": check,
            "asks_for": self.item.asks_for,
            "confirmation": state,
            "confirmed": confirmation,
        })
    }
}

impl Report {
    pub(super) fn is_complete(&self) -> bool {
        self.lines.iter().all(Line::is_ready)
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
                let document = serde_json::json!({
                    "schema": SCHEMA,
                    "complete": self.is_complete(),
                    "items": self.lines.iter().map(Line::json).collect::<Vec<_>>(),
                });
                format!("{document:#}\n")
            }
        }
    }

    fn table(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let _ = writeln!(text, "{:<7}  {}", line.mark(), line.item.name.text());
            for (what, found) in [
                ("checked", line.check()),
                ("confirmed", line.confirmation()),
            ] {
                if found != "-" {
                    let _ = writeln!(
                        text,
                        "         {what}: {}",
                        found.replace('\n', "\n           ")
                    );
                }
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n| item | | checked | confirmed by |\n|---|---|---|---|\n",
            self.summary()
        );
        for line in &self.lines {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                line.item.name.text(),
                line.mark(),
                cell(&line.check()),
                cell(&line.confirmation())
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::items::ITEMS;
    use super::*;

    fn confirmation() -> Confirmation {
        Confirmation {
            by: "Ada | Co".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            note: Some("the dump of Monday".to_owned()),
            version: None,
        }
    }

    #[test]
    fn a_release_is_named_where_a_confirmation_is_for_one() {
        let found = Confirmation {
            version: Some("1.3.0".to_owned()),
            ..confirmation()
        };
        let said = |confirmed| {
            let line = Line {
                item: &ITEMS[4],
                checked: None,
                confirmed,
            };
            assert_eq!(line.is_ready(), matches!(line.confirmed, State::Fresh(_)));
            line.confirmation()
        };
        let given = "Ada | Co on 1970-01-01 00:00 UTC for 1.3.0 (the dump of Monday)";
        assert_eq!(said(State::Fresh(found.clone())), given);
        assert_eq!(
            said(State::Expired(found.clone())),
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
        assert!(said(State::Missing).ends_with("confirm on-call --by NAME --version VERSION`"));
    }

    fn report() -> Report {
        let line = |place: usize, checked, confirmed| Line {
            item: &ITEMS[place],
            checked,
            confirmed,
        };
        let failed = Checked::Failed("two\nlines".to_owned());
        Report {
            lines: vec![
                line(0, Some(Checked::Passed), State::Fresh(confirmation())),
                line(1, None, State::Missing),
                line(2, Some(failed), State::Fresh(confirmation())),
                line(3, None, State::Expired(confirmation())),
                line(4, None, State::Ahead(confirmation())),
            ],
        }
    }

    #[test]
    fn what_is_missing_says_what_to_do() {
        let table = report().rendered(Page::Table);
        assert!(table.starts_with(
            "ready    security-scan\n         checked: `secret-scan` passed\n         \
             confirmed: Ada | Co on 1970-01-01 00:00 UTC (the dump of Monday)\n"
        ));
        assert!(
            table.contains("checklist confirm load-test --by NAME"),
            "{table}"
        );
        assert!(table.contains("EXPIRED after 30 days: Ada"), "{table}");
        let end = "\nNOT COMPLETE: load-test, migrations, backups, on-call\n";
        assert!(table.ends_with(end), "{table}");
    }

    #[test]
    fn no_form_is_broken_by_what_people_write() {
        let markdown = report().rendered(Page::Markdown);
        assert!(markdown.contains("Ada \\| Co"), "{markdown}");
        assert!(markdown.contains("FAILED: two lines"), "{markdown}");
        let json = report().rendered(Page::Json);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["complete"], false);
        let states: Vec<_> = json["items"].as_array().unwrap().iter().collect();
        assert_eq!(states[0]["confirmed"]["by"], "Ada | Co");
        assert_eq!(states[1]["confirmation"], "missing");
        assert_eq!(states[2]["check"]["passed"], false);
        assert_eq!(states[3]["confirmation"], "expired");
        assert_eq!(states[4]["ready"], false);
    }

    #[test]
    fn a_list_is_complete_when_every_line_is_ready() {
        let mut report = report();
        report.lines.truncate(1);
        assert!(report.is_complete());
        assert!(report.rendered(Page::Table).ends_with("\nCOMPLETE\n"));
    }
}
