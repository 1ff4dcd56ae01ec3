//! What stops a driver, and what does not.

use super::{ControllerError, LogError, StoreError};
use crate::machine::StateError;

/// Without a state that can be believed nothing is ordered.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("no release was started")]
    NoRelease,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    State(#[from] StateError),
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the release of {canary} goes on")]
    AnotherGoesOn { canary: String },
    #[error("the plan has no stages")]
    NoStages,
    #[error(transparent)]
    LastRelease(#[from] StepError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Controller(#[from] ControllerError),
}

/// What failed in a step that went on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Controller(#[from] ControllerError),
}
