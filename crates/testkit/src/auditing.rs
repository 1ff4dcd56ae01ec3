//! Who writes in tests, and what a write comes to in the audit log.

use domain::{ScholarshipContent, ScholarshipDocument, Timestamp};
use ports::{Actor, ActorRole, WriteContext};
use sha2::{Digest as _, Sha256};

/// Who writes where a test does not care.
pub fn tester() -> Actor {
    Actor::named("tester", ActorRole::Partner)
}

/// A write of [`tester`].
pub fn write_at(now: Timestamp) -> WriteContext {
    WriteContext {
        actor: tester(),
        now,
    }
}

/// SHA-256 of the content's document as JSON.
pub fn content_digest(content: &ScholarshipContent) -> [u8; 32] {
    let document = serde_json::to_string(&ScholarshipDocument::from(content));
    Sha256::digest(document.expect("JSON").as_bytes()).into()
}
