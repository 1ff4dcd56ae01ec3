//! The claims that this service writes into its tokens.

use serde::Serialize;

use crate::Role;

/// The payload of a token (RFC 7519, section 4.1), with `role` and `scope`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub role: Role,
    /// Scope names separated by single spaces; empty for none.
    pub scope: String,
    /// Seconds since 1970-01-01T00:00:00Z, as are `nbf` and `iat`.
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: String,
    /// Of a token that goes with one body only: SHA-256 of its bytes, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
}
