//! Tokens that go with one body only, such as those that this service sends with what it says to others.

use sha2::{Digest as _, Sha256};

use crate::TokenError;

/// Why a token is not accepted with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyTokenError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the claim `body_sha256` is that of another body")]
    OtherBody,
}

/// The claim `body_sha256`: SHA-256 of the body's bytes in 64 hexadecimal digits, in small letters.
pub(crate) fn digest_of(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
