//! The stages of one release, as its policy said when it began.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    policy::{Policy, Stage},
    traffic::Weights,
};

/// Looks that are further apart than so many times the policy's distance were not watching in between.
const LOOKS_IN_A_GAP: u64 = 3;

/// Without a verdict for so many times the age at which counts are stale, a person is needed: half an hour as shipped.
const STALE_TIMES: u64 = 15;

/// A release keeps the plan that it began with, whatever becomes of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub policy_hash: String,
    pub stages: Vec<PlannedStage>,
    /// Between two looks that watch a stage.
    pub longest_gap_seconds: u64,
    /// Verdicts on older counts promote nothing.
    pub stale_after_seconds: u64,
    /// Without a verdict for longer, the machine pauses.
    pub broken_at_most_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStage {
    pub name: String,
    pub weights: Weights,
    pub at_least_seconds: u64,
    pub at_most_seconds: Option<u64>,
}

impl Plan {
    pub fn of(policy: &Policy) -> Self {
        let stale_after = policy.telemetry.stale_after.as_secs();
        Self {
            policy_hash: policy.hash(),
            stages: policy.stages.iter().map(planned).collect(),
            longest_gap_seconds: LOOKS_IN_A_GAP * policy.statistics.look_every.as_secs(),
            stale_after_seconds: stale_after,
            broken_at_most_seconds: STALE_TIMES * stale_after,
        }
    }

    pub(super) fn longest_gap(&self) -> TimeDelta {
        span(self.longest_gap_seconds)
    }

    pub(super) fn stale_after(&self) -> TimeDelta {
        span(self.stale_after_seconds)
    }

    pub(super) fn broken_at_most(&self) -> TimeDelta {
        span(self.broken_at_most_seconds)
    }
}

impl PlannedStage {
    pub(super) fn at_least(&self) -> TimeDelta {
        span(self.at_least_seconds)
    }

    pub(super) fn at_most(&self) -> Option<TimeDelta> {
        self.at_most_seconds.map(span)
    }
}

fn planned(stage: &Stage) -> PlannedStage {
    PlannedStage {
        name: stage.name.clone(),
        // A valid policy asks for no more than all traffic; one that did would get none.
        weights: Weights::with_canary(stage.weight_percent).unwrap_or(Weights::ALL_STABLE),
        at_least_seconds: stage.at_least.as_secs(),
        at_most_seconds: stage.at_most.as_ref().map(Duration::as_secs),
    }
}

fn span(seconds: u64) -> TimeDelta {
    i64::try_from(seconds)
        .ok()
        .and_then(TimeDelta::try_seconds)
        .unwrap_or(TimeDelta::MAX)
}
