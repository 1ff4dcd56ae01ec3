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
/// Of clocks that differ a little.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    /// Of the release that it was given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

/// What is known of releases when a confirmation is looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Releases {
    /// The version that is to be released.
    pub(super) next: Option<String>,
    /// The version of the last release that is over, and when it ended.
    pub(super) ended: Option<(String, DateTime<Utc>)>,
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
    /// The release that it was given for is over.
    Over(Confirmation),
    /// Given for another release, or for none.
    OtherRelease(Confirmation),
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

    pub(super) fn state(&self, item: ItemName, now: DateTime<Utc>, releases: &Releases) -> State {
        let Some(found) = self.confirmed.get(&item.text()).cloned() else {
            return State::Missing;
        };
        let age = now - found.at;
        if age < -TOLERANCE {
            State::Ahead(found)
        } else if age >= item.good_for() {
            State::Expired(found)
        } else if item.is_of_one_release() {
            releases.state(found)
        } else {
            State::Fresh(found)
        }
    }
}

impl Releases {
    /// Of a confirmation that is good for one release only.
    fn state(&self, found: Confirmation) -> State {
        let Some(version) = &found.version else {
            return State::OtherRelease(found);
        };
        let is_over = self
            .ended
            .as_ref()
            .is_some_and(|(ended, at)| ended == version && *at >= found.at);
        if self.next.as_ref().is_some_and(|next| next != version) {
            State::OtherRelease(found)
        } else if is_over {
            State::Over(found)
        } else {
            State::Fresh(found)
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
            version: None,
        }
    }

    fn of_release(version: &str) -> Confirmation {
        Confirmation {
            version: Some(version.to_owned()),
            ..by_ada()
        }
    }

    #[test]
    fn a_confirmation_is_good_for_thirty_days_from_when_it_was_given() {
        let item = ItemName::LoadTest;
        let mut confirmations = Confirmations::default();
        let releases = Releases::default();
        assert_eq!(
            confirmations.state(item, at(100), &releases),
            State::Missing
        );
        confirmations.add(item, by_ada());
        let state = |days| confirmations.state(item, at(days), &releases);
        assert_eq!(state(100), State::Fresh(by_ada()));
        assert_eq!(state(129), State::Fresh(by_ada()));
        assert_eq!(state(130), State::Expired(by_ada()));
        assert_eq!(state(99), State::Ahead(by_ada()));
        assert_eq!(
            confirmations.state(ItemName::Migrations, at(100), &releases),
            State::Missing
        );
    }

    #[test]
    fn somebody_is_on_call_for_a_day_and_for_one_release() {
        let state = |confirmation: &Confirmation, hours, next: Option<&str>, ended| {
            let mut confirmations = Confirmations::default();
            confirmations.add(ItemName::OnCall, confirmation.clone());
            let releases = Releases {
                next: next.map(str::to_owned),
                ended,
            };
            let now = at(100) + TimeDelta::hours(hours);
            confirmations.state(ItemName::OnCall, now, &releases)
        };
        let given = of_release("2");
        let ended = |version: &str, hours| {
            let at = at(100) + TimeDelta::hours(hours);
            Some((version.to_owned(), at))
        };
        assert_eq!(state(&given, 23, None, None), State::Fresh(given.clone()));
        assert_eq!(
            state(&given, 23, Some("2"), None),
            State::Fresh(given.clone())
        );
        assert_eq!(state(&given, 24, None, None), State::Expired(given.clone()));
        assert_eq!(
            state(&given, 1, Some("3"), None),
            State::OtherRelease(given.clone())
        );
        assert_eq!(
            state(&given, 3, Some("2"), ended("2", 2)),
            State::Over(given.clone())
        );
        // Of another version, or before it was confirmed again.
        for ended in [ended("1", 2), ended("2", -2)] {
            assert_eq!(state(&given, 3, None, ended), State::Fresh(given.clone()));
        }
        let unsaid = by_ada();
        assert_eq!(
            state(&unsaid, 1, None, None),
            State::OtherRelease(unsaid.clone())
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
