//! Makes tokens, for operators and tests.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use crate::body::digest_of;
use crate::settings::whole_seconds;
use crate::verifier::{MAXIMUM_SUBJECT_BYTES, MAXIMUM_TOKEN_ID_BYTES, is_usable};
use crate::{Claims, Role, ScopeSet, Timestamp, TokenKey, TokenSettings};

/// Signs tokens that a [`crate::Verifier`] with the same settings and key accepts.
pub struct Minter {
    settings: TokenSettings,
    key_id: String,
    key: EncodingKey,
}

/// What the new token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintRequest {
    /// 1 to 256 bytes without control characters.
    pub subject: String,
    pub role: Role,
    pub scopes: ScopeSet,
    /// Counted in whole seconds, from one second to the longest lifetime of the settings.
    pub lifetime: Duration,
    /// 1 to 128 bytes without control characters, unique among all tokens ever minted.
    pub token_id: String,
}

/// A request that no verifier would accept the token of.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    #[error("the subject must have 1 to {MAXIMUM_SUBJECT_BYTES} bytes and no control characters")]
    Subject,
    #[error("the token id must have 1 to {MAXIMUM_TOKEN_ID_BYTES} bytes and no control characters")]
    TokenId,
    #[error("the lifetime must be 1 to {maximum_seconds} seconds")]
    Lifetime { maximum_seconds: i64 },
    #[error("the token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl Minter {
    pub fn new(settings: TokenSettings, key: &TokenKey) -> Self {
        Self {
            settings,
            key_id: key.id().to_owned(),
            key: key.for_signing(),
        }
    }

    /// A token valid from `now` on.
    ///
    /// # Errors
    /// [`MintError`] when the request is out of the bounds that [`MintRequest`] states.
    pub fn mint(&self, request: &MintRequest, now: Timestamp) -> Result<String, MintError> {
        self.sign(&self.claims(request, now)?)
    }

    /// A token valid from `now` on, with this body only: it has its SHA-256 as the claim `body_sha256`.
    ///
    /// # Errors
    /// As [`Self::mint`].
    pub fn mint_for_body(
        &self,
        request: &MintRequest,
        body: &[u8],
        now: Timestamp,
    ) -> Result<String, MintError> {
        self.sign(&Claims {
            body_sha256: Some(digest_of(body)),
            ..self.claims(request, now)?
        })
    }

    fn claims(&self, request: &MintRequest, now: Timestamp) -> Result<Claims, MintError> {
        if !is_usable(&request.subject, MAXIMUM_SUBJECT_BYTES) {
            return Err(MintError::Subject);
        }
        if !is_usable(&request.token_id, MAXIMUM_TOKEN_ID_BYTES) {
            return Err(MintError::TokenId);
        }
        let lifetime = whole_seconds(request.lifetime);
        let maximum_seconds = self.settings.maximum_lifetime_seconds();
        if !(1..=maximum_seconds).contains(&lifetime) {
            return Err(MintError::Lifetime { maximum_seconds });
        }
        let issued_at = now.timestamp();
        Ok(Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: request.subject.clone(),
            role: request.role,
            scope: request.scopes.to_string(),
            exp: issued_at.saturating_add(lifetime),
            nbf: issued_at,
            iat: issued_at,
            jti: request.token_id.clone(),
            body_sha256: None,
        })
    }

    fn sign(&self, claims: &Claims) -> Result<String, MintError> {
        let header = Header {
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        encode(&header, claims, &self.key).map_err(MintError::Signing)
    }
}
