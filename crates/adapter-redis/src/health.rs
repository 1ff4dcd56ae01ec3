//! Whether Redis answers, for readiness.

use std::time::Duration;

use async_trait::async_trait;
use ports::{Health, HealthProbe};

use crate::Redis;

/// Leaves the caller's second some room.
const DEADLINE: Duration = Duration::from_millis(900);

#[async_trait]
impl HealthProbe for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn check(&self) -> Health {
        // No longer than a request would wait: what is too slow for those is down.
        let deadline = self.settings().guard_deadline.min(DEADLINE);
        match self.command::<()>(deadline, &redis::cmd("PING")).await {
            Ok(()) => Health::Up,
            Err(failure) => Health::Down(failure.to_string()),
        }
    }
}
