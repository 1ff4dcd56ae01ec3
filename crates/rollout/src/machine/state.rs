//! What must outlive the driver.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Plan, PlannedStage, Watch};
use crate::{
    history::{Cause, Entry, Event, Head, MACHINE, Record},
    traffic::{Confirmation, Weights},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub release: Release,
    pub plan: Plan,
    pub phase: Phase,
    pub pause: Option<Pause>,
    /// The latest tick's time; an earlier one only after the clock was set back.
    pub ticked_at: DateTime<Utc>,
    /// How long there has been no verdict.
    pub broken: Watch,
    /// Where the history ends once the outbox is in it.
    pub head: Head,
    /// Records that may not be in the history yet: they are written with the state, so that no crash parts them.
    pub outbox: Vec<Record>,
}

/// The two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub canary: String,
    pub stable: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    Entering(Entering),
    Running(Running),
    RollingBack {
        cause: Cause,
    },
    RolledBack {
        cause: Cause,
        at: DateTime<Utc>,
    },
    Done {
        at: DateTime<Utc>,
    },
    /// The servers of the stable version are the new version's as well, and have all traffic.
    Settled {
        at: DateTime<Utc>,
    },
}

/// A stage's weights are intended; nobody knows yet whether they are in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entering {
    /// The place of the stage in the plan.
    pub stage: usize,
    pub intended_at: DateTime<Utc>,
    /// The stage that is judged until then; none before the first.
    pub from: Option<Running>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Running {
    /// The place of the stage in the plan.
    pub stage: usize,
    /// Counts begin here.
    pub started_at: DateTime<Utc>,
    /// What the history knows of the controller.
    pub confirmed: Confirmation,
    /// Snapshots that were taken before are late: younger ones were judged, or nobody watched since.
    pub late_before: Option<DateTime<Utc>>,
    pub watch: Watch,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    pub operator: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

impl State {
    /// A release whose first stage is intended. `head` is where the history ends, `weights` are those in effect.
    pub fn started(
        release: Release,
        plan: Plan,
        (operator, reason): (&str, &str),
        (head, weights): (Head, Weights),
        now: DateTime<Utc>,
    ) -> Self {
        let event = Event::Started {
            canary: release.canary.clone(),
            stable: release.stable.clone(),
            policy_hash: plan.policy_hash.clone(),
        };
        let phase = Phase::Entering(Entering {
            stage: 0,
            intended_at: now,
            from: None,
        });
        let mut state = Self {
            release,
            plan,
            phase,
            pause: None,
            ticked_at: now,
            broken: Watch::default(),
            head,
            outbox: Vec::new(),
        };
        state.record(Entry {
            at: now,
            operator: operator.to_owned(),
            reason: reason.to_owned(),
            event,
            verdict_hash: None,
            weights,
        });
        let first = state.stage(0).clone();
        state.record(Entry {
            at: now,
            operator: MACHINE.to_owned(),
            reason: "the release was started".to_owned(),
            event: Event::Intended { stage: first.name },
            verdict_hash: None,
            weights: first.weights,
        });
        state
    }

    pub fn stage(&self, place: usize) -> &PlannedStage {
        &self.plan.stages[place]
    }

    /// The stage to take a snapshot of, with the time since which to count.
    pub fn judged(&self) -> Option<&Running> {
        match &self.phase {
            Phase::Running(running) => Some(running),
            Phase::Entering(entering) => entering.from.as_ref(),
            Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => None,
        }
    }

    pub(super) fn judged_mut(&mut self) -> Option<&mut Running> {
        match &mut self.phase {
            Phase::Running(running) => Some(running),
            Phase::Entering(entering) => entering.from.as_mut(),
            Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => None,
        }
    }

    /// The weights that should be in effect.
    pub fn weights(&self) -> Weights {
        match &self.phase {
            Phase::Entering(Entering { stage, .. }) | Phase::Running(Running { stage, .. }) => {
                self.stage(*stage).weights
            }
            Phase::RollingBack { .. } | Phase::RolledBack { .. } | Phase::Settled { .. } => {
                Weights::ALL_STABLE
            }
            Phase::Done { .. } => Weights::ALL_CANARY,
        }
    }

    /// Whether another release may start.
    pub fn is_over(&self) -> bool {
        matches!(
            self.phase,
            Phase::RolledBack { .. } | Phase::Done { .. } | Phase::Settled { .. }
        )
    }

    /// Whether the next tick should come at once: there is an order to be confirmed.
    pub fn is_waiting_for_traffic(&self) -> bool {
        matches!(self.phase, Phase::Entering(_) | Phase::RollingBack { .. })
    }

    pub(super) fn record(&mut self, entry: Entry) {
        let record = Record::after(&self.head, entry);
        self.head = record.head();
        self.outbox.push(record);
    }
}

impl Running {
    pub(super) fn since(stage: usize, weights: Weights, at: DateTime<Utc>) -> Self {
        Self {
            stage,
            started_at: at,
            confirmed: Confirmation { weights, at },
            late_before: None,
            watch: Watch::default(),
        }
    }
    /// Nobody watched until now.
    pub(super) fn interrupt(&mut self, now: DateTime<Utc>) {
        self.late_before = Some(now);
        self.watch.interrupt();
    }
}
