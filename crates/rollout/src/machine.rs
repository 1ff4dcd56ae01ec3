//! Takes a release through its stages, tick by tick, and back when it must.
//!
//! One tick is a pure function from a state and what was seen to the next state and an order. What is intended is written before
//! it is ordered, and holds only once the controller was seen to have done it; so a driver may die between any two steps.
//!
//! - The canary gets more only in a tick whose own verdict promotes, or when an operator starts or resumes the release.
//! - A verdict that rolls back is obeyed in every phase, also while paused, and however late it comes. Every rollback is one step
//!   to weight 0: half a step would leave users with a version that is known to be bad. Once begun, it is ordered until it is
//!   seen to be done.
//! - A stage's time is the time in which it was watched: gaps, pauses, lost telemetry and jumps of the clock count neither for a
//!   promotion nor for the longest time. A stage that was watched for its longest time and not promoted is rolled back, as the
//!   policy says that it has failed.
//! - Without a verdict nothing changes. When that lasts, the machine pauses and waits for a person; the traffic stays.
//! - A release that is done is only ever left because an operator takes it back.
//! - Weights that somebody else raised are lowered again. Weights that somebody else lowered stay, as that may have been an
//!   emergency: the machine pauses.

mod command;
mod driver;
mod evidence;
mod file;
mod plan;
mod state;
#[cfg(test)]
mod tests;
mod tick;
mod watch;

pub use command::{Command, Refusal, Request};
pub use driver::{
    Driver, Log, LogError, StartError, StateStore, Step, StepError, StoreError, Trouble,
};
pub use evidence::Evidence;
pub use file::StateError;
pub use plan::{Plan, PlannedStage};
pub use state::{Entering, Pause, Phase, Release, Running, State};
pub use tick::{Decision, Tick, decide};
pub use watch::{Span, Watch};
