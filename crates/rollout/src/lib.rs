//! The release judge and the stage machine: policy, snapshots, statistics, verdicts, stages and history.
//!
//! Pure and deterministic: no I/O, no clock, no global state.

mod hash;
pub mod history;
pub mod judge;
pub mod machine;
mod many;
pub mod policy;
pub mod power;
pub mod simulate;
pub mod simulation;
pub mod snapshot;
pub mod span;
pub mod statistics;
pub mod traffic;
pub mod verdict;

pub use judge::judge;
pub use policy::Policy;
pub use snapshot::Snapshot;
pub use verdict::{Outcome, Verdict};
