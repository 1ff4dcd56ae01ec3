//! What a tick's evidence is worth.

use chrono::{DateTime, Utc};

use super::Tick;
use crate::{
    machine::{Evidence, Running, State},
    verdict::Outcome,
};

/// What is known of the canary in this tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Bad {
        at_once: bool,
    },
    Judged {
        taken_at: DateTime<Utc>,
        promotes: bool,
    },
    /// The telemetry failed, or spoke of something else.
    Nothing,
    /// Older than what is known already.
    Late,
}

impl Look {
    pub(super) fn of(state: &State, tick: &Tick<'_>) -> Self {
        let Some((running, evidence)) = state.judged().zip(tick.evidence) else {
            return Self::Nothing;
        };
        let verdict = &evidence.verdict;
        if !is_about(state, running, evidence) {
            return Self::Nothing;
        }
        if verdict.outcome == Outcome::Rollback {
            let at_once = verdict.at_once;
            return Self::Bad { at_once };
        }
        let stale_after = state.plan.stale_after();
        let taken_at = evidence.taken_at;
        // What was taken in a future that is gone was taken longer ago than it says.
        let is_stale = taken_at > tick.now || tick.now - taken_at > stale_after;
        let was_set_back = state.ticked_at - tick.now > stale_after;
        if verdict.outcome == Outcome::Broken || is_stale || was_set_back {
            return Self::Nothing;
        }
        let is_late = running.late_before.is_some_and(|last| taken_at < last);
        if is_late || tick.now < state.ticked_at {
            return Self::Late;
        }
        Self::Judged {
            taken_at,
            promotes: verdict.outcome == Outcome::Promote,
        }
    }
}

/// This release in this stage since it was confirmed, by the policy that it began with.
fn is_about(state: &State, running: &Running, evidence: &Evidence) -> bool {
    evidence.canary == state.release.canary
        && evidence.verdict.policy_hash == state.plan.policy_hash
        && evidence.verdict.stage == state.stage(running.stage).name
        && evidence.stage_started_at == running.started_at
}

/// A tick that is a little late leaves the clock; one that is more than that says that the clock was set back. What was judged
/// in a future that is gone is no measure of lateness, and a stage that began there begins anew.
pub(super) fn set_clock(state: &mut State, now: DateTime<Utc>) {
    if now >= state.ticked_at {
        state.ticked_at = now;
        return;
    }
    if state.ticked_at - now <= state.plan.stale_after() {
        return;
    }
    state.ticked_at = now;
    if let Some(running) = state.judged_mut() {
        running.late_before = None;
        if running.started_at > now {
            *running = Running::since(running.stage, running.confirmed.weights, now);
        }
    }
}
