//! The index through its port: against an exhaustive reference, under concurrent writes, and with hostile input.

mod agreement;
mod catalogue;
mod model;
