//! Snapshots from a real Prometheus with a known past, from one that scrapes a server right now, and from what only pretends to be
//! one.

mod absent;
mod encryption;
mod live;
mod past;
mod pretenders;
mod service;
mod world;
