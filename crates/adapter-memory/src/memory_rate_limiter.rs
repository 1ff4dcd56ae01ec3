//! `ports::RateLimiter` in this process: exact for the keys it remembers, bounded in how many those are.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::rate_limit::Bucket;
use domain::{Quota, RateDecision, Timestamp};
use ports::{Clock, RateLimiter, RateLimiterError};

/// Callers of different keys seldom wait for each other.
const SHARDS: usize = 16;

/// Counts by key. Beyond its capacity it forgets the keys that were asked for longest ago, which then begin with a full burst.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    hashers: [RandomState; 2],
    shards: [Mutex<Generations>; SHARDS],
}

/// Keyed by 128 bits that nobody outside can foresee, so that long keys cost no more than short ones.
type Buckets = HashMap<u128, Bucket>;

/// Buckets in two generations: one that is used moves into the young one. When that is full, or so old that all in the other
/// one are full again anyway, it becomes the old one, and the old one is forgotten at once. So no request ever has to search
/// for what can go.
struct Generations {
    young: Buckets,
    old: Buckets,
    /// The most a generation may hold.
    capacity: usize,
    young_since: Timestamp,
    /// The longest period of a quota in these generations, in microseconds.
    longest_period_us: i64,
}

impl MemoryRateLimiter {
    /// A limiter that remembers at most about `capacity` keys, at some 100 bytes each.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        let now = clock.now();
        Self {
            clock,
            hashers: [RandomState::new(), RandomState::new()],
            shards: std::array::from_fn(|_| {
                Mutex::new(Generations {
                    young: Buckets::new(),
                    old: Buckets::new(),
                    capacity: (capacity / SHARDS / 2).max(1),
                    young_since: now,
                    longest_period_us: 0,
                })
            }),
        }
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        let lengths = self.shards.iter().map(|shard| {
            let generations = shard.lock().unwrap_or_else(PoisonError::into_inner);
            generations.young.len() + generations.old.len()
        });
        lengths.sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fingerprint(&self, key: &str, quota: Quota) -> u128 {
        let [first, second] = &self.hashers;
        let half = |hasher: &RandomState| u128::from(hasher.hash_one((key, quota)));
        half(first) << 64 | half(second)
    }
}

impl Generations {
    fn decide(&mut self, fingerprint: u128, quota: Quota, now: Timestamp) -> RateDecision {
        let period_us = i64::try_from(quota.period().as_micros()).unwrap_or(i64::MAX);
        self.longest_period_us = self.longest_period_us.max(period_us);
        let age = (now - self.young_since).num_microseconds();
        if age.is_none_or(|age| age >= self.longest_period_us) {
            self.turn(now);
        }
        let known = self.young.get(&fingerprint).copied();
        let bucket = known.or_else(|| self.old.remove(&fingerprint));
        let (decision, bucket) = quota.decide(bucket, now);
        if known.is_none() && self.young.len() >= self.capacity {
            self.turn(now);
        }
        self.young.insert(fingerprint, bucket);
        decision
    }

    fn turn(&mut self, now: Timestamp) {
        self.old = mem::take(&mut self.young);
        self.young_since = now;
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<RateDecision, RateLimiterError> {
        let fingerprint = self.fingerprint(key, quota);
        let shard = &self.shards[(fingerprint % SHARDS as u128) as usize];
        let now = self.clock.now();
        let mut generations = shard.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(generations.decide(fingerprint, quota, now))
    }
}
