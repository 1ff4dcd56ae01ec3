//! What was acknowledged survives kill -9.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use auth::Role;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::client::{ask, get};
use crate::process::{Process, token};

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_during_a_thousand_posts_loses_no_acknowledged_interaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Process::start(folder.path());
    let address = server.address;
    let list = get(address, "/api/v1/scholarships?limit=1").await.json();
    let scholarship = list["data"][0]["id"]
        .as_str()
        .expect("the sample catalogue")
        .to_owned();
    let token: Arc<str> = token(Role::Student, "ada").into();
    let acknowledged = Arc::new(std::sync::Mutex::new(HashSet::new()));
    let enough = Arc::new(Semaphore::new(0));
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let (token, scholarship, enough) =
            (Arc::clone(&token), scholarship.clone(), Arc::clone(&enough));
        let acknowledged = Arc::clone(&acknowledged);
        posts.spawn(async move {
            let id = format!("view-{number}");
            let body = json!({"id": id, "kind": "view", "scholarship_id": scholarship});
            let answer = ask(
                address,
                "POST",
                "/api/v1/interactions",
                Some(&token),
                Some(&body),
            )
            .await;
            if answer.is_ok_and(|answer| answer.status == 202) {
                acknowledged.lock().expect("not poisoned").insert(id);
                enough.add_permits(1);
            }
        });
    }
    // In the middle of the flood.
    let some = tokio::time::timeout(Duration::from_secs(30), enough.acquire_many(200)).await;
    some.expect("posts are acknowledged")
        .expect("open")
        .forget();
    server.kill();
    posts.join_all().await;
    let acknowledged = acknowledged.lock().expect("not poisoned").clone();
    assert!(acknowledged.len() >= 200);

    let server = Process::start(folder.path());
    let mine = ask(
        server.address,
        "GET",
        "/api/v1/interactions/mine",
        Some(&token),
        None,
    )
    .await
    .expect("answered")
    .json();
    let kept: HashSet<String> = mine["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["id"].as_str().map(str::to_owned))
        .collect();
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost",
        lost.len(),
        acknowledged.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_survives_a_restart_and_samples_are_loaded_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let admin = token(Role::Admin, "editor");
    let mut server = Process::start(folder.path());
    let body = json!({"name": "Xylophone Award", "organization": "Example Orchestra"});
    let made = ask(
        server.address,
        "POST",
        "/api/v1/scholarships",
        Some(&admin),
        Some(&body),
    )
    .await
    .expect("answered");
    assert_eq!(made.status, 201, "{}", made.body);
    let before = get(server.address, "/api/v1/scholarships?q=xylophone")
        .await
        .json();
    assert_eq!(before["page"]["total"], 1);
    let total = get(server.address, "/api/v1/scholarships?limit=1")
        .await
        .json()["page"]["total"]
        .clone();
    server.kill();
    let server = Process::start(folder.path());
    let after = get(server.address, "/api/v1/scholarships?q=xylophone")
        .await
        .json();
    assert_eq!(after["data"], before["data"]);
    assert_eq!(
        get(server.address, "/api/v1/scholarships?limit=1")
            .await
            .json()["page"]["total"],
        total
    );
    assert!(
        server.announcement.contains("301 scholarships"),
        "{}",
        server.announcement
    );
}
