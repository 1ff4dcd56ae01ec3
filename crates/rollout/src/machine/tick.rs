//! One tick: from a state and what was seen to the next state and an order.

use chrono::{DateTime, Utc};

use super::{Command, Entering, Evidence, Pause, Phase, Refusal, Running, State};
use crate::{
    history::{Cause, Entry, Event, MACHINE},
    traffic::{Order, Weights},
};

mod commands;
mod look;
mod stage;
mod weights;

use look::Look;

/// What a driver saw.
#[derive(Debug, Clone, Copy)]
pub struct Tick<'a> {
    pub now: DateTime<Utc>,
    /// Those in effect. None when the controller does not answer.
    pub weights: Option<Weights>,
    /// None when there is no snapshot.
    pub evidence: Option<&'a Evidence>,
    pub command: Option<&'a Command>,
}

/// What follows: the state is to be written, its outbox to be recorded, and then the order to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub state: State,
    pub order: Option<Order>,
    /// The answer to the command, if it was not granted.
    pub refusal: Option<Refusal>,
}

/// The same tick again intends nothing new.
pub fn decide(state: &State, tick: &Tick<'_>) -> Decision {
    let mut turn = Turn::new(state.clone(), tick);
    turn.see_weights();
    turn.obey_verdict();
    let refusal = turn.obey_command().err();
    turn.lapse();
    turn.pass_stage();
    Decision {
        order: turn.order(),
        state: turn.state,
        refusal,
    }
}

struct Turn<'a> {
    state: State,
    tick: &'a Tick<'a>,
    look: Look,
}

impl<'a> Turn<'a> {
    fn new(mut state: State, tick: &'a Tick<'a>) -> Self {
        let look = Look::of(&state, tick);
        look::set_clock(&mut state, tick.now);
        Self { state, tick, look }
    }

    /// A bad canary is sent back whatever else is going on.
    fn obey_verdict(&mut self) {
        if let Look::Bad { at_once } = self.look {
            let cause = Cause::Verdict { at_once };
            self.roll_back(cause, MACHINE, "the verdict is rollback");
        }
    }

    fn roll_back(&mut self, cause: Cause, operator: &str, reason: &str) {
        self.state.phase = Phase::RollingBack { cause };
        self.state.pause = None;
        let event = Event::RollbackBegan { cause };
        self.record_by(operator, reason, event, Weights::ALL_STABLE);
    }

    fn pause(&mut self, operator: &str, reason: &str) {
        self.state.pause = Some(Pause {
            operator: operator.to_owned(),
            reason: reason.to_owned(),
            at: self.tick.now,
        });
        let weights = self.known_weights();
        self.record_by(operator, reason, Event::Paused, weights);
    }

    /// Those in effect when last seen; before the first stage is confirmed, all traffic is the stable version's.
    fn known_weights(&self) -> Weights {
        let judged = self.state.judged();
        let before = judged.map_or(Weights::ALL_STABLE, |judged| judged.confirmed.weights);
        self.tick.weights.unwrap_or(before)
    }

    /// From now on the stage is intended; until it is confirmed, the one before is judged.
    fn enter(&mut self, stage: usize, from: Option<Running>, operator: &str, reason: &str) {
        self.state.phase = Phase::Entering(Entering {
            stage,
            intended_at: self.tick.now,
            from,
        });
        let stage = self.state.stage(stage).clone();
        let event = Event::Intended { stage: stage.name };
        self.record_by(operator, reason, event, stage.weights);
    }

    fn record(&mut self, reason: &str, event: Event, weights: Weights) {
        self.record_by(MACHINE, reason, event, weights);
    }

    fn record_by(&mut self, operator: &str, reason: &str, event: Event, weights: Weights) {
        let evidence = self.tick.evidence;
        self.state.record(Entry {
            at: self.tick.now,
            operator: operator.to_owned(),
            reason: reason.to_owned(),
            event,
            verdict_hash: evidence.map(|evidence| evidence.verdict.hash.clone()),
            weights,
        });
    }
}
