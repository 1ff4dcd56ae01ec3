//! What people confirmed, and when: a small file of JSON with the last confirmation of each item.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::items::ItemName;

/// The version of the file's form.
const SCHEMA: u32 = 1;
/// The world changes meanwhile.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// Of clocks that differ a little.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmations {
    schema: u32,
    confirmed: BTreeMap<String, Confirmation>,
}

/// What a confirmation is worth today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Missing,
    Fresh(Confirmation),
    Expired(Confirmation),
    /// Of a time that has not come.
    Ahead(Confirmation),
}

impl Default for Confirmations {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            confirmed: BTreeMap::new(),
        }
    }
}

impl Confirmations {
    /// Without a file nothing is confirmed.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            other => other.with_context(|| format!("cannot read {shown}"))?,
        };
        let read: Self = serde_json::from_str(&text)
            .with_context(|| format!("{shown} is no file of confirmations"))?;
        ensure!(
            read.schema == SCHEMA,
            "{shown} has the form {}, which nobody here can read",
            read.schema
        );
        Ok(read)
    }

    /// As a whole: a reader finds the old file or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let write = || -> anyhow::Result<()> {
            let mut aside = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            writeln!(aside, "{}", serde_json::to_string_pretty(self)?)?;
            aside.as_file().sync_all()?;
            aside.persist(path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    pub(super) fn add(&mut self, item: ItemName, confirmation: Confirmation) {
        self.confirmed.insert(item.text(), confirmation);
    }

    pub(super) fn last(&self, item: ItemName) -> Option<&Confirmation> {
        self.confirmed.get(&item.text())
    }

    pub(super) fn state(&self, item: ItemName, now: DateTime<Utc>) -> State {
        let Some(found) = self.confirmed.get(&item.text()).cloned() else {
            return State::Missing;
        };
        let age = now - found.at;
        if age < -TOLERANCE {
            State::Ahead(found)
        } else if age < GOOD_FOR {
            State::Fresh(found)
        } else {
            State::Expired(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days)
    }

    fn by_ada() -> Confirmation {
        Confirmation {
            by: "Ada".to_owned(),
            at: at(100),
            note: None,
        }
    }

    #[test]
    fn a_confirmation_is_good_for_thirty_days_from_when_it_was_given() {
        let item = ItemName::LoadTest;
        let mut confirmations = Confirmations::default();
        assert_eq!(confirmations.state(item, at(100)), State::Missing);
        confirmations.add(item, by_ada());
        let state = |days| confirmations.state(item, at(days));
        assert_eq!(state(100), State::Fresh(by_ada()));
        assert_eq!(state(129), State::Fresh(by_ada()));
        assert_eq!(state(130), State::Expired(by_ada()));
        assert_eq!(state(99), State::Ahead(by_ada()));
        assert_eq!(
            confirmations.state(ItemName::Migrations, at(100)),
            State::Missing
        );
    }

    #[test]
    fn what_is_written_is_read_and_everything_else_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checklist.json");
        assert_eq!(
            Confirmations::read(&path).unwrap(),
            Confirmations::default()
        );
        let mut confirmations = Confirmations::default();
        confirmations.add(ItemName::SecurityScan, by_ada());
        confirmations.write(&path).unwrap();
        assert_eq!(Confirmations::read(&path).unwrap(), confirmations);
        for text in [
            "",
            "{}",
            r#"{"schema":2,"confirmed":{}}"#,
            r#"{"schema":1,"confirmed":{},"x":1}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(Confirmations::read(&path).is_err(), "{text}");
        }
    }
}
