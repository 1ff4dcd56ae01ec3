//! What the controller has, and what it is to be told.

use super::{Look, Turn};
use crate::{
    history::{Event, MACHINE},
    machine::{Entering, Phase, Running},
    traffic::{Confirmation, Order, Weights},
};

/// Whether the canary may get more than it has. Nothing at all is never more.
pub(super) fn raises(seen: Option<Weights>, wanted: Weights) -> bool {
    let has_more = seen.is_some_and(|seen| seen.canary() > wanted.canary());
    !has_more && wanted != Weights::ALL_STABLE
}

impl Turn<'_> {
    /// Confirms what was intended, and finds what others did.
    pub(super) fn see_weights(&mut self) {
        let Some(seen) = self.tick.weights else {
            return;
        };
        match self.state.phase.clone() {
            Phase::Entering(entering) if seen == self.state.weights() => {
                self.confirm(&entering, seen);
            }
            Phase::Running(running) if seen != running.confirmed.weights => {
                self.find(running, seen);
            }
            Phase::RollingBack { cause } if seen == Weights::ALL_STABLE => {
                let at = self.tick.now;
                self.state.phase = Phase::RolledBack { cause, at };
                self.record("the controller confirms it", Event::RolledBack, seen);
            }
            Phase::RolledBack { cause, .. } if seen != Weights::ALL_STABLE => {
                let event = Event::Drifted { found: seen };
                self.record("somebody else changed the weights", event, seen);
                self.roll_back(cause, MACHINE, "the canary has too much");
            }
            Phase::Entering(_)
            | Phase::Running(_)
            | Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => {}
        }
    }

    fn confirm(&mut self, entering: &Entering, seen: Weights) {
        let running = Running::since(entering.stage, seen, self.tick.now);
        let stage = self.state.stage(entering.stage).name.clone();
        self.state.phase = Phase::Running(running);
        self.state.broken.clear();
        let event = Event::Confirmed { stage };
        self.record("the controller confirms it", event, seen);
        self.look_is_past();
    }

    /// The evidence is about the time before, but a bad canary stays one.
    fn look_is_past(&mut self) {
        if !matches!(self.look, Look::Bad { .. }) {
            self.look = Look::Late;
        }
    }

    /// Counts under other weights are no evidence: the stage begins anew with its own.
    pub(super) fn find(&mut self, mut running: Running, seen: Weights) {
        running.confirmed = Confirmation {
            weights: seen,
            at: self.tick.now,
        };
        running.watch.clear();
        let stage = running.stage;
        let event = Event::Drifted { found: seen };
        self.record("somebody else changed the weights", event, seen);
        let wanted = self.state.weights();
        if seen == wanted {
            self.state.phase = Phase::Running(Running::since(stage, seen, self.tick.now));
            self.look_is_past();
        } else if seen.canary() > wanted.canary() {
            self.enter(stage, Some(running), MACHINE, "the canary has too much");
        } else {
            self.state.phase = Phase::Running(running);
            if self.state.pause.is_none() {
                self.pause(MACHINE, "somebody else lowered the canary's weight");
            }
        }
    }

    /// In the phase that this tick ends with.
    pub(super) fn order(&self) -> Option<Order> {
        let weights = self.state.weights();
        if self.tick.weights == Some(weights) {
            return None;
        }
        let raises = raises(self.tick.weights, weights);
        let is_due = match &self.state.phase {
            Phase::Entering(entering) => !raises || self.may_raise(entering),
            Phase::RollingBack { .. } => true,
            Phase::Running(_)
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => false,
        };
        is_due.then_some(Order { weights, raises })
    }

    /// An operator's word is enough for the first stage; going back to a stage needs a canary that can be judged; the next stage
    /// needs a verdict that still promotes. Nothing is raised while paused.
    fn may_raise(&self, entering: &Entering) -> bool {
        if self.state.pause.is_some() {
            return false;
        }
        let Some(from) = &entering.from else {
            return true;
        };
        match self.look {
            Look::Judged { promotes, .. } => promotes || from.stage == entering.stage,
            Look::Bad { .. } | Look::Nothing | Look::Late => false,
        }
    }
}
