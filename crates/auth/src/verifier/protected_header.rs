//! The header of a token (RFC 7515, section 4), read strictly before any key is touched.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::encoded_object;
use crate::{Malformation, TokenError};

/// The only algorithm accepted, whatever a token says about itself.
const ALGORITHM: &str = "HS256";

/// Of access tokens (RFC 7519, section 5.1; RFC 9068): what is signed for another purpose is no token (RFC 8725, section 3.11).
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

#[derive(Deserialize)]
pub(super) struct ProtectedHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
    jwk: Option<IgnoredAny>,
    jku: Option<IgnoredAny>,
    x5u: Option<IgnoredAny>,
    x5c: Option<IgnoredAny>,
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
        if header.brings_a_key() {
            return Err(TokenError::Malformed(Malformation::OwnKey));
        }
        let is_known = |typ: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
        if !header.typ.as_deref().is_none_or(is_known) {
            return Err(TokenError::Malformed(Malformation::Type));
        }
        Ok(header)
    }

    /// A token that says itself with which key it is to be checked; no issuer of ours sends that.
    fn brings_a_key(&self) -> bool {
        let ways = [&self.jwk, &self.jku, &self.x5u, &self.x5c];
        ways.into_iter().any(Option::is_some)
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}
