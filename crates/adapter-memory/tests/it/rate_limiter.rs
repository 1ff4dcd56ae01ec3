//! The limiter passes the contract of all limiters, follows its clock exactly and stays within its bound.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use adapter_memory::MemoryRateLimiter;
use chrono::TimeDelta;
use domain::Quota;
use ports::{Clock, RateLimiter};
use testkit::{FixedClock, RealClock, instant};

fn open() -> Ready<(Arc<dyn RateLimiter>, ())> {
    ready((
        Arc::new(MemoryRateLimiter::new(Arc::new(RealClock), 10_000)),
        (),
    ))
}

testkit::rate_limiter_contract!(open);

fn with_fixed_clock(capacity: usize) -> (MemoryRateLimiter, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(instant("2026-11-23T12:00:00Z")));
    let limiter = MemoryRateLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>, capacity);
    (limiter, clock)
}

async fn passes(limiter: &MemoryRateLimiter, key: &str, quota: Quota) -> bool {
    limiter.check(key, quota).await.expect("answers").allowed
}

#[tokio::test]
async fn ten_minutes_follow_the_formula_exactly() {
    let (limiter, clock) = with_fixed_clock(1_000);
    let quota = Quota::per_minute(50).expect("is valid");
    let mut passed = 0;
    // The first request and the last one are 600 s apart.
    for at in 0..=6_000 {
        if at > 0 {
            clock.advance(TimeDelta::milliseconds(100));
        }
        passed += u64::from(passes(&limiter, "a", quota).await);
    }
    // 60 requests of the first 5.9 s meet 50 in the bucket and what drips in.
    assert_eq!(passed, 50 + 600 * 50 / 60);
}

#[tokio::test]
async fn a_million_keys_take_bounded_memory_and_busy_keys_are_remembered() {
    let (limiter, clock) = with_fixed_clock(10_000);
    let quota = Quota::new(3, Duration::from_secs(3_600)).expect("is valid");
    let mut passed = 0;
    for at in 0..1_000_000 {
        if at % 1_000 == 0 {
            clock.advance(TimeDelta::milliseconds(1));
            passed += u64::from(passes(&limiter, "busy", quota).await);
        }
        passes(&limiter, &format!("key {at}"), quota).await;
    }
    assert_eq!(passed, 3);
    assert!(limiter.len() <= 10_000, "{} keys", limiter.len());
}

#[tokio::test]
async fn keys_that_rested_are_forgotten() {
    let (limiter, clock) = with_fixed_clock(10_000);
    let quota = Quota::per_minute(60).expect("is valid");
    for at in 0..1_000 {
        passes(&limiter, &format!("key {at}"), quota).await;
    }
    assert_eq!(limiter.len(), 1_000);
    for _ in 0..3 {
        clock.advance(TimeDelta::seconds(60));
        for at in 0..200 {
            // Touches every shard.
            passes(&limiter, &format!("other {at}"), quota).await;
        }
    }
    assert!(limiter.len() <= 200, "{} keys", limiter.len());
}
