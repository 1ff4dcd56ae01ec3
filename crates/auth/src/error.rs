//! Why a token is refused, one variant for each code that clients see.

/// A token that is not accepted. The texts are fit for the client: they never repeat the token or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token has expired; ask for a new one")]
    Expired,
    #[error("the token is not valid yet: its `nbf` or `iat` lies in the future; check the clocks")]
    NotYetValid,
    #[error("the signature does not match; the token was altered or signed with another key")]
    SignatureInvalid,
    #[error("the token is not signed with HS256, the only algorithm accepted")]
    AlgorithmRefused,
    #[error("the claim `iss` names another issuer")]
    IssuerInvalid,
    #[error("the claim `aud` does not name this service")]
    AudienceInvalid,
    #[error("the claim `{0}` is missing")]
    ClaimMissing(&'static str),
    #[error("the time from `iat` to `exp` is longer than a token may live")]
    LifetimeTooLong,
    #[error("the token is malformed: {0}")]
    Malformed(Malformation),
}

/// What is wrong with a token that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformation {
    #[error("it is longer than 8192 bytes")]
    TooLong,
    #[error("it must be three base64url parts separated by dots")]
    Structure,
    #[error("its header must be a base64url-encoded JSON object with `alg`")]
    Header,
    #[error("its header demands extensions (`crit`) that are not supported")]
    CriticalExtension,
    #[error("its header brings a key of its own (`jwk`, `jku`, `x5u` or `x5c`)")]
    OwnKey,
    #[error("its header's `typ` must be JWT or at+jwt")]
    Type,
    #[error("its payload must be a base64url-encoded JSON object without repeated claims")]
    Payload,
    #[error("the claim `{0}` must be a whole number of seconds since 1970")]
    NotSeconds(&'static str),
    #[error("the claim `{0}` must be text")]
    NotText(&'static str),
    #[error("the claim `{0}` must be text or a list of texts")]
    NotTexts(&'static str),
    #[error("the claim `{0}` is empty, too long or has control characters")]
    Unusable(&'static str),
    #[error("the claim `role` must be one of student, partner, agent, admin")]
    Role,
}

impl TokenError {
    /// The stable code of the HTTP API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "TOKEN_EXPIRED",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::SignatureInvalid => "TOKEN_SIGNATURE_INVALID",
            Self::AlgorithmRefused => "TOKEN_ALGORITHM_REFUSED",
            Self::IssuerInvalid => "TOKEN_ISSUER_INVALID",
            Self::AudienceInvalid => "TOKEN_AUDIENCE_INVALID",
            Self::ClaimMissing(_) => "TOKEN_CLAIM_MISSING",
            Self::LifetimeTooLong => "TOKEN_LIFETIME_TOO_LONG",
            Self::Malformed(_) => "TOKEN_MALFORMED",
        }
    }
}
