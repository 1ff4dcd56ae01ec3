//! One limit for all replicas.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_redis::RedisRateLimiter;
use domain::Quota;
use ports::RateLimiter as _;
use testkit::private_redis::{PrivateRedis, RedisOptions};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::world::{open, patient};

const REPLICAS: u32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_replicas_at_a_thousand_requests_a_second_follow_the_formula() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let quota = Quota::per_minute(300).expect("is valid");
    let length = Duration::from_secs(4);
    let mut limiters = Vec::new();
    for _ in 0..REPLICAS {
        let redis = open(patient(&server.url())).await;
        limiters.push(Arc::new(RedisRateLimiter::new(redis)));
    }
    let begun = Instant::now();
    let mut replicas = JoinSet::new();
    for limiter in limiters {
        replicas.spawn(async move {
            let mut ticks = interval(Duration::from_secs(1) * REPLICAS / 1_000);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut requests = JoinSet::new();
            while begun.elapsed() < length {
                ticks.tick().await;
                let limiter = Arc::clone(&limiter);
                requests.spawn(async move {
                    let asked = Instant::now();
                    let decision = limiter.check("everybody", quota).await.expect("answers");
                    (asked, Instant::now(), decision.allowed)
                });
            }
            requests.join_all().await
        });
    }
    let answers: Vec<_> = replicas.join_all().await.into_iter().flatten().collect();
    let passed = answers.iter().filter(|answer| answer.2).count() as u128;
    // Redis decided on the first request before this, and on the last one after that.
    let first = answers.iter().map(|answer| answer.1).min().expect("some");
    let last = answers.iter().map(|answer| answer.0).max().expect("some");
    let ended = answers.iter().map(|answer| answer.1).max().expect("some");
    let expected = |elapsed: Duration| 300 + elapsed.as_millis() * 300 / 60_000;
    let (least, most) = (expected(last - first) - 1, expected(ended - begun) + 1);
    println!(
        "{} requests in {:?} by {REPLICAS} replicas: {passed} passed, the formula says {}",
        answers.len(),
        last - first,
        expected(last - first)
    );
    assert!(answers.len() > 1_000, "the machine is too busy to tell");
    assert!((least..=most).contains(&passed), "{least} to {most}");
}

#[tokio::test]
async fn buckets_are_forgotten_when_they_are_full_again() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let limiter = RedisRateLimiter::new(open(patient(&server.url())).await);
    let quota = Quota::new(10, Duration::from_millis(200)).expect("is valid");
    for at in 0..10 {
        let checked = limiter.check(&format!("key {at}"), quota).await;
        assert!(checked.expect("answers").allowed);
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(server.command(&["DBSIZE"]).trim(), "0");
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let limiter = RedisRateLimiter::new(open(patient(&server.url())).await);
    let quota = Quota::per_minute(2).expect("is valid");
    for allowed in [true, true, false] {
        let decision = limiter.check("a", quota).await.expect("answers");
        assert_eq!(decision.allowed, allowed);
        server.command(&["SCRIPT", "FLUSH"]);
    }
}

#[tokio::test]
async fn garbage_in_a_bucket_is_replaced() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let limiter = RedisRateLimiter::new(open(patient(&server.url())).await);
    let quota = Quota::per_minute(2).expect("is valid");
    let key = "scholarship-api:rate:v1:=a|2/60000000";
    server.command(&["SET", key, "nonsense"]);
    let decision = limiter.check("a", quota).await.expect("answers");
    assert_eq!((decision.allowed, decision.remaining), (true, 1));
    assert_ne!(server.command(&["GET", key]).trim(), "nonsense");
}
