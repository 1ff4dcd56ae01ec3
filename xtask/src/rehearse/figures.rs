//! What a rehearsal shows, in figures.

use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use rollout::history::{self, Event, Record};
use serde::Serialize;

use super::course::Course;
use crate::rig::load::Seen;
use crate::rollout_check::report;

/// The version of the JSON form.
const SCHEMA: u32 = 1;

/// Of users that fail by the availability objective, a part of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) schema: u32,
    pub(super) fault: String,
    pub(super) verdict: &'static str,
    pub(super) expected: Vec<&'static str>,
    pub(super) as_expected: bool,
    /// Of the release itself.
    pub(super) seconds: f64,
    pub(super) users: u64,
    pub(super) users_failed: u64,
    /// Of them, in the last seconds, after the release was over.
    pub(super) users_failed_afterwards: u64,
    /// A part of 1.
    pub(super) failed_share: f64,
    /// So many times what the objective allows to fail.
    pub(super) budget_spent: f64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    /// From the first request that failed to the order to roll back.
    pub(super) seconds_to_detect: Option<f64>,
    /// From the canary's first traffic to the order to roll back.
    pub(super) seconds_with_canary: Option<f64>,
    /// From that order to the moment that the router was seen to send nothing to the canary.
    pub(super) seconds_to_roll_back: Option<f64>,
    /// What the first failed request met with.
    pub(super) first_failure: Option<String>,
    pub(super) verdict_hash: Option<String>,
}

pub(super) struct Expectation {
    pub(super) fault: String,
    pub(super) outcomes: Vec<rollout::Outcome>,
}

impl Figures {
    /// # Errors
    ///
    /// When the history cannot be read.
    pub(super) fn of(
        course: &Course,
        users: Option<&Seen>,
        history: &str,
        budget: f64,
        expectation: &Expectation,
    ) -> anyhow::Result<Self> {
        let records = history::read(history)
            .context("the release's history cannot be read")?
            .records;
        let began = at(&records, |event| {
            matches!(event, Event::RollbackBegan { .. })
        });
        let ended = at(&records, |event| matches!(event, Event::RolledBack));
        let total = users.map(Seen::total).unwrap_or_default();
        let before_the_end = course.users;
        let share = ratio(total.failed, total.requests);
        let quantile = |part| users.map_or(0.0, |seen| seen.milliseconds(part));
        let first_failure_at = users.and_then(|seen| seen.first_failure_at);
        Ok(Self {
            schema: SCHEMA,
            fault: expectation.fault.clone(),
            verdict: report::word(course.outcome),
            expected: expectation
                .outcomes
                .iter()
                .copied()
                .map(report::word)
                .collect(),
            as_expected: expectation.outcomes.contains(&course.outcome),
            seconds: course.took.as_secs_f64(),
            users: total.requests,
            users_failed: total.failed,
            users_failed_afterwards: total.failed - before_the_end.failed.min(total.failed),
            failed_share: share,
            budget_spent: share / budget,
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            seconds_to_detect: between(first_failure_at, began),
            seconds_with_canary: between(course.canary_since, began),
            seconds_to_roll_back: between(began, ended),
            first_failure: users.and_then(|seen| seen.first_failure.clone()),
            verdict_hash: records
                .iter()
                .rev()
                .find_map(|record| record.verdict_hash.clone()),
        })
    }

    pub(super) fn table(&self) -> String {
        let seconds =
            |span: Option<f64>| span.map_or("-".to_owned(), |span| format!("{span:.1} s"));
        let is_expected = if self.as_expected {
            "as expected"
        } else {
            "NOT expected"
        };
        let rows = [
            ("fault", self.fault.clone()),
            (
                "verdict",
                format!(
                    "{} ({is_expected}: {})",
                    self.verdict,
                    self.expected.join(" or ")
                ),
            ),
            ("the release took", format!("{:.0} s", self.seconds)),
            (
                "users' requests that failed",
                format!(
                    "{} of {} ({:.3} %)",
                    self.users_failed,
                    self.users,
                    self.failed_share * 100.0
                ),
            ),
            (
                "of them after the release was over",
                self.users_failed_afterwards.to_string(),
            ),
            (
                "error budget spent in that time",
                format!("{:.2} times what is allowed", self.budget_spent),
            ),
            (
                "users waited",
                format!(
                    "{:.1} ms in the median, 95 % at most {:.1}, 99 % at most {:.1}",
                    self.p50_ms, self.p95_ms, self.p99_ms
                ),
            ),
            (
                "first failed request to rollback",
                seconds(self.seconds_to_detect),
            ),
            (
                "canary's first traffic to rollback",
                seconds(self.seconds_with_canary),
            ),
            ("rollback itself", seconds(self.seconds_to_roll_back)),
        ];
        let mut text = String::new();
        for (name, value) in rows {
            let _ = writeln!(text, "{name:<36} {value}");
        }
        if let Some(failure) = &self.first_failure {
            let _ = writeln!(text, "{:<36} {failure}", "first failure");
        }
        text
    }
}

