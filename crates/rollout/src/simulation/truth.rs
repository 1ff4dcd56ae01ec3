//! What really is, by a clock that never jumps: the machine never sees it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    machine::{Evidence, Running, State},
    verdict::{Outcome, SCHEMA, Verdict},
};

/// What the canary is like, or what the telemetry can tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    Unclear,
    Bad,
    Unseen,
}

/// A tick as it was made; it may be delivered later, or twice.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) now: DateTime<Utc>,
    pub(super) evidence: Option<Evidence>,
    /// When it really was.
    pub(super) really_at: i64,
    /// By so many seconds the clock was ahead of the truth.
    pub(super) ahead: i64,
}

/// The verdict that the judge would give.
pub(super) fn evidence(state: &State, health: Health, now: DateTime<Utc>) -> Option<Evidence> {
    let running = state.judged()?;
    let outcome = match health {
        Health::Good if is_long_enough(state, running, now) => Outcome::Promote,
        Health::Good | Health::Unclear => Outcome::Hold,
        Health::Bad => Outcome::Rollback,
        Health::Unseen => Outcome::Broken,
    };
    Some(Evidence {
        taken_at: now,
        stage_started_at: running.started_at,
        canary: state.release.canary.clone(),
        verdict: Verdict {
            schema: SCHEMA,
            stage: state.stage(running.stage).name.clone(),
            outcome,
            at_once: outcome == Outcome::Rollback && now.timestamp() % 2 == 0,
            policy_hash: state.plan.policy_hash.clone(),
            snapshot_hash: String::new(),
            rules: Vec::new(),
            hash: now.timestamp().to_string(),
        },
    })
}

fn is_long_enough(state: &State, running: &Running, now: DateTime<Utc>) -> bool {
    let at_least = state.stage(running.stage).at_least_seconds;
    let passed = (now - running.started_at).num_seconds();
    u64::try_from(passed).is_ok_and(|passed| passed >= at_least)
}

/// By the wall clock.
pub(super) fn wall(really: i64, ahead: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(really + ahead)
}
