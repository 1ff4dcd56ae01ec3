//! `ports::RateLimiter` for all replicas together.

use async_trait::async_trait;
use domain::{Quota, RateDecision};
use ports::{RateLimiter, RateLimiterError};

use crate::Redis;
use crate::script::CHECK_LIMIT;

/// Counts in Redis, by the server's time. A bucket that is evicted or lost begins with a full burst.
#[derive(Clone)]
pub struct RedisRateLimiter {
    redis: Redis,
}

impl RedisRateLimiter {
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<RateDecision, RateLimiterError> {
        let (limit, period_us) = (quota.limit(), quota.period().as_micros() as u64);
        let name = format!("{key}|{limit}/{period_us}");
        let mut script = CHECK_LIMIT.key(self.redis.keys().name("rate", &name));
        script.arg(limit).arg(period_us);
        let deadline = self.redis.settings().deadline;
        let (allowed, level): (bool, u64) = self
            .redis
            .script(deadline, &script)
            .await
            .map_err(|failure| RateLimiterError::Unavailable(failure.into()))?;
        Ok(quota.decision(allowed, level))
    }
}
