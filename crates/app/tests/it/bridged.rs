//! Limits and cached values go on while what replicas share does not answer, and come back to it.

use std::future::{Ready, ready};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use adapter_memory::{MemoryCache, MemoryRateLimiter};
use app::bridged::{BridgedCache, BridgedRateLimiter};
use domain::Quota;
use ports::cache::futures::FutureBytes;
use ports::{Cache, Clock, RateLimiter};
use testkit::{FixedClock, Interruptible, Interruption, RealClock, instant};

const LONG: Duration = Duration::from_secs(60);

fn bridged_cache(interruption: &Interruption) -> BridgedCache {
    let shared = Interruptible::new(MemoryCache::new(64 << 20), interruption);
    BridgedCache::new(Arc::new(shared), Arc::new(MemoryCache::new(64 << 20)))
}

fn limiter(clock: Arc<dyn Clock>) -> MemoryRateLimiter {
    MemoryRateLimiter::new(clock, 10_000)
}

fn bridged_limiter(clock: &Arc<dyn Clock>, interruption: &Interruption) -> BridgedRateLimiter {
    let shared = Interruptible::new(limiter(Arc::clone(clock)), interruption);
    let replicas = NonZeroU32::new(3).expect("is not zero");
    let local = Arc::new(limiter(Arc::clone(clock)));
    BridgedRateLimiter::new(Arc::new(shared), local, replicas)
}

mod cache_that_is_answered {
    use super::*;

    fn open() -> Ready<(Arc<dyn Cache>, ())> {
        ready((Arc::new(bridged_cache(&Interruption::default())), ()))
    }

    testkit::cache_contract!(open);
}

mod cache_that_is_alone {
    use super::*;

    fn open() -> Ready<(Arc<dyn Cache>, ())> {
        let interruption = Interruption::default();
        let cache = bridged_cache(&interruption);
        interruption.begin();
        ready((Arc::new(cache), ()))
    }

    testkit::cache_contract!(open);
}

mod limiter_that_is_answered {
    use super::*;

    fn open() -> Ready<(Arc<dyn RateLimiter>, ())> {
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        let limiter = bridged_limiter(&clock, &Interruption::default());
        ready((Arc::new(limiter), ()))
    }

    testkit::rate_limiter_contract!(open);
}

async fn passed(limiter: &BridgedRateLimiter, quota: Quota, requests: u32) -> u32 {
    let mut passed = 0;
    for _ in 0..requests {
        let decision = limiter.check("a", quota).await.expect("is bridged");
        passed += u32::from(decision.allowed);
    }
    passed
}

#[tokio::test]
async fn without_the_shared_limiter_each_replica_grants_its_share() {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(instant("2026-11-23T12:00:00Z")));
    let interruption = Interruption::default();
    let limiter = bridged_limiter(&clock, &interruption);
    let quota = Quota::per_minute(50).expect("is valid");
    assert_eq!(passed(&limiter, quota, 30).await, 30);
    interruption.begin();
    assert_eq!(passed(&limiter, quota, 100).await, 16);
    let decision = limiter.check("a", quota).await.expect("is bridged");
    assert_eq!((decision.allowed, decision.limit), (false, 16));
    interruption.end();
    // The shared count goes on where it stood.
    assert_eq!(passed(&limiter, quota, 100).await, 20);
}

fn computation(value: &'static [u8]) -> FutureBytes<'static> {
    Box::pin(async move { Ok(value.to_vec()) })
}

#[tokio::test]
async fn without_the_shared_cache_values_are_computed_once_and_kept_here() {
    let interruption = Interruption::default();
    let cache = bridged_cache(&interruption);
    cache
        .set("a", b"shared".to_vec(), LONG)
        .await
        .expect("is kept");
    interruption.begin();
    assert_eq!(cache.get("a").await.expect("is bridged"), None);
    let first = cache.get_or_compute("a", LONG, computation(b"local")).await;
    assert_eq!(first.expect("is computed"), b"local");
    let second = cache.get_or_compute("a", LONG, computation(b"again")).await;
    assert_eq!(second.expect("is kept here"), b"local");
    cache
        .set("b", b"here".to_vec(), LONG)
        .await
        .expect("is kept here");
    assert_eq!(
        cache.get("b").await.expect("is bridged"),
        Some(b"here".to_vec())
    );
    interruption.end();
    assert_eq!(
        cache.get("a").await.expect("answers"),
        Some(b"shared".to_vec())
    );
    assert_eq!(cache.get("b").await.expect("answers"), None);
}
