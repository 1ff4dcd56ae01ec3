//! The composition root: configuration, wiring and shutdown of the binary `scholarship-api`.
//!
//! Only this crate constructs adapters. Tests start the same root on port 0.

mod assistant_events;
mod certificate;
mod database_observer;
mod engine;
mod gauges;
mod healthcheck;
mod index_file;
mod opening;
pub mod process;
pub mod sample_catalogue;
pub mod settings;
pub mod startup;
mod stores;
pub mod system;
mod task_observer;
mod tools;

pub use settings::{Settings, SettingsError};
pub use startup::{Server, StartError};
