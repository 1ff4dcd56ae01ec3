//! The loop around the machine, written once: real programs and the simulation run this very code.

use chrono::{DateTime, Utc};

use super::{Command, Decision, Evidence, Plan, Refusal, Release, State, Tick, decide};
use crate::{
    history::Head,
    traffic::{Controller, ControllerError, Order},
};

mod errors;
mod ports;

pub use errors::{StartError, StepError, Trouble};
pub use ports::{Log, LogError, StateStore, StoreError};

/// Only one driver may work on a release at a time: whoever makes one holds a lock.
#[derive(Debug)]
pub struct Driver<S, L, C> {
    store: S,
    log: L,
    controller: C,
    decide: fn(&State, &Tick<'_>) -> Decision,
}

/// How a step went.
#[derive(Debug)]
pub struct Step {
    pub state: State,
    /// Whether that is on file: what was decided is forgotten otherwise, but for an order that was given.
    pub is_kept: bool,
    /// The order that was given, whether or not the controller answered.
    pub order: Option<Order>,
    pub refusal: Option<Refusal>,
    /// What failed and comes again with the next step.
    pub troubles: Vec<Trouble>,
}

impl<S: StateStore, L: Log, C: Controller> Driver<S, L, C> {
    pub fn new(store: S, log: L, controller: C) -> Self {
        Self {
            store,
            log,
            controller,
            decide,
        }
    }

    /// With other rules, to see whether anybody notices.
    pub(crate) fn with_rules(mut self, rules: fn(&State, &Tick<'_>) -> Decision) -> Self {
        self.decide = rules;
        self
    }

    pub fn controller(&self) -> &C {
        &self.controller
    }

    /// The release that was left off, if any.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not what was written.
    pub fn load(&self) -> Result<Option<State>, StepError> {
        let text = self.store.load()?;
        Ok(text.as_deref().map(State::from_json).transpose()?)
    }

    /// Writes the intent of a release. The first step gives the order.
    ///
    /// # Errors
    ///
    /// While another release goes on, or when something is out of reach.
    pub fn start(
        &self,
        release: Release,
        plan: Plan,
        by: (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<State, StartError> {
        let head = self.head_after_last_release()?;
        if plan.stages.is_empty() {
            return Err(StartError::NoStages);
        }
        let weights = self.controller.weights()?;
        let mut state = State::started(release, plan, by, (head, weights), now);
        self.store.save(&state.to_json())?;
        self.record(&mut state)?;
        Ok(state)
    }

    fn head_after_last_release(&self) -> Result<Head, StartError> {
        let Some(mut last) = self.load()? else {
            return Ok(self.log.head()?);
        };
        if !last.is_over() {
            return Err(StartError::AnotherGoesOn {
                canary: last.release.canary,
            });
        }
        self.record(&mut last)?;
        Ok(last.head)
    }

    /// One tick: sees, decides, writes the intent, records it, and only then gives the order. The next step confirms it.
    ///
    /// What takes traffic from the canary is done whatever fails before: then the next step finds weights that nobody intended,
    /// and pauses.
    ///
    /// # Errors
    ///
    /// When there is no state to go on with. Everything else is a trouble in the step.
    pub fn step(
        &self,
        now: DateTime<Utc>,
        evidence: Option<&Evidence>,
        command: Option<&Command>,
    ) -> Result<Step, StepError> {
        let kept = self.load()?.ok_or(StepError::NoRelease)?;
        let mut troubles = Vec::new();
        let mut before = kept.clone();
        note(self.record(&mut before), &mut troubles);
        let weights = note(self.controller.weights(), &mut troubles);
        let tick = Tick {
            now,
            weights,
            evidence,
            command,
        };
        let Decision {
            mut state,
            order,
            refusal,
        } = (self.decide)(&before, &tick);
        let is_kept =
            state == kept || note(self.store.save(&state.to_json()), &mut troubles).is_some();
        let is_recorded = is_kept && note(self.record(&mut state), &mut troubles).is_some();
        let order = order.filter(|order| is_recorded || !order.raises);
        if let Some(order) = order {
            note(self.controller.set(order.weights), &mut troubles);
        }
        Ok(Step {
            state,
            is_kept,
            order,
            refusal,
            troubles,
        })
    }

    /// Brings into the history what only the state knows. The state on file may keep it: it is never recorded twice.
    fn record(&self, state: &mut State) -> Result<(), LogError> {
        let mut head = self.log.head()?;
        for record in &state.outbox {
            if record.sequence <= head.sequence {
                continue;
            }
            if record.previous != head.hash {
                break;
            }
            self.log.append(record)?;
            head = record.head();
        }
        if head != state.head {
            return Err(LogError::OtherHistory {
                known: state.head.clone(),
                found: head,
            });
        }
        state.outbox.clear();
        Ok(())
    }
}

fn note<T, E: Into<Trouble>>(result: Result<T, E>, troubles: &mut Vec<Trouble>) -> Option<T> {
    result.map_err(|error| troubles.push(error.into())).ok()
}
