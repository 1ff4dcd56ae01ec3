//! `cargo xtask rollout backtest`: what the policy of today would have said of what was measured. Ends with 1 when a verdict would be
//! another one.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use rollout::history::{self, Event, Record};
use rollout::policy::Stage;
use rollout::{Outcome, Policy, Verdict, judge};
use serde::Serialize;

use super::directory::Directory;
use super::driving::{policy_of, snapshot_of};
use super::{DirectoryArguments, PolicyArguments};
use crate::reporting::Shape;
use crate::rollout_check::report::{reasons, word};

/// The version of the JSON form.
const SCHEMA: u32 = 1;

#[derive(clap::Args)]
#[command(after_help = "Example:
  cargo xtask rollout backtest --policy config/rollout.toml

Before a policy is changed: which verdicts of past releases would have been others? All that changed something are judged again, as
their snapshots were kept. Ends with 0 when none differs, 1 when one does or nothing was kept.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    policy: PolicyArguments,
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

/// One verdict of then beside that of now.
#[derive(Debug, Serialize)]
struct Line {
    record: u64,
    at: DateTime<Utc>,
    canary: String,
    stage: String,
    then: Outcome,
    now: Outcome,
    /// Why it is what it is now, where that differs.
    reasons: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let directory = arguments.directory.open();
    let present = arguments.policy.read()?;
    let records = history::read(&directory.history()?)?.records;
    let lines = lines(&directory, &present, &records)?;
    ensure!(
        !lines.is_empty(),
        "no verdict has changed anything yet: there is nothing to judge again"
    );
    let differing = lines.iter().filter(|line| line.then != line.now).count();
    match arguments.format {
        Shape::Json => {
            let document = serde_json::json!({
                "schema": SCHEMA,
                "policy_hash": present.hash(),
                "differing": differing,
                "verdicts": lines,
            });
            println!("{document:#}");
        }
        Shape::Table => {
            for line in &lines {
                print(line);
            }
            println!("\n{differing} of {} verdicts would be others", lines.len());
        }
    }
    Ok(ExitCode::from(u8::from(differing > 0)))
}

fn print(line: &Line) {
    let mark = if line.then == line.now {
        "same   "
    } else {
        "DIFFERS"
    };
    println!(
        "{mark} record {} {} {} in stage {}: {} then, {} now",
        line.record,
        line.at.format("%Y-%m-%d %H:%M:%S"),
        line.canary,
        line.stage,
        word(line.then),
        word(line.now)
    );
    for reason in &line.reasons {
        println!("        {reason}");
    }
}

/// Of each verdict once: several records may have come of it.
fn lines(directory: &Directory, present: &Policy, records: &[Record]) -> anyhow::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut past: Option<(Policy, String)> = None;
    let mut last: Option<&String> = None;
    for record in records {
        if let Event::Started {
            canary,
            policy_hash,
            ..
        } = &record.event
        {
            past = Some((policy_of(directory, policy_hash)?, canary.clone()));
        }
        let Some(hash) = record
            .verdict_hash
            .as_ref()
            .filter(|hash| last != Some(*hash))
        else {
            continue;
        };
        last = Some(hash);
        let (policy, canary) = past
            .as_ref()
            .with_context(|| format!("record {} belongs to no release", record.sequence))?;
        let (then, now) = judged_twice(directory, policy, present, hash)
            .with_context(|| format!("record {}", record.sequence))?;
        lines.push(Line {
            record: record.sequence,
            at: record.at,
            canary: canary.clone(),
            stage: then.stage.clone(),
            then: then.outcome,
            now: now.outcome,
            reasons: if then.outcome == now.outcome {
                Vec::new()
            } else {
                reasons(&now)
            },
        });
    }
    Ok(lines)
}

/// By the policy of then and that of now, in the same stage.
fn judged_twice(
    directory: &Directory,
    past: &Policy,
    present: &Policy,
    hash: &str,
) -> anyhow::Result<(Verdict, Verdict)> {
    let snapshot = snapshot_of(directory, hash)?;
    let judged = |policy: &Policy, stage: &Stage| judge(policy, stage, &snapshot);
    let mut verdicts = past.stages.iter().map(|stage| judged(past, stage));
    let then = verdicts
        .find(|verdict| verdict.hash == hash)
        .context("the verdict does not come out again: `rollout replay` says more")?;
    let stage = present
        .stage(&then.stage)
        .with_context(|| format!("the policy has no stage {} any more", then.stage))?;
    let now = judged(present, stage);
    Ok((then, now))
}

