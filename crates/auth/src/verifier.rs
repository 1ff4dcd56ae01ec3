//! Decides whether a token is genuine and valid now, and who its bearer is.

mod encoded_object;
mod payload;
mod protected_header;

use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use crate::{Caller, Malformation, ScopeSet, Timestamp, TokenError, TokenKey, TokenSettings};
use payload::Payload;
use protected_header::ProtectedHeader;

/// Longer tokens are refused before anything is decoded.
pub const MAXIMUM_TOKEN_BYTES: usize = 8192;
pub(crate) const MAXIMUM_SUBJECT_BYTES: usize = 256;
pub(crate) const MAXIMUM_TOKEN_ID_BYTES: usize = 128;

/// Verifies tokens against a list of keys. Cheap to share behind a reference; holds no mutable state.
pub struct Verifier {
    settings: TokenSettings,
    keys: Vec<VerificationKey>,
}

struct VerificationKey {
    id: String,
    key: DecodingKey,
}

impl Verifier {
    /// A token whose `kid` names one of the keys is checked with that key, any other token with each key in order: issuers
    /// may name their keys as they like. A `kid` is compared, and used for nothing else.
    /// Without keys every token is refused.
    pub fn new(settings: TokenSettings, keys: &[TokenKey]) -> Self {
        let keys = keys
            .iter()
            .map(|key| VerificationKey {
                id: key.id().to_owned(),
                key: key.for_verifying(),
            })
            .collect();
        Self { settings, keys }
    }

    /// # Errors
    /// The first reason why the token is not accepted at `now`. Claims are looked at only after the signature matched,
    /// so that nothing is revealed about tokens of others.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, TokenError> {
        if token.len() > MAXIMUM_TOKEN_BYTES {
            return Err(TokenError::Malformed(Malformation::TooLong));
        }
        let (signed, signature) = split_last(token)?;
        let (header, payload) = split_last(signed)?;
        if header.contains('.') {
            return Err(TokenError::Malformed(Malformation::Structure));
        }
        let header = ProtectedHeader::decode(header)?;
        self.check_signature(signed, signature, header.key_id())?;
        let payload = Payload::decode(payload)?;
        self.check_parties(&payload)?;
        self.check_times(&payload, now)?;
        self.caller(&payload)
    }

    fn check_signature(
        &self,
        signed: &str,
        signature: &str,
        key_id: Option<&str>,
    ) -> Result<(), TokenError> {
        let named = key_id.and_then(|id| self.keys.iter().find(|candidate| candidate.id == id));
        let candidates = named.map_or(self.keys.as_slice(), std::slice::from_ref);
        for candidate in candidates {
            // The library's own `decode` reads the system clock, hence its lower level.
            let matches = crypto::verify(
                signature,
                signed.as_bytes(),
                &candidate.key,
                Algorithm::HS256,
            )
            .map_err(|_| TokenError::Malformed(Malformation::Structure))?;
            if matches {
                return Ok(());
            }
        }
        Err(TokenError::SignatureInvalid)
    }

    fn check_parties(&self, payload: &Payload) -> Result<(), TokenError> {
        if payload.iss.text()? != self.settings.issuer {
            return Err(TokenError::IssuerInvalid);
        }
        if !payload.aud.names(&self.settings.audience)? {
            return Err(TokenError::AudienceInvalid);
        }
        Ok(())
    }

    fn check_times(&self, payload: &Payload, now: Timestamp) -> Result<(), TokenError> {
        let now = now.timestamp();
        let skew = self.settings.clock_skew_seconds();
        let issued_at = payload.iat.seconds()?;
        let expires_at = payload.exp.seconds()?;
        let not_before = if self.settings.require_nbf || payload.nbf.is_present() {
            payload.nbf.seconds()?
        } else {
            issued_at
        };
        if expires_at.saturating_sub(issued_at) > self.settings.maximum_lifetime_seconds() {
            return Err(TokenError::LifetimeTooLong);
        }
        if now >= expires_at.saturating_add(skew) {
            return Err(TokenError::Expired);
        }
        let latest_start = now.saturating_add(skew);
        if not_before > latest_start || issued_at > latest_start {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    fn caller(&self, payload: &Payload) -> Result<Caller, TokenError> {
        let subject = payload.sub.identifier(MAXIMUM_SUBJECT_BYTES)?;
        let token_id = if self.settings.require_jti || payload.jti.is_present() {
            Some(payload.jti.identifier(MAXIMUM_TOKEN_ID_BYTES)?.to_owned())
        } else {
            None
        };
        let role = payload
            .role
            .text()?
            .parse()
            .map_err(|_| TokenError::Malformed(Malformation::Role))?;
        let scopes = if payload.scope.is_present() {
            ScopeSet::from_claim(payload.scope.text()?)
        } else {
            ScopeSet::EMPTY
        };
        Ok(Caller {
            subject: subject.to_owned(),
            role,
            scopes,
            token_id,
            issued_at: instant(payload.iat.seconds()?, "iat")?,
            expires_at: instant(payload.exp.seconds()?, "exp")?,
        })
    }
}

fn instant(seconds: i64, claim: &'static str) -> Result<Timestamp, TokenError> {
    Timestamp::from_timestamp(seconds, 0)
        .ok_or(TokenError::Malformed(Malformation::NotSeconds(claim)))
}

/// Identifiers end in logs and in keys of rate limits, hence the bounds.
pub(crate) fn is_usable(identifier: &str, maximum_bytes: usize) -> bool {
    (1..=maximum_bytes).contains(&identifier.len()) && !identifier.chars().any(char::is_control)
}

fn split_last(text: &str) -> Result<(&str, &str), TokenError> {
    text.rsplit_once('.')
        .ok_or(TokenError::Malformed(Malformation::Structure))
}
