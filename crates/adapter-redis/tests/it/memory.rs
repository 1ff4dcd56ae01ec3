//! A Redis whose memory is full.

use std::time::{Duration, Instant};

use adapter_redis::{EvictionWarning, RedisCache, RedisRateLimiter, RedisSettings};
use domain::Quota;
use domain::circuit_breaker::BreakerState;
use ports::{Cache as _, CacheError, RateLimiter as _};
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::world::{LONG, open, patient};

async fn bounded(policy: &'static str) -> PrivateRedis {
    PrivateRedis::start(RedisOptions {
        max_memory: Some("8mb"),
        eviction_policy: Some(policy),
        ..RedisOptions::default()
    })
    .await
}

#[tokio::test]
async fn out_of_memory_writes_fail_at_once_while_values_are_still_found() {
    let server = bounded("noeviction").await;
    let redis = open(patient(&server.url())).await;
    let cache = RedisCache::new(redis.clone());
    let limiter = RedisRateLimiter::new(redis.clone());
    let mut kept = 0;
    let refused = loop {
        let key = format!("key {kept}");
        match cache.set(&key, vec![1; 100_000], LONG).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1_000, "the memory never fills up");
    };
    assert!(matches!(refused, CacheError::Unavailable(_)), "{refused:?}");
    let found = cache.get("key 0").await.expect("answers");
    assert_eq!(found.map(|value| value.len()), Some(100_000));
    let quota = Quota::per_minute(5).expect("is valid");
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(limiter.check("a", quota).await.is_err());
        let computed = cache.get_or_compute("key 0", LONG, Box::pin(async { Ok(vec![2]) }));
        assert_eq!(computed.await.expect("is found").len(), 100_000);
    }
    println!(
        "out of memory: {:?} for each pair of calls",
        begun.elapsed() / 100
    );
    // It answers: nobody is kept from asking.
    assert_eq!(redis.status().breaker, BreakerState::Closed);
    server.command(&["FLUSHALL"]);
    assert!(limiter.check("a", quota).await.expect("answers").allowed);
    cache.set("a", vec![1], LONG).await.expect("is kept");
}

#[tokio::test]
async fn an_evicting_server_forgets_the_oldest_and_goes_on() {
    let server = bounded("allkeys-lru").await;
    let cache = RedisCache::new(open(patient(&server.url())).await);
    let limiter = RedisRateLimiter::new(open(patient(&server.url())).await);
    let quota = Quota::per_minute(60).expect("is valid");
    for at in 0..400 {
        let key = format!("key {at}");
        let set = cache.set(&key, vec![1; 100_000], LONG).await;
        set.expect("there is always room");
        limiter.check("a", quota).await.expect("answers");
    }
    let mut found = 0;
    for at in 0..400 {
        let value = cache.get(&format!("key {at}")).await.expect("answers");
        found += usize::from(value.is_some());
    }
    println!("evicting: {found} of 400 values are left");
    assert!((1..=80).contains(&found), "{found}");
    assert!(cache.get("key 399").await.expect("answers").is_some());
}

#[tokio::test]
async fn the_servers_policy_is_held_against_what_it_is_used_for() {
    let server = bounded("allkeys-lru").await;
    let redis = open(patient(&server.url())).await;
    assert_eq!(redis.eviction_warnings().await.expect("answers"), []);
    let keeps_guards = RedisSettings {
        keeps_guards: true,
        ..patient(&server.url())
    };
    let redis = open(keeps_guards).await;
    let warnings = redis.eviction_warnings().await.expect("answers");
    let policy = "allkeys-lru".to_owned();
    assert_eq!(warnings, [EvictionWarning::MayLoseGuards { policy }]);
    server.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    let warnings = redis.eviction_warnings().await.expect("answers");
    assert!(matches!(
        warnings[..],
        [EvictionWarning::OtherPolicy { .. }]
    ));
}

#[tokio::test]
async fn values_end_after_their_time_in_the_server_too() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let cache = RedisCache::new(open(patient(&server.url())).await);
    for (key, ttl) in [
        ("none", Duration::ZERO),
        ("brief", Duration::from_millis(5)),
    ] {
        cache.set(key, vec![1], ttl).await.expect("is kept");
    }
    cache
        .set("endless", vec![1], Duration::MAX)
        .await
        .expect("is kept");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(cache.get("none").await.expect("answers"), None);
    assert_eq!(cache.get("brief").await.expect("answers"), None);
    assert!(cache.get("endless").await.expect("answers").is_some());
}
