//! What goes wrong on purpose: for rehearsals of releases, whose canaries must be bad in known ways and be measured like any other.

use std::pin::Pin;

/// Stands before the handlers of the public listener. The server that is shipped has none; `rehearsal-server` has one.
pub trait Disturbance: Send + Sync {
    /// Asked before each request that may go on and is no probe: whether it fails with `INTERNAL_ERROR` instead of being handled.
    /// Its answer waits for as long as this does.
    fn fails(&self) -> Pin<Box<dyn Future<Output = bool> + '_>>;
}
