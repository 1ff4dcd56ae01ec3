//! What a drill shows: for people as text, for programs as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::crowd::Testimony;
use super::proof::Proof;
use crate::panics::caught;
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
    /// Of those that were acknowledged, and had to be there. `None`, here and below, when it is not proven.
    lost: Option<usize>,
    /// Of the others, sent again in the end with the same keys.
    repeated: Option<usize>,
    made_twice: Option<usize>,
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
    pub(super) fn kept<T>(&mut self, outcome: anyhow::Result<T>) -> Option<T> {
        let note = |error| self.problem(format!("{error:#}"));
        outcome.map_err(note).ok()
    }

    /// The same of work with servers of tests, which panic when they do not do as told.
    pub(super) fn kept_of<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> Option<T> {
        let outcome = caught(|| work(self));
        self.kept(outcome)
    }

    /// Says so if there are any.
    fn none_of<'a>(&mut self, what: &str, found: impl IntoIterator<Item = &'a String>) {
        let found: Vec<&str> = found.into_iter().map(String::as_str).collect();
        if !found.is_empty() {
            let named = found[..found.len().min(NAMED)].join("; ");
            self.problem(format!("{} {what}, as {named}", found.len()));
        }
    }

    /// Says what is wrong with what was looked for.
    fn proven(&mut self, proof: Option<&Proof>) {
        let Some(proof) = proof else {
            self.problem("whether anything is lost is not proven");
            return;
        };
        self.none_of("acknowledged writes are lost", proof.lost.values());
        self.none_of("acknowledged writes are not answered with", &proof.unseen);
        self.none_of("writes were acknowledged without an id", &proof.without_id);
        self.none_of(
            "writes are there although they were refused",
            &proof.written_though_refused,
        );
        if let Some(repetition) = &proof.repetition {
            self.none_of("writes are refused still", &repetition.refused);
            self.none_of("writes were made twice", &repetition.made_twice);
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

fn waits(p99_ms: f64, longest_ms: f64) -> String {
    format!("99 % waited {p99_ms:.0} ms at most, the longest {longest_ms:.0} ms")
}

impl Report {
    pub(super) fn new(
        drill: &'static str,
        testimony: &Testimony,
        proof: Option<&Proof>,
        mut findings: Findings,
    ) -> Self {
        findings.proven(proof);
        let repetition = proof.and_then(|proof| proof.repetition.as_ref());
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
                lost: proof.map(|proof| proof.lost.len()),
                repeated: repetition.map(|repetition| repetition.sent),
                made_twice: repetition.map(|repetition| repetition.made_twice.len()),
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
            "users   {} requests, {} failed{}; {}",
            users.requests,
            users.failed,
            listed(&users.failed_by_kind),
            waits(users.p99_ms, users.longest_ms)
        );
        let _ = writeln!(
            text,
            "writes  {} sent, {} acknowledged, {} refused, {} of unknown outcome{}; {}",
            writes.sent,
            writes.acknowledged,
            writes.refused,
            writes.unknown,
            listed(&writes.by_kind),
            waits(writes.p99_ms, writes.longest_ms)
        );
        let _ = writeln!(
            text,
            "        {}; {:.2} s at most without an acknowledgement",
            proven(writes.lost, (writes.repeated, writes.made_twice)),
            writes.seconds_without
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

/// What came of looking for acknowledged writes, and of sending the others again: how many were sent, and made twice.
fn proven(lost: Option<usize>, again: (Option<usize>, Option<usize>)) -> String {
    let lost = match lost {
        Some(lost) => format!("{lost} acknowledged ones lost"),
        None => "not proven that none is lost".to_owned(),
    };
    match again {
        (Some(sent), Some(twice)) => format!("{lost}; {sent} sent again, {twice} made twice"),
        _ => format!("{lost}; not proven that none is made twice"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::proof::Repetition;

    #[test]
    fn what_was_not_looked_for_is_not_shown_as_nothing() {
        assert_eq!(
            proven(Some(0), (Some(119), Some(0))),
            "0 acknowledged ones lost; 119 sent again, 0 made twice"
        );
        assert_eq!(
            proven(Some(0), (None, None)),
            "0 acknowledged ones lost; not proven that none is made twice"
        );
        assert_eq!(
            proven(None, (None, None)),
            "not proven that none is lost; not proven that none is made twice"
        );
        let mut findings = Findings::default();
        findings.proven(None);
        assert_eq!(findings.problems.len(), 1);
        findings.proven(Some(&Proof::default()));
        assert_eq!(findings.problems.len(), 1);
    }

    #[test]
    fn a_server_that_does_not_do_as_told_is_a_finding() {
        let mut findings = Findings::default();
        let nothing: Option<()> = findings.kept_of(|_| panic!("it is promoted within {} s", 30));
        assert_eq!(nothing, None);
        assert_eq!(
            findings.problems,
            ["it panicked: it is promoted within 30 s"]
        );
        assert_eq!(findings.kept_of(|_| Ok(7)), Some(7));
    }

    #[test]
    fn each_kind_of_finding_is_a_problem_of_its_own() {
        let one = || vec!["Drill Award 4".to_owned()];
        let proof = Proof {
            lost: BTreeMap::from([("sch_4".to_owned(), "sch_4 is gone".to_owned())]),
            unseen: one().into_iter().collect(),
            without_id: one(),
            written_though_refused: one(),
            repetition: Some(Repetition {
                sent: 2,
                refused: one(),
                made_twice: one(),
            }),
        };
        let mut findings = Findings::default();
        findings.proven(Some(&proof));
        assert_eq!(findings.problems.len(), 6);
    }
}
