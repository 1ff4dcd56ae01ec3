//! Decides whether a token is genuine and valid now, and who its bearer is.

mod encoded_object;
mod payload;
mod protected_header;

use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use crate::body::digest_of;
use crate::{
    BodyTokenError, Caller, Malformation, Role, Scope, ScopeSet, Timestamp, TokenError, TokenKey,
    TokenSettings,
};
use payload::Payload;
use protected_header::ProtectedHeader;

/// Longer tokens are refused before anything is decoded.
pub const MAXIMUM_TOKEN_BYTES: usize = 8192;
pub(crate) const MAXIMUM_SUBJECT_BYTES: usize = 256;
pub(crate) const MAXIMUM_TOKEN_ID_BYTES: usize = 128;
/// All that tokens under the agents' key can grant.
const AGENTS_SCOPES: [Scope; 3] = [
    Scope::AgentTasks,
    Scope::ScholarshipsRead,
    Scope::AnalyticsRead,
];

/// Verifies tokens against a list of keys. Cheap to share behind a reference; holds no mutable state.
pub struct Verifier {
    settings: TokenSettings,
    keys: Vec<VerificationKey>,
    /// Verifies tokens of agents only.
    agents_key: Option<VerificationKey>,
}

struct VerificationKey {
    id: String,
    key: DecodingKey,
}

impl VerificationKey {
    fn of(key: &TokenKey) -> Self {
        Self {
            id: key.id().to_owned(),
            key: key.for_verifying(),
        }
    }
}

impl Verifier {
    /// A token whose `kid` names one of the keys is checked with that key, any other token with each key in order: issuers
    /// may name their keys as they like. A `kid` is compared, and used for nothing else.
    /// Without keys every token is refused.
    pub fn new(settings: TokenSettings, keys: &[TokenKey]) -> Self {
        Self {
            settings,
            keys: keys.iter().map(VerificationKey::of).collect(),
            agents_key: None,
        }
    }

    /// With one more key, which whoever hands out tasks signs with. Its tokens are good for the role agent only, and for what
    /// agents are there for: whatever else their `scope` names is not granted.
    #[must_use]
    pub fn with_agents_key(self, key: Option<&TokenKey>) -> Self {
        Self {
            agents_key: key.map(VerificationKey::of),
            ..self
        }
    }

    /// What is asked of tokens.
    pub fn settings(&self) -> &TokenSettings {
        &self.settings
    }

    /// # Errors
    /// The first reason why the token is not accepted at `now`. Claims are looked at only after the signature matched,
    /// so that nothing is revealed about tokens of others.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, TokenError> {
        let (payload, granted) = self.payload(token, now)?;
        self.caller(&payload, granted)
    }

    /// As [`Self::verify`], for a token that was minted for this body.
    ///
    /// # Errors
    /// [`BodyTokenError`], also when the token names no body.
    pub fn verify_with_body(
        &self,
        token: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Caller, BodyTokenError> {
        let (payload, granted) = self.payload(token, now)?;
        if payload.body_sha256.text()? != digest_of(body) {
            return Err(BodyTokenError::OtherBody);
        }
        Ok(self.caller(&payload, granted)?)
    }

    /// What an accepted token says, and the most that it can grant.
    fn payload(&self, token: &str, now: Timestamp) -> Result<(Payload, ScopeSet), TokenError> {
        if token.len() > MAXIMUM_TOKEN_BYTES {
            return Err(TokenError::Malformed(Malformation::TooLong));
        }
        let (signed, signature) = split_last(token)?;
        let (header, payload) = split_last(signed)?;
        if header.contains('.') {
            return Err(TokenError::Malformed(Malformation::Structure));
        }
        let header = ProtectedHeader::decode(header)?;
        let is_agents = self.check_signature(signed, signature, header.key_id())?;
        let payload = Payload::decode(payload)?;
        self.check_parties(&payload)?;
        self.check_times(&payload, now)?;
        if is_agents && payload.role.text()? != Role::Agent.as_str() {
            return Err(TokenError::SignatureInvalid);
        }
        let granted = if is_agents {
            AGENTS_SCOPES.into_iter().collect()
        } else {
            ScopeSet::all()
        };
        Ok((payload, granted))
    }

    /// Answers whether the key is good for agents only.
    fn check_signature(
        &self,
        signed: &str,
        signature: &str,
        key_id: Option<&str>,
    ) -> Result<bool, TokenError> {
        let all = || self.keys.iter().chain(&self.agents_key);
        let named = key_id.and_then(|id| all().find(|candidate| candidate.id == id));
        let candidates = all().filter(|key| named.is_none_or(|named| std::ptr::eq(named, *key)));
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
                let agents = self.agents_key.as_ref();
                return Ok(agents.is_some_and(|key| std::ptr::eq(key, candidate)));
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

    fn caller(&self, payload: &Payload, granted: ScopeSet) -> Result<Caller, TokenError> {
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
            ScopeSet::from_claim(payload.scope.text()?).intersection(granted)
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
