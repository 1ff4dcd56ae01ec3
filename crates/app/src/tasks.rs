//! Tasks of other programs' agents: taken in durably, worked at beside the requests, and answered to whom sent them.
//!
//! A task is taken in by [`Tasks::submit`], worked at by [`TaskWorkers`], and its sender is told by [`Couriers`]; [`Presence`]
//! keeps the Command Center informed of this process. All state is in the store, so that any replica goes on where another
//! one was killed.

mod allowance;
mod bridge;
mod couriers;
mod events;
mod presence;
mod submitting;
mod workers;

pub use allowance::{ReachedLimit, TaskLimits};
pub use bridge::{TaskDependencies, TaskSettings};
pub use couriers::Couriers;
pub use events::TaskObserver;
pub use presence::Presence;
pub use submitting::{SubmitError, Tasks, TokenUse};
pub use workers::{TaskFailure, TaskRunner, TaskWorkers, Workload};
