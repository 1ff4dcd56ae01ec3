//! A token is good for one purpose only.

use async_trait::async_trait;
use domain::Timestamp;

/// Binds token ids to what they were first used for.
#[async_trait]
pub trait ReplayGuard: Send + Sync {
    /// Binds `token_id` to `purpose`, a digest of all that the token is used for, unless it is bound already. Of callers that
    /// race, one is first. The binding is kept until `expires_at`, from when on the token itself is refused (tolerances for
    /// clocks included), and is not prolonged by further claims.
    ///
    /// # Errors
    /// [`ReplayGuardError::Unavailable`]: the token must not be accepted; claiming again for the same purpose is harmless.
    async fn claim(
        &self,
        token_id: &str,
        purpose: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<Claim, ReplayGuardError>;
}

/// What a token id was bound to when it was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// To nothing; it is bound now.
    First,
    /// To the same purpose: a repetition.
    Again,
    /// To something else: a replay.
    UsedForAnother,
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayGuardError {
    #[error("the replay guard does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
