//! What operators may do.

use super::{Look, Turn};
use crate::{
    history::{Cause, Event},
    machine::{Command, Entering, Phase, Refusal, Request},
};

impl Turn<'_> {
    pub(super) fn obey_command(&mut self) -> Result<(), Refusal> {
        let Some(command) = self.tick.command else {
            return Ok(());
        };
        match self.state.phase {
            Phase::RollingBack { .. } => return Err(Refusal::RollingBack),
            Phase::RolledBack { .. } => return Err(Refusal::RolledBack),
            // What was found bad later is taken back as well.
            Phase::Done { .. } if command.request != Request::Abort => return Err(Refusal::Done),
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
        }
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
            | Phase::Done { .. } => {}
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