#[cfg(test)]
mod tests {
    use rollout::Snapshot;
    use rollout::history::{Cause, Entry, Head};
    use rollout::machine::Log as _;
    use rollout::traffic::Weights;

    use super::super::driving::keep_policy;
    use super::*;

    const SHIPPED: &str = include_str!("../../../config/rollout.toml");

    /// Of a canary that has used nearly all of its memory.
    const SNAPSHOT: &str = r#"{
        "schema": 1, "taken_at": "2026-01-01T02:00:00Z", "stage_started_at": "2026-01-01T00:00:00Z",
        "canary": {
            "version": "2", "scrape": {"targets": 1, "up": 1, "last_seen_at": "2026-01-01T01:59:50Z"},
            "ready_backends": 1, "windows": {"5m": {"requests": 100, "memory_peak": 0.95}}
        },
        "stable": {
            "version": "1", "scrape": {"targets": 1, "up": 1, "last_seen_at": "2026-01-01T01:59:50Z"},
            "ready_backends": 1, "windows": {}
        },
        "queries": {}
    }"#;

    fn policy_with_memory_above(limit: &str) -> Policy {
        let (from, to) = (
            "measure = \"memory\"\nabove = 0.9\n",
            format!("measure = \"memory\"\nabove = {limit}\n"),
        );
        assert!(SHIPPED.contains(from));
        Policy::parse(&SHIPPED.replace(from, &to)).unwrap()
    }

    /// A release that was sent back for its memory.
    fn rolled_back(directory: &Directory) -> Vec<Record> {
        let policy = Policy::parse(SHIPPED).unwrap();
        keep_policy(directory, &policy, SHIPPED).unwrap();
        let snapshot = Snapshot::from_json(SNAPSHOT).unwrap();
        let verdict = judge(&policy, &policy.stages[0], &snapshot);
        assert_eq!(verdict.outcome, Outcome::Rollback);
        directory.make("snapshots").unwrap();
        let file = format!("snapshots/{}.json", verdict.hash);
        directory.write(&file, SNAPSHOT).unwrap();
        let started = Event::Started {
            canary: "2".to_owned(),
            stable: "1".to_owned(),
            policy_hash: policy.hash(),
        };
        let cause = Cause::Verdict { at_once: false };
        let judged = |event| (event, Some(verdict.hash.clone()));
        let mut head = Head::default();
        for (event, verdict_hash) in [
            (started, None),
            judged(Event::RollbackBegan { cause }),
            judged(Event::RolledBack),
        ] {
            let entry = Entry {
                at: DateTime::<Utc>::UNIX_EPOCH,
                operator: "ada".to_owned(),
                reason: "a test".to_owned(),
                event,
                verdict_hash,
                weights: Weights::ALL_STABLE,
            };
            let record = Record::after(&head, entry);
            head = record.head();
            directory.append(&record).unwrap();
        }
        history::read(&directory.history().unwrap())
            .unwrap()
            .records
    }

    #[test]
    fn a_verdict_is_another_one_only_by_another_policy() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let records = rolled_back(&directory);
        let same = lines(&directory, &policy_with_memory_above("0.94"), &records).unwrap();
        assert_eq!(same.len(), 1, "one verdict, though two records came of it");
        assert_eq!(
            (same[0].then, same[0].now),
            (Outcome::Rollback, Outcome::Rollback)
        );
        assert_eq!((same[0].record, same[0].stage.as_str()), (2, "canary"));
        let other = lines(&directory, &policy_with_memory_above("0.97"), &records).unwrap();
        assert_eq!(
            (other[0].then, other[0].now),
            (Outcome::Rollback, Outcome::Hold)
        );
        assert!(!other[0].reasons.is_empty());
    }

    #[test]
    fn what_is_missing_is_an_error_that_names_the_record() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::new(place.path());
        let records = rolled_back(&directory);
        let renamed = SHIPPED.replace("name = \"canary\"", "name = \"first\"");
        let renamed = Policy::parse(&renamed).unwrap();
        let error = lines(&directory, &renamed, &records).unwrap_err();
        assert!(
            format!("{error:#}").contains("no stage canary any more"),
            "{error:#}"
        );
        std::fs::remove_dir_all(place.path().join("snapshots")).unwrap();
        let error = lines(&directory, &renamed, &records).unwrap_err();
        assert!(
            format!("{error:#}").starts_with("record 2: cannot read"),
            "{error:#}"
        );
    }
}
