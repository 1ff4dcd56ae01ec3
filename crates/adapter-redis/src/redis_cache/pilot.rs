//! Who computes a value: looks, locks, computes, stores, unlocks.

use std::sync::Arc;
use std::time::Duration;

use ports::cache::futures::FutureBytes;
use redis::{FromRedisValue, ParsingError, Value};
use tokio::time::{Instant, sleep};

use super::{Shared, milliseconds};
use crate::failure::Failure;
use crate::flights::Outcome;
use crate::script::{LOOK_OR_LOCK, STORE_AND_UNLOCK, UNLOCK};

/// A lock outlives its owner by no more than this.
const LOCK_LIFE: Duration = Duration::from_secs(10);

/// How long to wait for another replica's computation before computing as well.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// One caller of this process, on behalf of all who want the same.
pub(super) struct Pilot<'a> {
    pub(super) shared: &'a Arc<Shared>,
    /// Names of the keys in Redis.
    pub(super) value: &'a str,
    pub(super) lock: String,
    pub(super) ttl: Duration,
}

enum Looked {
    Found(Vec<u8>),
    Locked,
    /// Another replica computes.
    Taken,
}

impl FromRedisValue for Looked {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (kind, found): (u8, Option<Vec<u8>>) = match value {
            Value::Array(parts) if parts.len() == 1 => {
                let (kind,) = redis::from_redis_value(Value::Array(parts))?;
                (kind, None)
            }
            other => redis::from_redis_value(other)?,
        };
        Ok(match (kind, found) {
            (_, Some(value)) => Self::Found(value),
            (2, None) => Self::Locked,
            _ => Self::Taken,
        })
    }
}

impl Pilot<'_> {
    /// Unless the value is found or Redis does not answer, `compute` decides the outcome.
    pub(super) async fn fly(self, compute: FutureBytes<'_>) -> Outcome {
        let lock = match self.find_or_lock().await {
            Ok(Found::Value(value)) => return Outcome::Value(value.into()),
            Ok(Found::Lock(lock)) => lock,
            Err(failure) => return Outcome::Away(Arc::new(failure)),
        };
        match compute.await {
            Ok(value) => {
                if value.len() <= self.shared.redis.settings().max_value_bytes {
                    self.store(&value, lock).await;
                }
                Outcome::Value(value.into())
            }
            Err(cause) => Outcome::Failed(cause),
        }
    }

    async fn find_or_lock(&self) -> Result<Found, Failure> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut first = true;
        let mut expected = self.shared.written.expected(self.value);
        loop {
            let looked = self.look_or_lock().await;
            if first {
                let found = looked
                    .as_ref()
                    .map(|looked| matches!(looked, Looked::Found(_)));
                self.shared.count(expected.take(), found);
                first = false;
            }
            match looked? {
                Looked::Found(value) => return Ok(Found::Value(value)),
                Looked::Locked => return Ok(Found::Lock(Some(self.locked()))),
                Looked::Taken if begun.elapsed() >= LONGEST_WAIT => return Ok(Found::Lock(None)),
                Looked::Taken => sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn look_or_lock(&self) -> Result<Looked, Failure> {
        let mut script = LOOK_OR_LOCK.key(self.value);
        script.key(&self.lock).arg(&self.shared.owner);
        script.arg(milliseconds(LOCK_LIFE));
        let redis = &self.shared.redis;
        redis.script(redis.settings().deadline, &script).await
    }

    /// A failure is no matter to the callers: they have the value.
    async fn store(&self, value: &[u8], lock: Option<Lock>) {
        let mut script = STORE_AND_UNLOCK.key(self.value);
        script.key(&self.lock).arg(value);
        script.arg(milliseconds(self.ttl)).arg(&self.shared.owner);
        let redis = &self.shared.redis;
        let deadline = redis.settings().deadline;
        let asked = Instant::now();
        match redis.script::<()>(deadline, &script).await {
            Ok(()) => {
                self.shared.written.note(self.value, asked, self.ttl);
                if let Some(lock) = lock {
                    lock.forget();
                }
            }
            Err(failure) => tracing::debug!(
                error = &failure as &dyn std::error::Error,
                "a computed value is not kept"
            ),
        }
    }

    fn locked(&self) -> Lock {
        Lock {
            shared: Some(Arc::clone(self.shared)),
            name: self.lock.clone(),
        }
    }
}

enum Found {
    Value(Vec<u8>),
    /// The right to compute; without a lock where another replica took too long.
    Lock(Option<Lock>),
}

/// A lock in Redis, given back when it is dropped, so that no replica waits for a computation that failed or was given up.
struct Lock {
    shared: Option<Arc<Shared>>,
    name: String,
}

impl Lock {
    /// It was given back already.
    fn forget(mut self) {
        self.shared = None;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let (Some(shared), Ok(runtime)) =
            (self.shared.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let name = std::mem::take(&mut self.name);
        runtime.spawn(async move {
            let mut script = UNLOCK.key(name);
            script.arg(&shared.owner);
            let deadline = shared.redis.settings().deadline;
            // Otherwise it ends by itself.
            let _ = shared.redis.script::<()>(deadline, &script).await;
        });
    }
}
