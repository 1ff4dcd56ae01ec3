//! The adapter against a real HAProxy with the shipped configuration, and against what only pretends to be one.

mod configuration;
mod exporter;
mod pretenders;
mod splitting;
mod troubles;
mod world;
