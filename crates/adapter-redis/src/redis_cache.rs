//! `ports::Cache` for all replicas together.

mod pilot;
mod written;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ports::cache::futures::FutureBytes;
use ports::{Cache, CacheError};
use tokio::time::Instant;
use uuid::Uuid;

use self::pilot::Pilot;
use self::written::{Expected, Written};
use crate::Redis;
use crate::failure::Failure;
use crate::flights::Flights;

/// Values in Redis. A hot key is computed once for all callers of this process, and once for all replicas unless that takes
/// longer than they wait for each other.
#[derive(Clone)]
pub struct RedisCache {
    shared: Arc<Shared>,
}

/// How often was looked, and how often with success, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLookups {
    pub hits: u64,
    pub misses: u64,
    /// Redis did not answer.
    pub unavailable: u64,
    /// Of values that this process wrote and that have not expired, whatever came of it.
    pub expected: u64,
    /// Those of them that were found. The others were evicted or lost, or Redis did not answer.
    pub expected_hits: u64,
}

struct Shared {
    redis: Redis,
    flights: Flights,
    /// Who we are in locks.
    owner: String,
    hits: AtomicU64,
    misses: AtomicU64,
    unavailable: AtomicU64,
    written: Written,
    expected: AtomicU64,
    expected_hits: AtomicU64,
}

impl RedisCache {
    pub fn new(redis: Redis) -> Self {
        Self {
            shared: Arc::new(Shared {
                redis,
                flights: Flights::default(),
                owner: Uuid::new_v4().simple().to_string(),
                hits: AtomicU64::new(0),
                misses: AtomicU64::new(0),
                unavailable: AtomicU64::new(0),
                written: Written::default(),
                expected: AtomicU64::new(0),
                expected_hits: AtomicU64::new(0),
            }),
        }
    }

    pub fn lookups(&self) -> CacheLookups {
        // First: there are never more than what was expected.
        let expected_hits = self.shared.expected_hits.load(Ordering::Relaxed);
        CacheLookups {
            hits: self.shared.hits.load(Ordering::Relaxed),
            misses: self.shared.misses.load(Ordering::Relaxed),
            unavailable: self.shared.unavailable.load(Ordering::Relaxed),
            expected: self.shared.expected.load(Ordering::Relaxed),
            expected_hits,
        }
    }

    /// The version is part of the name: what another release wrote is never read.
    fn name(&self, kind: &str, key: &str) -> String {
        let version = self.shared.redis.settings().values_version;
        let keys = self.shared.redis.keys();
        keys.name(&format!("{kind}{version}"), key)
    }

    fn bound(&self) -> usize {
        self.shared.redis.settings().max_value_bytes
    }
}

impl Shared {
    /// `expected` is what was known of the value before it was looked for.
    fn count(&self, expected: Option<Expected>, found: Result<bool, &Failure>) {
        if let Some(expected) = expected.filter(Expected::holds) {
            self.expected.fetch_add(1, Ordering::Relaxed);
            match found {
                Ok(true) => {
                    self.expected_hits.fetch_add(1, Ordering::Relaxed);
                }
                Ok(false) => self.written.forget(&expected),
                Err(_) => {}
            }
        }
        let counter = match found {
            Ok(true) => &self.hits,
            Ok(false) => &self.misses,
            Err(_) => &self.unavailable,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// At least a millisecond, in which form Redis takes it.
fn milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, u64::MAX >> 12)
}

fn unavailable(failure: Failure) -> CacheError {
    CacheError::Unavailable(failure.into())
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let name = self.name("cache", key);
        let expected = self.shared.written.expected(&name);
        let mut command = redis::cmd("GET");
        command.arg(name);
        let deadline = self.shared.redis.settings().deadline;
        let found = self.shared.redis.command(deadline, &command).await;
        let is_found = found.as_ref().map(Option::is_some);
        self.shared.count(expected, is_found);
        found.map_err(unavailable)
    }

    async fn set(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError> {
        let (size, bound) = (value.len(), self.bound());
        if size > bound {
            return Err(CacheError::TooLarge { size, bound });
        }
        let name = self.name("cache", key);
        let mut command = redis::cmd("SET");
        command.arg(&name).arg(value);
        command.arg("PX").arg(milliseconds(ttl));
        let deadline = self.shared.redis.settings().deadline;
        let asked = Instant::now();
        let kept = self.shared.redis.command(deadline, &command).await;
        if kept.is_ok() {
            self.shared.written.note(&name, asked, ttl);
        }
        kept.map_err(unavailable)
    }

    async fn get_or_compute(
        &self,
        key: &str,
        ttl: Duration,
        compute: FutureBytes<'_>,
    ) -> Result<Vec<u8>, CacheError> {
        let value = self.name("cache", key);
        let seat = self.shared.flights.join(&value);
        let mut turn = seat.flight.lock().await;
        if let Some(outcome) = &*turn {
            return outcome.clone().into();
        }
        let pilot = Pilot {
            shared: &self.shared,
            value: &value,
            lock: self.name("lock", key),
            ttl,
        };
        let outcome = pilot.fly(compute).await;
        *turn = Some(outcome.clone());
        seat.close();
        drop(turn);
        outcome.into()
    }
}
