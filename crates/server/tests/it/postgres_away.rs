//! A start while Postgres is away: it listens, says so, serves what its file has, and is complete once Postgres is there.

use std::time::Instant;

use adapter_postgres::{PostgresSettings, PostgresStore};
use ports::ScholarshipStore as _;
use testkit::PrivatePostgres;
use tokio::task::JoinSet;

use crate::client::ask;
use crate::replica::{Replica, database, eventually, refused};

#[tokio::test(flavor = "multi_thread")]
async fn without_an_index_file_it_listens_and_is_ready_once_postgres_is_there() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    Replica::start(&url).created("Xylophone Award").await;
    server.kill();

    let replica = Replica::start(&url);
    let announcement = &replica.process.announcement;
    assert!(announcement.contains("waiting for"), "{announcement}");
    assert_eq!(replica.get("/healthz").await.status, 200);
    let ready = replica.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["checks"]["index"], "down");
    let early = replica.get("/api/v1/search?q=xylophone").await;
    assert_eq!(
        (early.status, &early.json()["code"]),
        (503, &"NOT_READY".into())
    );

    server.restart();
    let took = eventually("it is ready", async || {
        replica.get("/readyz").await.status == 200
    })
    .await;
    println!("ready {took:?} after Postgres was started");
    assert_eq!(replica.total("xylophone").await, 1);
    replica.created("Oboe Award").await;
    eventually("all is well", async || replica.degraded().await.is_empty()).await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_index_file_it_serves_searches_and_refuses_writes_meanwhile() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    let id = replica.created("Xylophone Award").await;
    let folder = replica.stop().await;
    let other = Replica::start(&url);
    other.created("Oboe Award").await;
    server.kill();

    let replica = Replica::start_in(folder, &url, "session", &[]);
    assert_eq!(replica.total("xylophone").await, 1);
    assert_eq!(replica.degraded().await, ["change_feed", "store"]);
    // All at once: nobody waits for the others' refusals.
    let mut callers = JoinSet::new();
    for at in 0..64 {
        let address = replica.process.address;
        let (admin, student, id) = (replica.admin.clone(), replica.student.clone(), id.clone());
        callers.spawn(async move {
            let (path, token, body) = if at % 2 == 0 {
                let body = serde_json::json!({"name": "Never", "organization": "Nobody"});
                ("/api/v1/scholarships", admin, body)
            } else {
                let body = serde_json::json!({"id": format!("v{at}"), "kind": "view", "scholarship_id": id});
                ("/api/v1/interactions", student, body)
            };
            let begun = Instant::now();
            let answer = ask(address, "POST", path, Some(&token), Some(&body)).await;
            let took = begun.elapsed();
            refused(&answer.expect("answered"), took);
            took
        });
    }
    let longest = callers.join_all().await.into_iter().max();
    println!("64 writes refused at once, the last after {longest:?}");
    let begun = Instant::now();
    assert_eq!(replica.degraded().await, ["change_feed", "store"]);
    println!("/readyz after {:?}", begun.elapsed());

    server.restart();
    let took = eventually("it heals", async || replica.degraded().await.is_empty()).await;
    println!("healed {took:?} after Postgres was started");
    assert_eq!(replica.total("oboe").await, 1);
    assert_eq!(replica.view("view-1", &id).await.status, 202);
    assert_eq!(replica.viewed().await, ["view-1"]);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_file_of_another_store_is_given_up_as_soon_as_that_shows() {
    let server = PrivatePostgres::start();
    let (ours, another) = (database(&server).await, database(&server).await);
    let replica = Replica::start(&another);
    replica.created("Xylophone Award").await;
    let folder = replica.stop().await;
    Replica::start(&ours).created("Oboe Award").await;
    server.kill();

    let replica = Replica::start_in(folder, &ours, "session", &[]);
    assert_eq!(replica.total("xylophone").await, 1);
    server.restart();
    eventually("it heals", async || replica.degraded().await.is_empty()).await;
    assert_eq!(replica.total("xylophone").await, 0);
    assert_eq!(replica.total("oboe").await, 1);
    // And its file is of the right store from then on.
    let folder = replica.stop().await;
    let replica = Replica::start_in(folder, &ours, "session", &[]);
    assert_eq!(replica.total("oboe").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_while_waiting_is_in_order() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    server.kill();
    let replica = Replica::start(&url);
    let folder = replica.stop().await;
    assert!(!folder.path().join("var").exists(), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_free_connection_is_waited_for() {
    let server = PrivatePostgres::start_with(&[
        "fsync=off",
        "max_connections=6",
        "superuser_reserved_connections=0",
    ]);
    let url = database(&server).await;
    let store = || {
        let settings = PostgresSettings::new(url.as_str());
        PostgresStore::open(&settings).expect("the settings are fine")
    };
    // Many calls at once make the hoarder open all there are.
    let hoarder = store();
    eventually("nothing is free", async || {
        let calls = (0..64).map(|_| hoarder.count());
        futures_util::future::join_all(calls).await;
        store().verify().await.is_err()
    })
    .await;

    let replica = Replica::start(&url);
    assert_eq!(replica.get("/readyz").await.status, 503);
    drop(hoarder);
    eventually("it is ready", async || {
        replica.get("/readyz").await.status == 200
    })
    .await;
    replica.created("Xylophone Award").await;
}
