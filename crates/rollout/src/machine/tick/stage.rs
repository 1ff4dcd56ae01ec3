//! How a stage passes: watched, promoted, failed, or without a verdict for too long.

use super::{Look, Turn};
use crate::{
    history::{Cause, Event, MACHINE},
    machine::{Phase, Running},
};

impl Turn<'_> {
    pub(super) fn pass_stage(&mut self) {
        if !matches!(self.state.phase, Phase::Running(_) | Phase::Entering(_)) {
            return;
        }
        self.watch_telemetry();
        let is_paused = self.state.pause.is_some();
        let look = self.look;
        let longest_gap = self.state.plan.longest_gap();
        let now = self.state.ticked_at;
        let Phase::Running(running) = &mut self.state.phase else {
            return;
        };
        match look {
            Look::Judged { taken_at, .. } if !is_paused => {
                running.late_before = Some(taken_at);
                running.watch.look(taken_at, longest_gap);
            }
            Look::Late | Look::Bad { .. } if !is_paused => {}
            // What is paused is not watched, however late the look comes.
            _ => running.interrupt(now),
        }
        let running = running.clone();
        if let (Look::Judged { promotes, .. }, false) = (look, is_paused) {
            self.end_stage(running, promotes);
        }
    }

    fn end_stage(&mut self, running: Running, promotes: bool) {
        let watched = running.watch.total();
        let stage = self.state.stage(running.stage);
        if promotes {
            if watched >= stage.at_least() && self.has_its_weights() {
                self.advance(running, MACHINE, "the verdict is promote");
            }
        } else if stage.at_most().is_some_and(|longest| watched >= longest) {
            let reason = "the stage was not promoted within its longest time";
            self.roll_back(Cause::Timeout, MACHINE, reason);
        }
    }

    /// To the next stage, and from the last one to the end.
    pub(super) fn advance(&mut self, running: Running, operator: &str, reason: &str) {
        let next = running.stage + 1;
        if next < self.state.plan.stages.len() {
            self.enter(next, Some(running), operator, reason);
            return;
        }
        let weights = self.state.weights();
        self.state.phase = Phase::Done { at: self.tick.now };
        self.record_by(operator, reason, Event::Finished, weights);
    }

    /// Before the first stage is confirmed there is nothing to judge.
    fn watch_telemetry(&mut self) {
        let is_paused = self.state.pause.is_some() || self.state.judged().is_none();
        match self.look {
            Look::Nothing if !is_paused => {
                let longest_gap = self.state.plan.longest_gap();
                self.state.broken.look(self.tick.now, longest_gap);
                if self.state.broken.total() >= self.state.plan.broken_at_most() {
                    self.pause(MACHINE, "there has been no verdict for too long");
                }
            }
            Look::Late => {}
            Look::Nothing | Look::Judged { .. } | Look::Bad { .. } => self.state.broken.clear(),
        }
    }

    /// Whether the stage's weights were seen in this very tick.
    pub(super) fn has_its_weights(&self) -> bool {
        self.tick.weights == Some(self.state.weights())
    }

    /// An intent to give the canary more is as good as the verdict that it came from: it does not wait for a controller that
    /// does not answer.
    pub(super) fn lapse(&mut self) {
        let Phase::Entering(entering) = self.state.phase.clone() else {
            return;
        };
        let Some(mut from) = entering.from else {
            return;
        };
        let age = (self.tick.now - entering.intended_at).abs();
        let raises = super::weights::raises(self.tick.weights, self.state.weights());
        if !raises || age <= self.state.plan.stale_after() {
            return;
        }
        let stage = self.state.stage(entering.stage).name.clone();
        let known = from.confirmed.weights;
        from.interrupt(self.state.ticked_at);
        self.state.phase = Phase::Running(from.clone());
        let reason = "the controller did not do it in time";
        self.record(reason, Event::Lapsed { stage }, known);
        match self.tick.weights {
            Some(seen) if seen != known => self.find(from, seen),
            _ if known != self.state.weights() && self.state.pause.is_none() => {
                self.pause(
                    MACHINE,
                    "the canary's weight is still lower than it should be",
                );
            }
            _ => {}
        }
    }
}
