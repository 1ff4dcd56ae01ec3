//! The adapter against a real Redis: the contracts, and what happens when the server or the network fails.

mod cache;
mod contract;
mod faults;
mod guards;
mod limits;
mod memory;
mod opening;
mod world;
