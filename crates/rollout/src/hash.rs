//! Hashes of contents.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of the compact JSON form, in small hexadecimal digits. Types of this crate keep the order of their fields and sort
/// their maps, so equal values have equal hashes.
pub(crate) fn of(value: &impl Serialize) -> String {
    // Only maps with keys that are no texts could fail, and there are none.
    of_bytes(&serde_json::to_vec(value).unwrap_or_default())
}

pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
