//! What may not be lost, where Redis has to keep it.

use std::sync::Arc;

use adapter_redis::{RedisReplayGuard, RedisSpendMeter};
use ports::{Claim, Clock as _, MicroUsd, ReplayGuard as _, Reserve, Settlement, SpendMeter as _};
use testkit::RealClock;
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::world::{LONG, open, patient};

#[tokio::test]
async fn replicas_share_used_tokens_and_money() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let (one, other) = (
        open(patient(&server.url())).await,
        open(patient(&server.url())).await,
    );
    let until = RealClock.now() + LONG;
    let clock = Arc::new(RealClock);
    let guards = [
        RedisReplayGuard::new(one.clone(), clock.clone()),
        RedisReplayGuard::new(other.clone(), clock),
    ];
    let first = guards[0].claim("a", &[1; 32], until).await;
    assert_eq!(first.expect("answers"), Claim::First);
    let replayed = guards[1].claim("a", &[2; 32], until).await;
    assert_eq!(replayed.expect("answers"), Claim::UsedForAnother);
    let meters = [RedisSpendMeter::new(one), RedisSpendMeter::new(other)];
    let (day, limit) = (RealClock.now().date_naive(), MicroUsd(100));
    let reserved = meters[0].reserve(day, MicroUsd(70), limit).await;
    let Ok(Reserve::Granted(reservation)) = reserved else {
        panic!("fits in, yet: {reserved:?}");
    };
    let refused = meters[1].reserve(day, MicroUsd(31), limit).await;
    let spent = MicroUsd(70);
    assert_eq!(refused.expect("answers"), Reserve::Exhausted { spent });
    let settled = meters[1].settle(&reservation, MicroUsd(10)).await;
    assert_eq!(settled.expect("answers"), Settlement::Settled);
    assert_eq!(meters[0].spent(day).await.expect("answers"), MicroUsd(10));
}

#[tokio::test]
async fn without_redis_nothing_is_accepted_and_nothing_is_spent() {
    let options = RedisOptions {
        durable: true,
        ..RedisOptions::default()
    };
    let mut server = PrivateRedis::start(options).await;
    let redis = open(patient(&server.url())).await;
    let guard = RedisReplayGuard::new(redis.clone(), Arc::new(RealClock));
    let meter = RedisSpendMeter::new(redis);
    let until = RealClock.now() + LONG;
    let (day, limit) = (RealClock.now().date_naive(), MicroUsd(100));
    let first = guard.claim("a", &[1; 32], until).await;
    assert_eq!(first.expect("answers"), Claim::First);
    let reserved = meter.reserve(day, MicroUsd(70), limit).await;
    let Ok(Reserve::Granted(reservation)) = reserved else {
        panic!("fits in, yet: {reserved:?}");
    };
    server.kill();
    assert!(guard.claim("b", &[1; 32], until).await.is_err());
    assert!(meter.reserve(day, MicroUsd(1), limit).await.is_err());
    assert!(meter.settle(&reservation, MicroUsd(1)).await.is_err());
    assert!(meter.spent(day).await.is_err());
    server.restart().await;
    let replayed = loop {
        if let Ok(claim) = guard.claim("a", &[2; 32], until).await {
            break claim;
        }
        assert!(RealClock.now() < until, "it never recovers");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(replayed, Claim::UsedForAnother);
    let settled = meter.settle(&reservation, MicroUsd(1)).await;
    assert_eq!(settled.expect("answers"), Settlement::Settled);
    assert_eq!(meter.spent(day).await.expect("answers"), MicroUsd(1));
}
