//! A verdict together with what it is about.

use chrono::{DateTime, Utc};

use crate::{
    judge,
    policy::{Policy, Stage},
    snapshot::Snapshot,
    verdict::Verdict,
};

/// Only judging makes one, so that a verdict never goes with the times of another snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub(crate) taken_at: DateTime<Utc>,
    pub(crate) stage_started_at: DateTime<Utc>,
    pub(crate) canary: String,
    pub(crate) verdict: Verdict,
}

impl Evidence {
    /// Judges a validated snapshot of this stage.
    pub fn judged(policy: &Policy, stage: &Stage, snapshot: &Snapshot) -> Self {
        Self {
            taken_at: snapshot.taken_at,
            stage_started_at: snapshot.stage_started_at,
            canary: snapshot.canary.version.clone(),
            verdict: judge(policy, stage, snapshot),
        }
    }

    pub fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}
