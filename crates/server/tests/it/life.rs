//! Start, probes, signals, and changes that other processes make.

use std::time::{Duration, Instant};

use adapter_sqlite::{SqliteSettings, SqliteStore};
use domain::ScholarshipId;
use ports::{ScholarshipStore, UpsertItem};
use testkit::scholarship;

use crate::client::{get, say};
use crate::process::{Process, command};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_serves_samples_on_two_listeners() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(folder.path());
    let alive = get(server.address, "/healthz").await.json();
    assert_eq!(alive["status"], "healthy");
    let card = get(server.address, "/").await.json();
    assert_eq!(alive["version"], card["version"]);
    assert!(card["version"].is_string(), "{card}");
    assert_eq!(
        get(server.address, "/readyz").await.json()["status"],
        "ready"
    );
    let list = get(server.address, "/api/v1/scholarships").await.json();
    assert!(!list["data"].as_array().expect("a list").is_empty());
    assert_eq!(
        get(server.address, "/metrics").await.status,
        404,
        "metrics are never public"
    );
    let metrics = get(server.admin_address, "/metrics").await;
    assert!(
        metrics.body.contains("http_requests_total"),
        "{}",
        metrics.body
    );
    assert!(
        metrics.body.contains("\nindex_scholarships{") && metrics.body.contains("} 300\n"),
        "{}",
        metrics.body
    );
    assert!(
        server.announcement.contains("300 scholarships"),
        "{}",
        server.announcement
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_and_ctrl_c_end_in_order() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Process::start(folder.path());
        get(server.address, "/api/v1/scholarships?q=engineering").await;
        server.signal(signal);
        let status = server.ended(Duration::from_secs(20)).await;
        assert_eq!(status.code(), Some(0), "{signal}");
        // Closed in order: nothing is left in the write-ahead log.
        let log = folder.path().join("var/scholarship-api.db-wal");
        assert_eq!(std::fs::metadata(&log).map_or(0, |log| log.len()), 0);
    }
}

/// What sends requests to a process needs a while to see that it ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_says_so_before_it_refuses_anybody() {
    const DELAY: Duration = Duration::from_secs(4);
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Process::spawn(command(folder.path()).env("SHUTDOWN_DELAY", "4"));
    assert_eq!(get(server.address, "/readyz").await.status, 200);
    server.signal("TERM");
    let told = Instant::now();
    let ready = loop {
        let ready = get(server.address, "/readyz").await;
        if ready.status != 200 {
            break ready;
        }
        assert!(told.elapsed() < DELAY, "it goes on saying that it is ready");
    };
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (503, &"draining".into())
    );
    assert_eq!(get(server.address, "/healthz").await.status, 200);
    // It would keep the connection otherwise, and this would wait for more.
    let request = "GET /api/v1/scholarships?q=engineering HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = say(server.address, request).await.expect("is answered");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(told.elapsed() < DELAY, "the connection was kept");
    let status = server.ended(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(0));
    assert!(told.elapsed() >= DELAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_asks_the_server_of_the_same_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Process::start(folder.path());
    let port = server.address.port().to_string();
    let check = || {
        let mut check = command(folder.path());
        let output = check.env("PORT", &port).arg("healthcheck").output();
        output.expect("the binary starts")
    };
    let healthy = check();
    assert_eq!(healthy.status.code(), Some(0), "{healthy:?}");
    server.kill();
    let gone = check();
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
    assert!(!gone.stderr.is_empty(), "it says why");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_writes_is_found_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::spawn(command(folder.path()).env("SAMPLE_CATALOGUE", "off"));
    assert_eq!(
        get(server.address, "/api/v1/scholarships").await.json()["page"]["total"],
        0
    );
    let store = SqliteStore::open(SqliteSettings::at(
        folder.path().join("var/scholarship-api.db"),
    ))
    .expect("shared");
    let item = UpsertItem {
        id: ScholarshipId::parse("other").expect("an id"),
        content: scholarship("Quokka Prize").content(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "another process has a clock of its own"
    )]
    let now = chrono::Utc::now();
    store
        .upsert_many(vec![item], testkit::write_at(now))
        .await
        .expect("written");
    let found = async {
        while get(server.address, "/api/v1/scholarships?q=quokka")
            .await
            .json()["page"]["total"]
            != 1
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found)
        .await
        .expect("found");
    store.close().await;
}
