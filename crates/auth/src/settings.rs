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
    /// What an operator may set [`Self::clock_skew`] to at most.
    pub const LARGEST_CLOCK_SKEW: Duration = Duration::from_secs(300);
    /// What an operator may set [`Self::maximum_lifetime`] to at most.
    pub const LONGEST_LIFETIME: Duration = Duration::from_secs(86_400);
    /// No token that is accepted now is accepted so much later, whatever the settings: it may have been issued by a clock
    /// that is ahead by the whole skew, and is accepted for another skew after it has expired.
    pub const LONGEST_ACCEPTANCE: Duration = Duration::from_secs(
        Self::LONGEST_LIFETIME.as_secs() + 2 * Self::LARGEST_CLOCK_SKEW.as_secs(),
    );

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
