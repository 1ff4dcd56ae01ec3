//! Every port passes its contract.
//!
//! `REDIS_URL` names a server to use instead of a private one for each test; keys have a prefix of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use adapter_redis::{Redis, RedisCache, RedisRateLimiter, RedisReplayGuard, RedisSpendMeter};
use ports::{Cache, RateLimiter, ReplayGuard, SpendMeter};
use testkit::RealClock;
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::world::{self, patient};

async fn fresh() -> (Redis, Option<PrivateRedis>) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (url, server) = match testkit::named_server("REDIS_URL") {
        Some(url) => (url, None),
        None => {
            let server = PrivateRedis::start(RedisOptions::default()).await;
            (server.url(), Some(server))
        }
    };
    let mut settings = patient(&url);
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    settings.key_prefix = format!("test-{process}-{count}");
    (world::open(settings).await, server)
}

mod cache {
    use super::*;

    async fn open() -> (Arc<dyn Cache>, Option<PrivateRedis>) {
        let (redis, server) = fresh().await;
        (Arc::new(RedisCache::new(redis)), server)
    }

    testkit::cache_contract!(open);
}

mod rate_limiter {
    use super::*;

    async fn open() -> (Arc<dyn RateLimiter>, Option<PrivateRedis>) {
        let (redis, server) = fresh().await;
        (Arc::new(RedisRateLimiter::new(redis)), server)
    }

    testkit::rate_limiter_contract!(open);
}

mod replay_guard {
    use super::*;

    async fn open() -> (Arc<dyn ReplayGuard>, Option<PrivateRedis>) {
        let (redis, server) = fresh().await;
        let guard = RedisReplayGuard::new(redis, Arc::new(RealClock));
        (Arc::new(guard), server)
    }

    testkit::replay_guard_contract!(open);
}

mod spend_meter {
    use super::*;

    async fn open() -> (Arc<dyn SpendMeter>, Option<PrivateRedis>) {
        let (redis, server) = fresh().await;
        (Arc::new(RedisSpendMeter::new(redis)), server)
    }

    testkit::spend_meter_contract!(open);
}