fn at(records: &[Record], is_wanted: impl Fn(&Event) -> bool) -> Option<DateTime<Utc>> {
    let found = records.iter().rev().find(|record| is_wanted(&record.event));
    found.map(|record| record.at)
}

/// Seconds, where both are known.
fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<f64> {
    let milliseconds = (to? - from?).num_milliseconds();
    i32::try_from(milliseconds)
        .ok()
        .map(|span| f64::from(span) / 1e3)
}

#[expect(clippy::cast_precision_loss, reason = "counts of minutes")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;
    use rollout::Outcome;
    use rollout::history::{Cause, Entry, Head};
    use rollout::traffic::Weights;

    use super::*;
    use crate::rig::load::Second;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn history() -> String {
        let events = [
            (
                10,
                Event::Confirmed {
                    stage: "canary".to_owned(),
                },
            ),
            (
                16,
                Event::RollbackBegan {
                    cause: Cause::Verdict { at_once: false },
                },
            ),
            (17, Event::RolledBack),
        ];
        let (mut head, mut text) = (Head::default(), String::new());
        for (seconds, event) in events {
            let entry = Entry {
                at: moment(seconds),
                operator: "ada".to_owned(),
                reason: "a test".to_owned(),
                event,
                verdict_hash: (seconds == 16).then(|| "abc".to_owned()),
                weights: Weights::ALL_STABLE,
            };
            let record = Record::after(&head, entry);
            text.push_str(&record.to_line());
            head = record.head();
        }
        text
    }

    fn users() -> Seen {
        let seconds = [(100, 0), (100, 3), (100, 1)];
        let mut waits = hdrhistogram::Histogram::new(3).unwrap();
        waits.record_n(2_000, 300).unwrap();
        Seen {
            seconds: seconds
                .map(|(requests, failed)| Second { requests, failed })
                .to_vec(),
            waits,
            begun_at: moment(0),
            failures: std::collections::BTreeMap::from([("500".to_owned(), 4)]),
            first_failure_at: Some(moment(12)),
            first_failure: Some("/x was answered with 500".to_owned()),
        }
    }

    fn figures(outcome: Outcome) -> Figures {
        let course = Course {
            rows: Vec::new(),
            outcome,
            users: Second {
                requests: 200,
                failed: 3,
            },
            canary_since: Some(moment(10)),
            took: Duration::from_secs(17),
        };
        let expectation = Expectation {
            fault: "errors".to_owned(),
            outcomes: vec![Outcome::Rollback],
        };
        Figures::of(&course, Some(&users()), &history(), 0.001, &expectation).unwrap()
    }

    #[test]
    fn times_are_those_of_the_history() {
        let figures = figures(Outcome::Rollback);
        assert_eq!(figures.seconds_to_detect, Some(4.0));
        assert_eq!(figures.seconds_with_canary, Some(6.0));
        assert_eq!(figures.seconds_to_roll_back, Some(1.0));
        assert_eq!(figures.verdict_hash.as_deref(), Some("abc"));
    }

    #[test]
    fn users_are_counted_until_the_end_and_after_it() {
        let figures = figures(Outcome::Rollback);
        assert_eq!((figures.users, figures.users_failed), (300, 4));
        assert_eq!(figures.users_failed_afterwards, 1);
        assert!((figures.budget_spent - 4.0 / 300.0 / 0.001).abs() < 1e-9);
        assert!(figures.as_expected);
    }

    #[test]
    fn another_verdict_than_the_expected_one_is_said_to_be_none() {
        let figures = figures(Outcome::Promote);
        assert!(!figures.as_expected);
        assert!(figures.table().contains("PROMOTE (NOT expected: ROLLBACK)"));
    }
}
