//! The state as a file that betrays whoever tore or edited it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Entering, Phase, Running, State};
use crate::hash;

/// The version of the JSON form.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed<'a> {
    schema: u32,
    /// Of the state's very text.
    hash: String,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// A text that is no state: nothing may be ordered by it.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the state is no JSON of this form: it was torn or edited")]
    Syntax(#[source] serde_json::Error),
    #[error("the state has the form {found}, which nobody here can read")]
    OtherSchema { found: u32 },
    #[error("the state's hash is not that of its content: it was edited")]
    Edited,
    #[error("the state speaks of a stage that its plan has not")]
    NoSuchStage,
}

impl State {
    pub fn to_json(&self) -> String {
        // Only maps with keys that are no texts could fail, and there are none.
        let state = serde_json::value::to_raw_value(self).unwrap_or_default();
        let sealed = Sealed {
            schema: SCHEMA,
            hash: hash::of_bytes(state.get().as_bytes()),
            state: &state,
        };
        serde_json::to_string(&sealed).unwrap_or_default()
    }

    /// # Errors
    ///
    /// When it is not what was written.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        let sealed: Sealed<'_> = serde_json::from_str(text).map_err(StateError::Syntax)?;
        if sealed.schema != SCHEMA {
            let found = sealed.schema;
            return Err(StateError::OtherSchema { found });
        }
        let written = sealed.state.get();
        if hash::of_bytes(written.as_bytes()) != sealed.hash {
            return Err(StateError::Edited);
        }
        let state: Self = serde_json::from_str(written).map_err(StateError::Syntax)?;
        if !state.has_its_stages() {
            return Err(StateError::NoSuchStage);
        }
        Ok(state)
    }

    fn has_its_stages(&self) -> bool {
        let is_planned = |stage: usize| stage < self.plan.stages.len();
        let named = match &self.phase {
            Phase::Entering(Entering { stage, .. }) | Phase::Running(Running { stage, .. }) => {
                *stage
            }
            Phase::RollingBack { .. }
            | Phase::RolledBack { .. }
            | Phase::Done { .. }
            | Phase::Settled { .. } => 0,
        };
        is_planned(named) && self.judged().is_none_or(|judged| is_planned(judged.stage))
    }
}
