//! The private Redis does what tests ask of it.

use testkit::private_redis::{PrivateRedis, RedisOptions};

#[tokio::test]
async fn each_server_is_of_its_own_and_starts_again_after_a_kill() {
    let mut one = PrivateRedis::start(RedisOptions::default()).await;
    let other = PrivateRedis::start(RedisOptions::default()).await;
    one.command(&["SET", "a", "1"]);
    assert_eq!(other.command(&["EXISTS", "a"]).trim(), "0");
    let address = one.address();
    one.kill();
    assert!(std::net::TcpStream::connect(address).is_err());
    one.restart().await;
    assert_eq!(one.address(), address);
    assert_eq!(one.command(&["EXISTS", "a"]).trim(), "0");
}

#[tokio::test]
async fn a_durable_server_loses_nothing_in_a_kill() {
    let options = RedisOptions {
        durable: true,
        ..RedisOptions::default()
    };
    let mut redis = PrivateRedis::start(options).await;
    redis.command(&["SET", "a", "1"]);
    redis.kill();
    redis.restart().await;
    assert_eq!(redis.command(&["GET", "a"]).trim(), "1");
}

#[tokio::test]
async fn tls_password_and_memory_are_as_asked() {
    let options = RedisOptions {
        tls: true,
        password: Some("a-word"),
        max_memory: Some("4mb"),
        eviction_policy: Some("allkeys-lru"),
        ..RedisOptions::default()
    };
    let redis = PrivateRedis::start(options).await;
    let memory = redis.command(&["INFO", "memory"]);
    assert!(memory.contains("maxmemory:4194304"), "{memory}");
    assert!(memory.contains("maxmemory_policy:allkeys-lru"), "{memory}");
    assert!(redis.url().starts_with("rediss://:a-word@localhost:"));
    assert!(redis.authority().starts_with(b"-----BEGIN CERTIFICATE"));
}
