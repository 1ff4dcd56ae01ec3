//! The adapter against real HTTP: what it sends, what it makes of answers and failures, and what it keeps to itself.

mod asking;
mod connections;
mod failures;
mod secrets;
mod world;
