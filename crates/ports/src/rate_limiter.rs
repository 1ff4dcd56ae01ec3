//! How often somebody may ask.

use async_trait::async_trait;
use domain::{Quota, RateDecision};

/// Counts requests by key, for all replicas together where the adapter is shared.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one request of `key` and says whether it passes. After a rest of one period, `T` seconds let
    /// `N + floor(T * N / period)` requests pass, give or take one. Refused requests are not counted. Each pair of key and
    /// quota has a count of its own.
    ///
    /// # Errors
    /// [`RateLimiterError::Unavailable`]: nothing is known about the key; whether the request was counted neither.
    async fn check(&self, key: &str, quota: Quota) -> Result<RateDecision, RateLimiterError>;
}

#[derive(Debug, thiserror::Error)]
pub enum RateLimiterError {
    #[error("the rate limiter does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
