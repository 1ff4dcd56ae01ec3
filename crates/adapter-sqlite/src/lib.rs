//! The embedded store: catalogue, change log, interactions, counts and tasks in one SQLite file.
//!
//! One thread owns the writing connection and settles many callers' writes with one commit; reads run beside it on
//! connections of their own. What is acknowledged survives the loss of power.

mod database_file;
mod failure;
mod health;
mod interactions;
mod open_error;
mod placed_file;
mod readers;
mod revocations;
mod schema;
mod scholarships;
mod settings;
mod store;
mod tasks;
mod writer;

pub use open_error::OpenError;
pub use settings::{InvalidUrl, SqliteSettings, path_from_url};
pub use store::SqliteStore;
