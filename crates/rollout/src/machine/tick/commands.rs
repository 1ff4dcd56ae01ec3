//! What operators may do.

use super::{Look, Turn};
use crate::{
    history::{Cause, Event},
    machine::{Command, Entering, Phase, Refusal, Request},
    traffic::Weights,
};

impl Turn<'_> {
    pub(super) fn obey_command(&mut self) -> Result<(), Refusal> {
        let Some(command) = self.tick.command else {
            return Ok(());
        };
        match self.state.phase {
            Phase::RollingBack { .. } => return Err(Refusal::RollingBack),
            Phase::RolledBack { .. } => return Err(Refusal::RolledBack),
            Phase::Settled { .. } => return Err(Refusal::Settled),
            // What was found bad later is taken back as well.
            Phase::Done { .. } if !matches!(command.request, Request::Abort | Request::Settle) => {
                return Err(Refusal::Done);
            }
            Phase::Done { .. } | Phase::Entering(_) | Phase::Running(_) => {}
        }
        match command.request {
            Request::Pause => self.obey_pause(command),
            Request::Resume => self.obey_resume(command),
            Request::Promote => self.obey_promote(command),
            Request::Abort => {
                self.roll_back(Cause::Abort, &command.operator, &command.reason);
                Ok(())
            }
            Request::Settle => self.obey_settle(command),
        }
    }

    /// The traffic was moved before: a history that says so must not be ahead of it.
    fn obey_settle(&mut self, command: &Command) -> Result<(), Refusal> {
        if !matches!(self.state.phase, Phase::Done { .. }) {
            return Err(Refusal::NotDone);
        }
        match self.tick.weights {
            None => return Err(Refusal::Unseen),
            Some(weights) if weights != Weights::ALL_STABLE => return Err(Refusal::NotAllStable),
            Some(_) => {}
        }
        self.state.phase = Phase::Settled { at: self.tick.now };
        let (operator, reason) = (&command.operator, &command.reason);
        self.record_by(operator, reason, Event::Settled, Weights::ALL_STABLE);
        Ok(())
    }

    fn obey_pause(&mut self, command: &Command) -> Result<(), Refusal> {
        if self.state.pause.is_some() {
            return Err(Refusal::PausedAlready);
        }
        self.pause(&command.operator, &command.reason);
        Ok(())
    }

    /// Also intends again what the pause kept back, and the weights that somebody else lowered.
    fn obey_resume(&mut self, command: &Command) -> Result<(), Refusal> {
        self.state.pause.take().ok_or(Refusal::NotPaused)?;
        self.state.broken.clear();
        let (operator, reason) = (&command.operator, &command.reason);
        let known = self.known_weights();
        self.record_by(operator, reason, Event::Resumed, known);
        match self.state.phase.clone() {
            Phase::Entering(Entering { stage, from, .. }) => {
                self.enter(stage, from, operator, reason);
            }
            Phase::Running(running) if running.confirmed.weights != self.state.weights() => {
                self.enter(running.stage, Some(running), operator, reason);
            }
            Phase::Running(_)
            | Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => {}
        }
        Ok(())
    }

    fn obey_promote(&mut self, command: &Command) -> Result<(), Refusal> {
        if self.state.pause.is_some() {
            return Err(Refusal::Paused);
        }
        let Phase::Running(running) = self.state.phase.clone() else {
            return Err(Refusal::Unconfirmed);
        };
        if !self.has_its_weights() {
            return Err(Refusal::Unconfirmed);
        }
        if !matches!(self.look, Look::Judged { promotes: true, .. }) {
            return Err(Refusal::NotAllowed);
        }
        self.advance(running, &command.operator, &command.reason);
        Ok(())
    }
}
