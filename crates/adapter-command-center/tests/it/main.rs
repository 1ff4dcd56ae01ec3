//! The adapter against real HTTP: what it sends where, what it makes of answers and failures, and what it keeps to itself.

mod connections;
mod destinations;
mod documented;
mod failures;
mod messages;
mod secrets;
mod tokens;
mod world;
