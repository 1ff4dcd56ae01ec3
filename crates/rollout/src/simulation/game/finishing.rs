//! How operators settle a release that is done, as `cargo xtask rollout finish` does.

use rand::Rng;

use super::Game;
use crate::{
    machine::{Command, Phase, Request},
    simulation::{Failure, Rules, script},
    traffic::{Controller, ControllerError, Weights},
};

impl Game {
    /// Now and then. Some only move the traffic, and ask another time.
    pub(super) fn finish(&mut self) -> Option<Command> {
        if !self.is_to_be_settled() || self.random.random_bool(0.8) {
            return None;
        }
        self.move_traffic().ok()?;
        let asks = self.random.random_bool(0.7);
        asks.then(|| script::by_ada(Request::Settle))
    }

    /// Without any more faults it is granted.
    pub(super) fn finish_at_last(&mut self, rules: Rules) -> Result<(), Failure> {
        if !self.is_to_be_settled() || self.move_traffic().is_err() {
            return Ok(());
        }
        let made = self.make_later();
        self.step(rules, &made, Some(script::by_ada(Request::Settle)))
    }

    fn is_to_be_settled(&self) -> bool {
        self.settles && self.is_done()
    }

    pub(super) fn is_done(&self) -> bool {
        let state = self.state();
        state.is_some_and(|state| matches!(state.phase, Phase::Done { .. }))
    }

    fn move_traffic(&self) -> Result<(), ControllerError> {
        let controller = &self.world;
        while controller.weights()? != Weights::ALL_STABLE {
            controller.set(Weights::ALL_STABLE)?;
        }
        Ok(())
    }
}
