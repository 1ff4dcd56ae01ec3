//! The system's clock and new identifiers.

use domain::{ScholarshipId, Timestamp};
use ports::{Clock, IdGenerator};

pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one clock that everybody else is given"
    )]
    fn now(&self) -> Timestamp {
        chrono::Utc::now()
    }
}

/// Ids in the order of their making (UUID version 7: milliseconds, then randomness).
pub struct TimeOrderedIds;

impl IdGenerator for TimeOrderedIds {
    fn scholarship_id(&self) -> ScholarshipId {
        ScholarshipId::from_bits(uuid::Uuid::now_v7().as_u128())
    }
}
