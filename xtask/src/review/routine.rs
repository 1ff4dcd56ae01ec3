//! What the plan wants done each month, and when it was done last.

use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::checklist::{ItemName, last_done};

/// After so long it is to be done again.
const EVERY: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Duty {
    pub(super) name: &'static str,
    /// `None`: it never was, as far as anybody knows.
    pub(super) done_at: Option<DateTime<Utc>>,
    pub(super) by: Option<String>,
    pub(super) is_overdue: bool,
}

impl Duty {
    fn new(name: &'static str, done: Option<(DateTime<Utc>, String)>, now: DateTime<Utc>) -> Self {
        let (done_at, by) = done.unzip();
        Self {
            name,
            is_overdue: done_at.is_none_or(|at| now - at > EVERY),
            done_at,
            by,
        }
    }
}

/// The plan's "Monthly Enhancements", from the file of `cargo xtask checklist`, and from the history of this repository for the
/// dependencies.
///
/// # Errors
///
/// When the file cannot be read.
pub(super) fn duties(checklist: &Path, now: DateTime<Utc>) -> anyhow::Result<Vec<Duty>> {
    let listed = |name, item| {
        let done = last_done(checklist, item)?;
        anyhow::Ok(Duty::new(name, done, now))
    };
    Ok(vec![
        listed("Load tests at increased scale", ItemName::LoadTest)?,
        listed(
            "Security scans and penetration tests",
            ItemName::SecurityScan,
        )?,
        Duty::new("Updates of dependencies", updated(), now),
        listed("Recovery from a disaster, tried", ItemName::Backups)?,
    ])
}

/// When somebody committed other versions of dependencies; `None` outside of the repository.
fn updated() -> Option<(DateTime<Utc>, String)> {
    let output = Command::new("git")
        .args(["log", "-1", "--format=%cI%n%an", "--", "Cargo.lock"])
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let (at, by) = text.trim().split_once('\n')?;
    let at = DateTime::parse_from_rfc3339(at).ok()?;
    Some((at.to_utc(), by.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_more_than_thirty_days_ago_or_never_is_overdue() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(100);
        let done = |days| Some((now - TimeDelta::days(days), "Ada".to_owned()));
        assert!(!Duty::new("a", done(30), now).is_overdue);
        assert!(Duty::new("a", done(31), now).is_overdue);
        assert!(Duty::new("a", None, now).is_overdue);
    }
}
