//! Use cases: search, match, recommend, record, import, and keeping the index in step.
//!
//! Everything here speaks to the world through `ports`; nothing knows HTTP, SQL or a clock of its own.

pub mod analytics;
pub mod application;
pub mod assistant;
pub mod audit_gaps;
pub mod bridged;
pub mod catalogue;
pub mod follower;
pub mod import;
pub mod interactions;
pub mod limits;
pub mod matching;
mod month_names;
pub mod popularity;
pub mod pseudonyms;
pub mod readiness;
pub mod retention;
pub mod revocations;
pub mod sample;
pub mod search;
pub mod search_trends;
pub mod tasks;
mod thousands;

pub use application::{Application, Dependencies};
