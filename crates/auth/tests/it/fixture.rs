//! A verifier with a known key, and tokens that say whatever a test wants.

use auth::{
    Caller, MintRequest, Minter, Role, ScopeSet, Timestamp, TokenError, TokenKey, TokenSettings,
    Verifier,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const SECRET: &str = "kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";
pub(crate) const HS256: &str = r#"{"alg":"HS256"}"#;
/// An arbitrary instant; every token of these tests is issued at it.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).expect("tests use ordinary years")
}

pub(crate) fn key(secret: &str) -> TokenKey {
    TokenKey::new(secret.into()).expect("tests use real secrets")
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(TokenSettings::default(), &[key(SECRET)])
}

pub(crate) fn minter() -> Minter {
    Minter::new(TokenSettings::default(), &key(SECRET))
}

pub(crate) fn request() -> MintRequest {
    MintRequest {
        subject: "student-1".to_owned(),
        role: Role::Student,
        scopes: ScopeSet::from_claim("scholarships:read"),
        lifetime: Duration::from_secs(600),
        token_id: "token-1".to_owned(),
    }
}

/// The payload of a token that is valid from [`NOW`] for 600 seconds.
pub(crate) fn claims() -> Value {
    json!({
        "iss": "auto-com-center", "aud": "scholar-sync-agents", "sub": "student-1", "role": "student",
        "scope": "scholarships:read", "exp": NOW + 600, "nbf": NOW, "iat": NOW, "jti": "token-1",
    })
}

/// The valid payload with one claim replaced.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

pub(crate) fn sign(header: &str, payload: &str, secret: &str) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature =
        crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("HS256 signs anything");
    format!("{message}.{signature}")
}

/// The verdict at [`NOW`] on a payload that is properly signed.
pub(crate) fn verdict(payload: &Value) -> Result<Caller, TokenError> {
    verdict_at(payload, NOW)
}

pub(crate) fn verdict_at(payload: &Value, now: i64) -> Result<Caller, TokenError> {
    let token = sign(HS256, &payload.to_string(), SECRET);
    verifier().verify(&token, at(now))
}
