//! `ports::SpendMeter` for all replicas together, where there is no Postgres to hold it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use ports::{
    MicroUsd, Reservation, ReservationId, Reserve, Settlement, SpendMeter, SpendMeterError,
};
use redis::ScriptInvocation;
use uuid::Uuid;

use crate::Redis;
use crate::failure::Failure;
use crate::script::{RESERVE, SETTLE};

/// A day's account is kept so long after its last reservation.
const KEEP: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Beyond so many open reservations of one day, further ones are charged but cannot be settled.
const MAX_OPEN: u32 = 65_536;

/// Scripts calculate exactly up to here: nine billion dollars.
const MOST: u64 = 1 << 53;

/// Accounts by day, in Redis.
#[derive(Clone)]
pub struct RedisSpendMeter {
    redis: Redis,
}

impl RedisSpendMeter {
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn account(&self, day: NaiveDate) -> String {
        self.redis.keys().name("spend", &day.to_string())
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        operation: &'static str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, SpendMeterError> {
        let deadline = self.redis.settings().guard_deadline;
        let answer = self.redis.script(deadline, script).await;
        answer.map_err(|failure| unavailable(operation, failure))
    }
}

fn unavailable(operation: &'static str, failure: Failure) -> SpendMeterError {
    SpendMeterError::Unavailable {
        operation,
        source: failure.into(),
    }
}

/// The name of a reservation in its day's account.
fn field(id: ReservationId) -> String {
    format!("open:{:032x}", id.0)
}

#[async_trait]
impl SpendMeter for RedisSpendMeter {
    async fn reserve(
        &self,
        day: NaiveDate,
        amount: MicroUsd,
        limit: MicroUsd,
    ) -> Result<Reserve, SpendMeterError> {
        // Random: after the loss of all data, no number may be given again that somebody still holds.
        let id = ReservationId(Uuid::new_v4().as_u128());
        // What is above the bound of exact numbers never fits in.
        let charged = amount.0.min(MOST + 1);
        let mut script = RESERVE.key(self.account(day));
        script.arg(charged).arg(limit.0.min(MOST)).arg(field(id));
        script.arg(KEEP.as_millis() as u64).arg(MAX_OPEN);
        let (granted, spent): (bool, u64) = self.run("reserve", &script).await?;
        Ok(if granted {
            Reserve::Granted(Reservation { id, day, amount })
        } else {
            let spent = MicroUsd(spent);
            Reserve::Exhausted { spent }
        })
    }

    async fn settle(
        &self,
        reservation: &Reservation,
        actual: MicroUsd,
    ) -> Result<Settlement, SpendMeterError> {
        let mut script = SETTLE.key(self.account(reservation.day));
        script.arg(field(reservation.id)).arg(actual.0.min(MOST));
        let settled: bool = self.run("settle", &script).await?;
        Ok(if settled {
            Settlement::Settled
        } else {
            Settlement::Unknown
        })
    }

    async fn spent(&self, day: NaiveDate) -> Result<MicroUsd, SpendMeterError> {
        let mut question = redis::cmd("HGET");
        question.arg(self.account(day)).arg("spent");
        let deadline = self.redis.settings().guard_deadline;
        let spent: Option<u64> = self
            .redis
            .command(deadline, &question)
            .await
            .map_err(|failure| unavailable("spent", failure))?;
        Ok(MicroUsd(spent.unwrap_or(0)))
    }
}
