//! Limits that hold for all replicas together, or for each its share.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use domain::{Quota, RateDecision};
use ports::{RateLimiter, RateLimiterError};

/// Asks the shared limiter; while that does not answer, a local one that grants one replica's share of each quota.
///
/// The local limiter knows nothing of what was asked before, and the shared one nothing of what was asked meanwhile: each change
/// between them may grant one more burst.
pub struct BridgedRateLimiter {
    shared: Arc<dyn RateLimiter>,
    local: Arc<dyn RateLimiter>,
    expected_replicas: NonZeroU32,
}

impl BridgedRateLimiter {
    pub fn new(
        shared: Arc<dyn RateLimiter>,
        local: Arc<dyn RateLimiter>,
        expected_replicas: NonZeroU32,
    ) -> Self {
        Self {
            shared,
            local,
            expected_replicas,
        }
    }
}

#[async_trait]
impl RateLimiter for BridgedRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<RateDecision, RateLimiterError> {
        match self.shared.check(key, quota).await {
            Ok(decision) => Ok(decision),
            Err(RateLimiterError::Unavailable(_)) => {
                let share = quota.divided_by(self.expected_replicas);
                self.local.check(key, share).await
            }
        }
    }
}
