//! Where the time comes from for use cases that a command runs.

use domain::Timestamp;
use ports::Clock;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is where the time comes from"
    )]
    fn now(&self) -> Timestamp {
        chrono::Utc::now()
    }
}
