//! The header of a token (RFC 7515, section 4), read strictly before any key is touched.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::encoded_object;
use crate::{Malformation, TokenError};

/// The only algorithm accepted, whatever a token says about itself.
const ALGORITHM: &str = "HS256";

#[derive(Deserialize)]
pub(super) struct ProtectedHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl ProtectedHeader {
    pub(super) fn decode(encoded: &str) -> Result<Self, TokenError> {
        let header: Self =
            encoded_object::decode(encoded).ok_or(TokenError::Malformed(Malformation::Header))?;
        if header.alg != ALGORITHM {
            return Err(TokenError::AlgorithmRefused);
        }
        // RFC 7515, section 4.1.11: extensions that are not understood and marked critical make a token invalid.
        if header.crit.is_some() {
            return Err(TokenError::Malformed(Malformation::CriticalExtension));
        }
        Ok(header)
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}
