//! The claims of a token whose signature matched, still to be believed one by one.

use serde::Deserialize;
use serde_json::Value;

use super::encoded_object;
use crate::{Malformation, TokenError};

/// Only the claims that matter here.
pub(super) struct Payload {
    pub(super) iss: Claim,
    pub(super) aud: Claim,
    pub(super) sub: Claim,
    pub(super) role: Claim,
    pub(super) scope: Claim,
    pub(super) exp: Claim,
    pub(super) nbf: Claim,
    pub(super) iat: Claim,
    pub(super) jti: Claim,
    pub(super) body_sha256: Claim,
}

/// A claim as it stands in the token; `null` counts as absent.
pub(super) struct Claim {
    name: &'static str,
    value: Option<Value>,
}

/// A claim that stands twice fails to decode.
#[derive(Deserialize)]
struct RawPayload {
    iss: Option<Value>,
    aud: Option<Value>,
    sub: Option<Value>,
    role: Option<Value>,
    scope: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
    iat: Option<Value>,
    jti: Option<Value>,
    body_sha256: Option<Value>,
}

impl Payload {
    pub(super) fn decode(encoded: &str) -> Result<Self, TokenError> {
        let raw: RawPayload =
            encoded_object::decode(encoded).ok_or(TokenError::Malformed(Malformation::Payload))?;
        let claim = |name, value| Claim { name, value };
        Ok(Self {
            iss: claim("iss", raw.iss),
            aud: claim("aud", raw.aud),
            sub: claim("sub", raw.sub),
            role: claim("role", raw.role),
            scope: claim("scope", raw.scope),
            exp: claim("exp", raw.exp),
            nbf: claim("nbf", raw.nbf),
            iat: claim("iat", raw.iat),
            jti: claim("jti", raw.jti),
            body_sha256: claim("body_sha256", raw.body_sha256),
        })
    }
}

impl Claim {
    pub(super) fn is_present(&self) -> bool {
        self.value.is_some()
    }

    pub(super) fn text(&self) -> Result<&str, TokenError> {
        self.required()?
            .as_str()
            .ok_or(TokenError::Malformed(Malformation::NotText(self.name)))
    }

    /// Text of 1 to `maximum_bytes` bytes without control characters.
    pub(super) fn identifier(&self, maximum_bytes: usize) -> Result<&str, TokenError> {
        let text = self.text()?;
        if !super::is_usable(text, maximum_bytes) {
            return Err(TokenError::Malformed(Malformation::Unusable(self.name)));
        }
        Ok(text)
    }

    /// Fractions are refused though RFC 7519 allows them: nobody known sends them, and whole seconds leave no doubt.
    pub(super) fn seconds(&self) -> Result<i64, TokenError> {
        self.required()?
            .as_i64()
            .ok_or(TokenError::Malformed(Malformation::NotSeconds(self.name)))
    }

    /// One text or a list of texts, as `aud` may be (RFC 7519, section 4.1.3).
    pub(super) fn names(&self, wanted: &str) -> Result<bool, TokenError> {
        match self.required()? {
            Value::String(single) => Ok(single == wanted),
            Value::Array(several) if several.iter().all(Value::is_string) => {
                Ok(several.iter().any(|one| one == wanted))
            }
            _ => Err(TokenError::Malformed(Malformation::NotTexts(self.name))),
        }
    }

    fn required(&self) -> Result<&Value, TokenError> {
        self.value
            .as_ref()
            .ok_or(TokenError::ClaimMissing(self.name))
    }
}
