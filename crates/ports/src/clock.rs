//! Time and new identifiers, injected so that tests decide both.

use domain::{ScholarshipId, Timestamp};

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub trait IdGenerator: Send + Sync {
    /// An id that was never made before; later ones sort after earlier ones.
    fn scholarship_id(&self) -> ScholarshipId;
}
