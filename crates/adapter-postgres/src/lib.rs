//! The production store: catalogue, change log, interactions, tasks, used tokens and money spent in Postgres, directly or behind a
//! pooler.
//!
//! Every call is one transaction with a deadline. Reads of the change log see an entry once every older transaction has
//! ended, so that a slow one is never skipped. Interactions of many callers share one insert. What is acknowledged survives
//! the loss of power, as long as the server keeps `fsync` and `synchronous_commit` on.

mod applied;
mod area;
mod connecting;
mod connections;
mod failure;
mod grouping;
mod health;
mod interactions;
pub mod migrations;
mod open_error;
pub mod operations;
mod own_session;
mod prepared;
mod replay_guard;
mod revocations;
mod rights;
mod schema;
mod scholarships;
mod settings;
mod settling;
mod spend_meter;
mod store;
mod tasks;
mod tls;
mod url;
mod verifying;
mod wakeups;

pub use area::OPERATIONS;
pub use open_error::OpenError;
pub use own_session::SessionError;
pub use settings::{InvalidPoolMode, PoolMode, PostgresSettings};
pub use settling::SettlingProbe;
pub use store::{PoolUse, PostgresStore};
pub use url::InvalidUrl;
pub use verifying::Unusable;
