//! Redis killed, slow, silent, cut off and refusing: callers wait once and briefly, and all heals without a restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_redis::RedisCache;
use domain::circuit_breaker::BreakerState;
use ports::{Cache as _, Health, HealthProbe as _};
use testkit::private_redis::{PrivateRedis, RedisOptions};
use testkit::proxy::{Fault, Proxy};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::world::{Client, LONG};

async fn is_down(client: &Client) {
    let begun = Instant::now();
    let health = client.redis.check().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(matches!(health, Health::Down(_)), "{health:?}");
    assert_ne!(client.redis.status().breaker, BreakerState::Closed);
}

async fn is_up(client: &Client) {
    let begun = Instant::now();
    while client.redis.check().await != Health::Up {
        assert!(begun.elapsed() < LONG, "it stays down");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A server behind a proxy, and a client that was answered.
async fn behind_a_proxy() -> (PrivateRedis, Proxy, Client) {
    let redis = PrivateRedis::start(RedisOptions::default()).await;
    let proxy = Proxy::start(redis.address());
    let client = Client::open(&redis.url_through(proxy.port())).await;
    client.recover().await;
    (redis, proxy, client)
}

#[tokio::test]
async fn a_killed_server_is_noticed_at_once_and_found_again_after_its_restart() {
    let mut redis = PrivateRedis::start(RedisOptions::default()).await;
    let client = Client::open(&redis.url()).await;
    client.recover().await;
    redis.kill();
    client.meets_a_fault("killed").await;
    is_down(&client).await;
    redis.restart().await;
    println!(
        "killed: answers {:?} after the restart",
        client.recover().await
    );
    is_up(&client).await;
}

#[tokio::test]
async fn a_server_that_needs_two_seconds_is_as_good_as_away() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    proxy.set(Fault::Delay(Duration::from_secs(2)));
    client.meets_a_fault("slow").await;
    is_down(&client).await;
    proxy.set(Fault::None);
    println!(
        "slow: answers {:?} after it is quick",
        client.recover().await
    );
    is_up(&client).await;
}

#[tokio::test]
async fn half_open_connections_hang_nobody() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    proxy.set(Fault::Swallow);
    client.meets_a_fault("half-open").await;
    is_down(&client).await;
    proxy.set(Fault::None);
    println!(
        "half-open: answers {:?} after it ends",
        client.recover().await
    );
    is_up(&client).await;
}

#[tokio::test]
async fn a_stopped_server_hangs_nobody() {
    let redis = PrivateRedis::start(RedisOptions::default()).await;
    let client = Client::open(&redis.url()).await;
    client.recover().await;
    redis.pause();
    client.meets_a_fault("stopped").await;
    is_down(&client).await;
    redis.resume();
    println!(
        "stopped: answers {:?} after it goes on",
        client.recover().await
    );
    is_up(&client).await;
}

#[tokio::test]
async fn refused_connections_hang_nobody() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    // Open connections have to end before refusing new ones hurts.
    proxy.set(Fault::Reset);
    client.meets_a_fault("reset").await;
    proxy.set(Fault::Refuse);
    client.meets_a_fault("refused").await;
    is_down(&client).await;
    proxy.set(Fault::None);
    println!(
        "refused: answers {:?} after it ends",
        client.recover().await
    );
    is_up(&client).await;
}

#[tokio::test]
async fn connections_that_died_while_idle_are_replaced_in_a_moment() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    proxy.set(Fault::Reset);
    sleep(Duration::from_millis(20)).await;
    proxy.set(Fault::None);
    let recovered = client.recover().await;
    println!("idle connections reset: answers after {recovered:?}");
    assert!(recovered < Duration::from_secs(2), "{recovered:?}");
}

#[tokio::test]
async fn once_it_answers_again_no_dead_connection_is_used() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    let client = Arc::new(client);
    let many_at_once = async || {
        let mut callers = JoinSet::new();
        for _ in 0..20 {
            let client = Arc::clone(&client);
            callers.spawn(async move { client.ask().await.0 });
        }
        callers.join_all().await
    };
    let begun = Instant::now();
    while client.redis.status().idle < 10 {
        many_at_once().await;
        assert!(begun.elapsed() < LONG, "{:?}", client.redis.status());
    }
    proxy.set(Fault::Reset);
    sleep(Duration::from_millis(20)).await;
    proxy.set(Fault::None);
    // The first call meets a dead connection.
    assert!(!client.ask().await.0);
    let begun = Instant::now();
    while client.redis.status().breaker != BreakerState::Closed {
        assert!(begun.elapsed() < LONG, "it never recovers");
        sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..5 {
        let answered = many_at_once().await;
        assert!(answered.iter().all(|answered| *answered));
    }
}

#[tokio::test]
async fn a_server_that_stays_too_slow_is_not_tried_on_requests_again_and_again() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    proxy.set(Fault::Delay(Duration::from_millis(120)));
    let (begun, mut waited) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(3) {
        let (answered, took) = client.ask().await;
        assert!(!answered);
        waited += u32::from(took > Duration::from_millis(40));
        sleep(Duration::from_millis(2)).await;
    }
    // One by the deadline; another may be this machine's own.
    assert!((1..=2).contains(&waited), "{waited} calls waited");
}

#[tokio::test]
async fn answers_cut_in_the_middle_are_no_answers() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    let cache = RedisCache::new(client.redis.clone());
    let value = vec![7; 100_000];
    let mut kept = false;
    while !kept {
        let set = cache.set("a", value.clone(), LONG).await;
        kept = set.is_ok();
        sleep(Duration::from_millis(2)).await;
    }
    proxy.set(Fault::CutAfter(1_000));
    assert!(cache.get("a").await.is_err());
    proxy.set(Fault::None);
    client.recover().await;
    let begun = Instant::now();
    let found = loop {
        if let Ok(found) = cache.get("a").await {
            break found;
        }
        assert!(begun.elapsed() < LONG, "it never recovers");
        sleep(Duration::from_millis(2)).await;
    };
    assert_eq!(found, Some(value));
}

#[tokio::test]
async fn faults_that_come_and_go_are_survived_each_time() {
    let (_redis, proxy, client) = behind_a_proxy().await;
    for round in 0..6 {
        let fault = [Fault::Swallow, Fault::Reset, Fault::Refuse][round % 3];
        proxy.set(fault);
        sleep(Duration::from_millis(40)).await;
        for _ in 0..20 {
            let (_, took) = client.ask().await;
            assert!(took < Duration::from_millis(500), "{took:?}");
        }
        proxy.set(Fault::None);
        client.recover().await;
    }
    // Nothing of the earlier rounds stays behind; a connection that was swallowed is closed by us.
    let begun = Instant::now();
    while proxy.connections() > 5 {
        assert!(
            begun.elapsed() < LONG,
            "{} connections",
            proxy.connections()
        );
        sleep(Duration::from_millis(20)).await;
    }
}
