//! The binary `scholarship-api`: configuration, wiring and shutdown.
