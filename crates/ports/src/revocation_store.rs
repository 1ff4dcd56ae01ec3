//! Tokens that are refused although they have not expired.

use async_trait::async_trait;
use domain::Timestamp;

/// Keeps which tokens, and whose, were revoked. Neither ids of tokens nor subjects are kept in clear.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Adds a revocation, or prolongs one of the same kind and digest: of both instants, the latest stay. Revocations that
    /// expired before [`Revocation::revoked_at`] are removed. When this returns `Ok`, it survives the loss of power.
    ///
    /// # Errors
    /// [`RevocationStoreError::Unavailable`]: it may have been written all the same; revoking again is harmless.
    async fn revoke(&self, revocation: Revocation) -> Result<(), RevocationStoreError>;

    /// All that have not expired at `now`, in no order. Cheap enough to ask twice a second.
    ///
    /// # Errors
    /// [`RevocationStoreError::Unavailable`].
    async fn revocations(&self, now: Timestamp) -> Result<Vec<Revocation>, RevocationStoreError>;
}

/// Instants are kept in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revocation {
    pub kind: RevokedKind,
    /// SHA-256 of a token's id, or the pseudonym of a subject.
    pub digest: [u8; 32],
    pub revoked_at: Timestamp,
    /// From when on no token lives any more that this could be about.
    pub expires_at: Timestamp,
}

/// What was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokedKind {
    /// One token.
    Token,
    /// Every token of one subject that was issued until then.
    Subject,
}

impl RevokedKind {
    pub const ALL: [Self; 2] = [Self::Token, Self::Subject];

    /// As stores keep it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Subject => "subject",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RevocationStoreError {
    #[error("the store of revoked tokens does not answer ({operation})")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
