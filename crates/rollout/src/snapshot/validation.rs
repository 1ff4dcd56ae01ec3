//! Counts that cannot be: everything at once, each with its place.

use std::fmt;

use thiserror::Error;

use super::{Component, Counts, SCHEMA, Snapshot, VersionSnapshot};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{place}` {reason}")]
pub struct SnapshotProblem {
    pub place: String,
    pub reason: String,
}

/// Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct SnapshotError {
    pub problems: Vec<SnapshotProblem>,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

struct Findings(Vec<SnapshotProblem>);

impl Findings {
    fn unless(&mut self, fine: bool, place: impl Into<String>, reason: &str) {
        if !fine {
            self.0.push(SnapshotProblem {
                place: place.into(),
                reason: reason.to_owned(),
            });
        }
    }

    fn part(&mut self, value: Component<f64>, place: String) {
        let fine = value
            .present()
            .is_none_or(|part| (0.0..=1.0).contains(&part));
        self.unless(fine, place, "must be a part of 1");
    }
}

pub(super) fn validate(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let mut findings = Findings(Vec::new());
    findings.unless(
        snapshot.schema == SCHEMA,
        "schema",
        "is not known to this judge",
    );
    let in_order = snapshot.stage_started_at <= snapshot.taken_at;
    findings.unless(in_order, "stage_started_at", "is after `taken_at`");
    let different = snapshot.canary.version != snapshot.stable.version;
    findings.unless(different, "canary.version", "is that of the stable version");
    version(&snapshot.canary, "canary", &mut findings);
    version(&snapshot.stable, "stable", &mut findings);
    if findings.0.is_empty() {
        return Ok(());
    }
    Err(SnapshotError {
        problems: findings.0,
    })
}

fn version(version: &VersionSnapshot, place: &str, findings: &mut Findings) {
    let scrape = &version.scrape;
    let fine = scrape.up <= scrape.targets;
    findings.unless(
        fine,
        format!("{place}.scrape.up"),
        "is more than all targets",
    );
    for (window, found) in &version.windows {
        counts(found, &format!("{place}.windows.{window}"), findings);
    }
}

fn counts(counts: &Counts, place: &str, findings: &mut Findings) {
    let at_most = |part: Option<u64>, all: Option<u64>| match (part, all) {
        (Some(part), Some(all)) => part <= all,
        _ => true,
    };
    let key = |field: &str| format!("{place}.{field}");
    let errors = at_most(counts.server_errors, counts.requests);
    findings.unless(errors, key("server_errors"), "is more than all requests");
    let lost = at_most(counts.unanswered.present(), counts.sent.present());
    findings.unless(lost, key("unanswered"), "is more than was sent");
    let mut fewer = counts.requests;
    for (edge, slow) in &counts.slower_than_ms {
        let fine = at_most(Some(*slow), fewer);
        let field = key(&format!("slower_than_ms.{edge}"));
        findings.unless(
            fine,
            field,
            "is more than all requests or than at a lower edge",
        );
        fewer = Some(*slow);
    }
    for (field, events) in [
        ("search", counts.search),
        ("recommendations", counts.recommendations),
        ("agent_tasks", counts.agent_tasks),
        ("cache", counts.cache),
    ] {
        let fine = events
            .present()
            .is_none_or(|events| events.failed <= events.all);
        findings.unless(fine, key(field), "has more failed than all");
    }
    if let Component::Present(ai) = counts.ai {
        let fine = ai.fallbacks <= ai.questions && ai.failed <= ai.calls;
        findings.unless(fine, key("ai"), "has more fallbacks or failed than all");
    }
    findings.part(counts.pool_peak, key("pool_peak"));
    findings.part(counts.memory_peak, key("memory_peak"));
}
