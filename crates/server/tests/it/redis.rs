//! With Redis beside the store: it is used, and its absence is bridged.

use auth::Role;
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::client::{ask, get};
use crate::process::{Process, command, token};
use crate::replica::eventually;

fn start(folder: &std::path::Path, url: &str) -> Process {
    Process::spawn(command(folder).env("REDIS_URL", url))
}

async fn summary(server: &Process) -> u16 {
    let admin = token(Role::Admin, "editor");
    let path = "/api/v1/analytics/summary";
    let answer = ask(server.address, "GET", path, Some(&admin), None).await;
    answer.expect("answered").status
}

async fn degraded(server: &Process) -> serde_json::Value {
    let ready = get(server.address, "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    ready.json()["degraded"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_values_are_shared_and_an_absence_is_bridged() {
    let options = RedisOptions {
        password: Some("hidden"),
        ..RedisOptions::default()
    };
    let mut redis = PrivateRedis::start(options).await;
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path(), &redis.url());
    assert!(!server.announcement.contains("hidden"));
    assert_eq!(summary(&server).await, 200);
    let keys = redis.command(&["KEYS", "scholarship-api*"]);
    assert!(keys.contains("scholarship-api"), "{keys:?}");

    redis.kill();
    assert_eq!(summary(&server).await, 200);
    eventually("/readyz tells", async || {
        degraded(&server).await == serde_json::json!(["redis"])
    })
    .await;
    let found = get(server.address, "/api/v1/search?q=engineering").await;
    assert_eq!(found.status, 200);

    redis.restart().await;
    eventually("it heals", async || {
        degraded(&server).await == serde_json::json!([])
    })
    .await;
    assert_eq!(summary(&server).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_redis_goes_on_and_finds_it_later() {
    let mut redis = PrivateRedis::start(RedisOptions::default()).await;
    redis.kill();
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(folder.path(), &redis.url());
    assert_eq!(summary(&server).await, 200);
    eventually("/readyz tells", async || {
        degraded(&server).await == serde_json::json!(["redis"])
    })
    .await;
    redis.restart().await;
    eventually("it heals", async || {
        degraded(&server).await == serde_json::json!([])
    })
    .await;
}
