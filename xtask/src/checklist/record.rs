//! What was checked and confirmed, and when: a small file of JSON with the last of each for each item.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::items::ItemName;
use crate::rollout::directory::replace;

/// The version of the file's form. The first one had confirmations only, and is read as well.
const SCHEMA: u32 = 2;

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

/// How the commands of an item ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    /// When the last of them did.
    pub(super) at: DateTime<Utc>,
    pub(super) commands: Vec<String>,
    /// Of the working tree, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    /// None when it passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<Failure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) command: String,
    /// As the system calls it.
    pub(super) ended: String,
    /// The last lines of what it said.
    pub(super) said: Vec<String>,
}

/// The last of each. One that passes makes a failure forgotten; one that fails takes nothing away.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passed: Option<Check>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Check>,
}

/// What speaks for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    Checked(Check),
    Confirmed(Confirmation),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    schema: u32,
    confirmed: BTreeMap<String, Confirmation>,
    #[serde(default)]
    checked: BTreeMap<String, Checks>,
}

/// What every form of the file has.
#[derive(Deserialize)]
struct Form {
    schema: u32,
}

impl Check {
    pub(super) fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Proof {
    pub(super) fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Checked(check) => check.at,
            Self::Confirmed(confirmation) => confirmation.at,
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            confirmed: BTreeMap::new(),
            checked: BTreeMap::new(),
        }
    }
}

impl Record {
    /// Without a file nothing is checked or confirmed.
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
        Self::parsed(&text).with_context(|| {
            format!("{shown} is no checklist; take one from the repository's history, or remove it and begin anew")
        })
    }

    fn parsed(text: &str) -> anyhow::Result<Self> {
        let Form { schema } = serde_json::from_str(text)?;
        ensure!(
            (1..=SCHEMA).contains(&schema),
            "it has the form {schema}, and this program reads those up to {SCHEMA}"
        );
        let read: Self = serde_json::from_str(text)?;
        Ok(Self {
            schema: SCHEMA,
            ..read
        })
    }

    /// As a whole: a reader finds the old file or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = format!("{}\n", serde_json::to_string_pretty(self)?);
        replace(path, &text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub(super) fn add_confirmation(&mut self, item: ItemName, confirmation: Confirmation) {
        self.confirmed.insert(item.text(), confirmation);
    }

    pub(super) fn add_check(&mut self, item: ItemName, check: Check) {
        let checks = self.checked.entry(item.text()).or_default();
        if check.passed() {
            *checks = Checks {
                passed: Some(check),
                failed: None,
            };
        } else {
            checks.failed = Some(check);
        }
    }

    pub(super) fn proofs(&self, item: ItemName) -> Vec<Proof> {
        let name = item.text();
        let checks = self.checked.get(&name);
        let passed = checks.and_then(|checks| checks.passed.clone());
        let confirmed = self.confirmed.get(&name).cloned();
        let proofs = [passed.map(Proof::Checked), confirmed.map(Proof::Confirmed)];
        proofs.into_iter().flatten().collect()
    }

    /// The failure that no check has made good since.
    pub(super) fn failed(&self, item: ItemName) -> Option<&Check> {
        self.checked.get(&item.text())?.failed.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const ITEM: ItemName = ItemName::SecurityScan;

    fn confirmation() -> Confirmation {
        Confirmation {
            by: "Ada".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            note: None,
            version: None,
        }
    }

    fn check(days: i64, failures: Vec<Failure>) -> Check {
        Check {
            at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days),
            commands: vec!["secret-scan".to_owned()],
            commit: Some("94739a5".to_owned()),
            failures,
        }
    }

    fn failure() -> Failure {
        Failure {
            command: "secret-scan".to_owned(),
            ended: "exit status: 1".to_owned(),
            said: vec!["a secret".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_and_everything_else_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checklist.json");
        assert_eq!(Record::read(&path).unwrap(), Record::default());
        let mut record = Record::default();
        record.add_confirmation(ITEM, confirmation());
        record.add_check(ITEM, check(1, Vec::new()));
        record.add_check(ITEM, check(2, vec![failure()]));
        record.write(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), record);
        for text in [
            "",
            "{}",
            "[]",
            r#"{"schema":2,"confirmed":{},"x":1}"#,
            r#"{"schema":2,"confirmed":{},"checked":{"load-test":{"x":1}}}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let said = format!("{:#}", Record::read(&path).unwrap_err());
            assert!(said.contains("is no checklist; take one"), "{text}: {said}");
        }
        std::fs::write(&path, r#"{"schema":3,"listed":[]}"#).unwrap();
        let said = format!("{:#}", Record::read(&path).unwrap_err());
        assert!(
            said.ends_with("it has the form 3, and this program reads those up to 2"),
            "{said}"
        );
    }

    #[test]
    fn a_file_with_confirmations_only_is_read_and_written_in_the_new_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checklist.json");
        let old = r#"{"schema":1,"confirmed":{"security-scan":{"by":"Ada","at":"1970-01-01T00:00:00Z"}}}"#;
        std::fs::write(&path, old).unwrap();
        let record = Record::read(&path).unwrap();
        assert_eq!(record.proofs(ITEM), [Proof::Confirmed(confirmation())]);
        record.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"schema\": 2"), "{text}");
    }

    #[test]
    fn a_failure_is_kept_until_a_check_passes_and_takes_nothing_away() {
        let mut record = Record::default();
        assert_eq!((record.proofs(ITEM), record.failed(ITEM)), (vec![], None));
        let (passed, failed) = (check(1, Vec::new()), check(2, vec![failure()]));
        record.add_check(ITEM, passed.clone());
        record.add_check(ITEM, failed.clone());
        assert_eq!(record.proofs(ITEM), [Proof::Checked(passed)]);
        assert_eq!(record.failed(ITEM), Some(&failed));
        assert_eq!(record.failed(ItemName::LoadTest), None);
        let again = check(3, Vec::new());
        record.add_check(ITEM, again.clone());
        assert_eq!(record.proofs(ITEM), [Proof::Checked(again)]);
        assert_eq!(record.failed(ITEM), None);
    }
}
