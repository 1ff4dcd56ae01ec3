//! What a token of this service must look like.

use std::time::Duration;

/// Shared by the verifier and the minter, so that no token is minted that would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    pub issuer: String,
    pub audience: String,
    /// How far apart the clocks of issuer and verifier may be; counted in whole seconds.
    pub clock_skew: Duration,
    pub require_jti: bool,
    pub require_nbf: bool,
    /// The longest time allowed from `iat` to `exp`; counted in whole seconds.
    pub maximum_lifetime: Duration,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            issuer: "auto-com-center".to_owned(),
            audience: "scholar-sync-agents".to_owned(),
            clock_skew: Duration::from_secs(10),
            require_jti: true,
            require_nbf: true,
            maximum_lifetime: Duration::from_secs(1800),
        }
    }
}

impl TokenSettings {
    pub(crate) fn clock_skew_seconds(&self) -> i64 {
        whole_seconds(self.clock_skew)
    }

    pub(crate) fn maximum_lifetime_seconds(&self) -> i64 {
        whole_seconds(self.maximum_lifetime)
    }
}

pub(crate) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
