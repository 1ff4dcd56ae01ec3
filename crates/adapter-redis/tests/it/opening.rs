//! TLS, passwords, wrong settings, and a Redis that comes later.

use std::time::{Duration, Instant};

use adapter_redis::{OpenError, Redis, RedisCache, RedisSettings};
use ports::{Cache as _, Health, HealthProbe as _};
use testkit::private_redis::{PrivateRedis, RedisOptions};
use tokio::time::sleep;

use crate::world::{Client, LONG, open, patient};

async fn over_tls() -> PrivateRedis {
    PrivateRedis::start(RedisOptions {
        tls: true,
        password: Some("a-secret-word"),
        ..RedisOptions::default()
    })
    .await
}

#[tokio::test]
async fn a_server_with_tls_and_a_password_is_used_when_its_authority_is_trusted() {
    let server = over_tls().await;
    let settings = RedisSettings {
        certificate_authorities: Some(server.authority()),
        ..patient(&server.url())
    };
    let redis = open(settings).await;
    assert_eq!(redis.check().await, Health::Up);
    let cache = RedisCache::new(redis);
    cache
        .set("a", vec![7; 500_000], LONG)
        .await
        .expect("is kept");
    let found = cache.get("a").await.expect("answers");
    assert_eq!(found, Some(vec![7; 500_000]));
}

#[tokio::test]
async fn a_server_whose_authority_is_unknown_is_not_trusted() {
    let server = over_tls().await;
    let redis = open(patient(&server.url())).await;
    assert!(matches!(redis.check().await, Health::Down(_)));
    let plain = server.url().replace("rediss://", "redis://");
    let redis = open(patient(&plain)).await;
    assert!(matches!(redis.check().await, Health::Down(_)));
}

#[tokio::test]
async fn a_wrong_password_is_no_answer_and_is_not_printed() {
    let server = PrivateRedis::start(RedisOptions {
        password: Some("right"),
        ..RedisOptions::default()
    })
    .await;
    let redis = open(patient(&server.url().replace("right", "hidden"))).await;
    let Health::Down(problem) = redis.check().await else {
        panic!("the password is wrong");
    };
    assert!(!problem.contains("hidden"), "{problem}");
    let error = RedisCache::new(redis).get("a").await.expect_err("is down");
    assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
}

#[tokio::test]
async fn settings_that_can_never_work_are_refused_at_once() {
    for url in [
        "",
        "localhost",
        "http://localhost",
        "postgres://hidden@localhost",
    ] {
        let refused = Redis::open(RedisSettings::at(url)).await.err();
        let Some(error @ OpenError::Url(_)) = refused else {
            panic!("{url} is no address of a Redis, yet: {refused:?}");
        };
        assert!(!format!("{error:?} {error}").contains("hidden"));
    }
    let settings = RedisSettings {
        certificate_authorities: Some(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
        ),
        ..RedisSettings::at("rediss://localhost")
    };
    let refused = Redis::open(settings).await.err();
    assert!(
        matches!(refused, Some(OpenError::Certificates(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_redis_that_comes_later_is_found() {
    let mut server = PrivateRedis::start(RedisOptions::default()).await;
    server.kill();
    let begun = Instant::now();
    let client = Client::open(&server.url()).await;
    assert!(begun.elapsed() < Duration::from_secs(2));
    let (answered, took) = client.ask().await;
    assert!(!answered && took < Duration::from_millis(20), "{took:?}");
    server.restart().await;
    client.recover().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_handle_that_is_dropped() {
    let server = PrivateRedis::start(RedisOptions::default()).await;
    let redis = open(patient(&server.url())).await;
    assert_eq!(redis.check().await, Health::Up);
    drop(redis);
    let begun = Instant::now();
    loop {
        let clients = server.command(&["CLIENT", "LIST", "TYPE", "normal"]);
        // The asking client itself is one.
        if clients.lines().filter(|line| !line.is_empty()).count() <= 1 {
            return;
        }
        assert!(begun.elapsed() < LONG, "{clients}");
        sleep(Duration::from_millis(20)).await;
    }
}
