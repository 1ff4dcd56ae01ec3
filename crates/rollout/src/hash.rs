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
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digest = Sha256::digest(bytes);
    // Simulations hash in every step, and formatting each byte took them longer than the digest itself.
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_are_small_and_hexadecimal() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::of_bytes(b""), of_nothing);
    }
}
