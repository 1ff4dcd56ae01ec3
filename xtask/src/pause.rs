//! Waiting in commands that have a thread of their own.

use std::time::Duration;

#[expect(
    clippy::disallowed_methods,
    reason = "no runtime is blocked: commands that call this wait on their own thread"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
