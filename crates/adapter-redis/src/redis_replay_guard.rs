//! `ports::ReplayGuard` for all replicas together, where there is no Postgres to hold it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::Timestamp;
use ports::{Claim, Clock, ReplayGuard, ReplayGuardError};

use crate::Redis;
use crate::script::CLAIM_TOKEN;

/// Kept beyond the token's own end, for replicas whose clocks are behind, in milliseconds.
const MARGIN_MS: i64 = 1_000;

/// Binds tokens in Redis. The remaining life is counted by our clock, which also judged the token.
#[derive(Clone)]
pub struct RedisReplayGuard {
    redis: Redis,
    clock: Arc<dyn Clock>,
}

impl RedisReplayGuard {
    pub fn new(redis: Redis, clock: Arc<dyn Clock>) -> Self {
        Self { redis, clock }
    }
}

#[async_trait]
impl ReplayGuard for RedisReplayGuard {
    async fn claim(
        &self,
        token_id: &str,
        purpose: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<Claim, ReplayGuardError> {
        let remaining = (expires_at - self.clock.now()).num_milliseconds().max(0);
        let mut script = CLAIM_TOKEN.key(self.redis.keys().name("token", token_id));
        script.arg(purpose.as_slice()).arg(remaining + MARGIN_MS);
        let deadline = self.redis.settings().guard_deadline;
        let bound: u8 = self
            .redis
            .script(deadline, &script)
            .await
            .map_err(|failure| ReplayGuardError::Unavailable(failure.into()))?;
        Ok(match bound {
            0 => Claim::First,
            1 => Claim::Again,
            _ => Claim::UsedForAnother,
        })
    }
}
