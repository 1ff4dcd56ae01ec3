//! What a drill shows: for people as text, for programs as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::crowd::Testimony;
use super::proof::Proof;
use crate::rig::load::Seen;

/// The version of the JSON form.
const SCHEMA: u32 = 1;
/// Problems of one kind that are named; all are counted.
const NAMED: usize = 3;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema_version: u32,
    drill: &'static str,
    pub(super) as_expected: bool,
    problems: Vec<String>,
    users: Users,
    writes: Writes,
    times: Vec<Time>,
    notes: Vec<String>,
}

/// Of requests; waits count from the moment at which each was due.
#[derive(Debug, Serialize)]
struct Users {
    requests: u64,
    failed: u64,
    failed_by_kind: BTreeMap<String, u64>,
    p99_ms: f64,
    longest_ms: f64,
}

#[derive(Debug, Serialize)]
struct Writes {
    sent: u64,
    acknowledged: u64,
    /// With the promise that nothing was written.
    refused: u64,
    /// May have been written.
    unknown: u64,
    by_kind: BTreeMap<String, u64>,
    /// Of those that were acknowledged.
    lost: usize,
    /// Of the others, sent again in the end with the same keys.
    repeated: u64,
    made_twice: u64,
    /// The longest time between two acknowledgements.
    seconds_without: f64,
    p99_ms: f64,
    longest_ms: f64,
}

#[derive(Debug, Serialize)]
struct Time {
    what: String,
    seconds: f64,
}

/// What a drill itself measured, beside what users and writers saw.
#[derive(Default)]
pub(super) struct Findings {
    times: Vec<Time>,
    notes: Vec<String>,
    problems: Vec<String>,
}

impl Findings {
    pub(super) fn took(&mut self, what: impl Into<String>, time: Duration) {
        self.times.push(Time {
            what: what.into(),
            seconds: time.as_secs_f64(),
        });
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// What the service did not do once a drill had begun is a finding, and no failure of the drill.
    pub(super) fn kept<T: Default>(&mut self, outcome: anyhow::Result<T>) -> T {
        outcome.unwrap_or_else(|error| {
            self.problem(format!("{error:#}"));
            T::default()
        })
    }

    /// Says so if there are any.
    pub(super) fn none_of(&mut self, what: &str, found: &[String]) {
        if !found.is_empty() {
            let named = found.iter().take(NAMED).cloned().collect::<Vec<_>>();
            self.problem(format!("{} {what}, as {}", found.len(), named.join("; ")));
        }
    }

    /// No request of users may have failed.
    pub(super) fn all_answered(&mut self, users: &Seen) {
        let failed = users.total().failed;
        if failed > 0 {
            let first = users.first_failure.clone().unwrap_or_default();
            self.problem(format!(
                "{failed} requests of users failed, the first: {first}"
            ));
        }
    }

    /// Every write must have been acknowledged.
    pub(super) fn all_written(&mut self, testimony: &Testimony) {
        let tally = testimony.ledger.tally();
        if tally.acknowledged < tally.sent {
            let first = testimony.writers.first_failure.clone();
            self.problem(format!(
                "{} writes were not acknowledged {:?}, the first: {}",
                tally.sent - tally.acknowledged,
                tally.by_kind,
                first.unwrap_or_default()
            ));
        }
    }
}

impl Report {
    pub(super) fn new(
        drill: &'static str,
        testimony: &Testimony,
        proof: &Proof,
        mut findings: Findings,
    ) -> Self {
        findings.none_of("acknowledged writes are lost", &proof.lost);
        findings.none_of("acknowledged writes are not answered with", &proof.unseen);
        findings.none_of(
            "writes are there although they were refused",
            &proof.written_though_refused,
        );
        findings.none_of("writes are refused still", &proof.not_repeated);
        if proof.made_twice > 0 {
            findings.problem(format!("{} writes were made twice", proof.made_twice));
        }
        let (tally, total) = (testimony.ledger.tally(), testimony.users.total());
        if tally.acknowledged == 0 || total.requests == total.failed {
            findings.problem("nothing was answered, or nothing acknowledged");
        }
        let (users, writers) = (&testimony.users, &testimony.writers);
        Self {
            schema_version: SCHEMA,
            drill,
            as_expected: findings.problems.is_empty(),
            problems: findings.problems,
            users: Users {
                requests: total.requests,
                failed: total.failed,
                failed_by_kind: users.failures.clone(),
                p99_ms: users.milliseconds(0.99),
                longest_ms: users.longest(),
            },
            writes: Writes {
                sent: tally.sent,
                acknowledged: tally.acknowledged,
                refused: tally.refused,
                unknown: tally.unknown,
                by_kind: tally.by_kind,
                lost: proof.lost.len(),
                repeated: proof.repeated,
                made_twice: proof.made_twice,
                seconds_without: tally.without.as_secs_f64(),
                p99_ms: writers.milliseconds(0.99),
                longest_ms: writers.longest(),
            },
            times: findings.times,
            notes: findings.notes,
        }
    }

    pub(super) fn table(&self) -> String {
        let (users, writes) = (&self.users, &self.writes);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "users   {} requests, {} failed{}; 99 % waited {:.0} ms at most, the longest {:.0} ms",
            users.requests,
            users.failed,
            listed(&users.failed_by_kind),
            users.p99_ms,
            users.longest_ms
        );
        let _ = writeln!(
            text,
            "writes  {} sent, {} acknowledged, {} refused, {} of unknown outcome{}; 99 % waited {:.0} ms at most, the longest {:.0} ms",
            writes.sent,
            writes.acknowledged,
            writes.refused,
            writes.unknown,
            listed(&writes.by_kind),
            writes.p99_ms,
            writes.longest_ms
        );
        let _ = writeln!(
            text,
            "        {} acknowledged ones lost; {} sent again, {} made twice; {:.2} s at most without an acknowledgement",
            writes.lost, writes.repeated, writes.made_twice, writes.seconds_without
        );
        for time in &self.times {
            let _ = writeln!(text, "{:>8.2} s  {}", time.seconds, time.what);
        }
        for note in &self.notes {
            let _ = writeln!(text, "note    {note}");
        }
        for problem in &self.problems {
            let _ = writeln!(text, "WRONG   {problem}");
        }
        let verdict = if self.as_expected {
            "as expected"
        } else {
            "NOT as expected"
        };
        let _ = writeln!(text, "{}: {verdict}", self.drill);
        text
    }
}

fn listed(kinds: &BTreeMap<String, u64>) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let kinds = kinds
        .iter()
        .map(|(kind, count)| format!("{count} x {kind}"));
    format!(" ({})", kinds.collect::<Vec<_>>().join(", "))
}
