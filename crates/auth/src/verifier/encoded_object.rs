//! Decoding of the base64url-encoded JSON objects that a token consists of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

/// `None` unless the text is unpadded base64url of a JSON object of the wanted shape.
pub(super) fn decode<T: DeserializeOwned>(encoded: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    // serde would take a list of values for a struct as well.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(&json).ok()
}
