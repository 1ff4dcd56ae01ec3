//! What may become of a release that is done: it is taken back, or settled for good.

use super::{Checks, is_back};
use crate::{
    history::{Event, Record},
    machine::{Phase, Refusal, Request, State, Step},
    traffic::Weights,
};

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settling {
    /// What the controller really had when it was looked at in this step.
    pub(super) seen: Option<Weights>,
    /// Whether the history says so.
    is_recorded: bool,
}

impl Checks {
    /// The controller was asked, and has answered.
    pub(in crate::simulation) fn looked(&mut self, weights: Weights) {
        self.settling.seen = Some(weights);
    }

    pub(super) fn settling_is_last(&mut self, record: &Record) {
        let is_first = !self.settling.is_recorded;
        self.promise(is_first, "nothing is recorded of a settled release");
        if record.event == Event::Settled {
            self.settling.is_recorded = true;
            let is_all = record.weights == Weights::ALL_STABLE;
            self.promise(is_all, "a release is settled with all traffic moved");
        }
    }

    pub(super) fn nothing_is_ordered_when_settled(&mut self, state: Option<&State>) {
        let is_settled = state.is_some_and(is_settled);
        self.promise(!is_settled, "nothing is ordered of a settled release");
    }

    pub(super) fn settles_rightly(&mut self, before: &State, step: &Step) {
        let after = &step.state;
        if is_settled(before) {
            let is_same = after.phase == before.phase && after.head == before.head;
            self.promise(is_same, "a settled release is never left");
        } else if is_settled(after) {
            let is_done = matches!(before.phase, Phase::Done { .. });
            self.promise(is_done, "only a release that is done is settled");
            let is_asked_for = self.given.request == Some(Request::Settle);
            self.promise(is_asked_for, "only a person settles a release");
            let is_moved = self.is_moved();
            self.promise(is_moved, "a release is settled with all traffic moved");
        }
        self.answers_rightly(before, step);
    }

    fn is_moved(&self) -> bool {
        self.settling.seen == Some(Weights::ALL_STABLE)
    }

    fn answers_rightly(&mut self, before: &State, step: &Step) {
        let Some(request) = self.given.request else {
            return;
        };
        let (refusal, after) = (step.refusal, &step.state);
        let is_right = match (&before.phase, request) {
            (Phase::Settled { .. }, _) => refusal == Some(Refusal::Settled),
            (Phase::Done { .. }, Request::Settle) if self.is_moved() => {
                refusal.is_none() && is_settled(after)
            }
            (Phase::Done { .. }, Request::Settle) if self.settling.seen.is_none() => {
                refusal == Some(Refusal::Unseen)
            }
            (Phase::Done { .. }, Request::Settle) => refusal == Some(Refusal::NotAllStable),
            (Phase::Done { .. }, Request::Abort) => refusal.is_none() && is_back(&after.phase),
            (Phase::Done { .. }, _) => refusal == Some(Refusal::Done),
            (Phase::Entering(_) | Phase::Running(_), Request::Settle) => {
                // It may be sent back in this very step.
                matches!(refusal, Some(Refusal::NotDone | Refusal::RollingBack))
            }
            (Phase::RollingBack { .. } | Phase::RolledBack { .. }, Request::Settle) => {
                matches!(refusal, Some(Refusal::RollingBack | Refusal::RolledBack))
            }
            _ => true,
        };
        self.promise(is_right, "who asks at the end is answered rightly");
    }

    pub(super) fn settling_is_recorded(&mut self, state: &State) {
        let agrees = is_settled(state) == self.settling.is_recorded;
        self.promise(agrees, "the history knows what was settled");
    }
}

fn is_settled(state: &State) -> bool {
    matches!(state.phase, Phase::Settled { .. })
}
