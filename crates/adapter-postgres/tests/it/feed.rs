//! The change log under transactions that overlap, and who is told of it.

use std::time::Duration;

use adapter_postgres::SettlingProbe;
use ports::{Change, FeedPosition, Health, HealthProbe as _, ScholarshipStore as _};
use testkit::supervised::Supervised;
use testkit::{DatabaseServer, PrivatePostgres};
use tokio::time::{sleep, timeout};

use super::{database, id, named, now, open, open_pooled, own_server};
use crate::bouncer;

const BRIEFLY: Duration = Duration::from_secs(10);

async fn until<F: AsyncFnMut() -> bool>(mut holds: F) {
    let waiting = async {
        while !holds().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(BRIEFLY, waiting).await.expect("holds soon");
}

/// Another client that writes and does not commit for as long as it lives.
fn slow_writer(server: &PrivatePostgres, url: &str, own_id: &str) -> Supervised {
    let sql = format!(
        "BEGIN; INSERT INTO scholarships VALUES ('{own_id}', NULL, NULL, 1, now(), now(), decode(repeat('00', 32), 'hex'), \
         (SELECT document FROM scholarships LIMIT 1)); \
         INSERT INTO scholarship_changes VALUES ('{own_id}', pg_current_xact_id()::text::bigint, \
         nextval('scholarship_change_sequence'), false, now()); SELECT pg_sleep(1); COMMIT"
    );
    server.begin_psql(DatabaseServer::database_of(url), &sql)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_transaction_holds_the_log_back_and_is_not_skipped() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    let written = store
        .create(id("first"), named("First"), None, testkit::write_at(now()))
        .await;
    let first = written.expect("is created").position;
    assert_eq!(store.head().await.expect("is read"), first);

    let _slow = slow_writer(&server, &url, "slow");
    let database = DatabaseServer::database_of(&url);
    until(async || {
        let writing = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL";
        server.psql(database, writing) == "1"
    })
    .await;
    let written = store
        .create(id("quick"), named("Quick"), None, testkit::write_at(now()))
        .await;
    let quick = written.expect("is created").position;
    // The quick one is committed, and everybody can read the record; the log waits for the slow one, which is older.
    assert!(store.get(&id("quick")).await.expect("is read").is_some());
    let batch = store.changes_since(first, 10).await.expect("is read");
    assert_eq!((batch.changes.len(), batch.position), (0, first));
    assert_eq!(store.head().await.expect("is read"), first);
    assert_eq!(store.fingerprint().await.expect("is read"), None);

    until(async || store.head().await.expect("is read") >= quick).await;
    let batch = store.changes_since(first, 10).await.expect("is read");
    let ids: Vec<_> = batch
        .changes
        .iter()
        .map(|change| change.id().as_str())
        .collect();
    assert_eq!(ids, ["slow", "quick"]);
    let (fingerprint, position) = store
        .fingerprint()
        .await
        .expect("is read")
        .expect("nothing is under way");
    assert_eq!((fingerprint.count, position), (3, batch.position));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_restored_elsewhere_goes_on_behind_what_it_knew() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    let before = store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    let before = before.expect("is created").position;
    // As a restore into a cluster that has seen fewer transactions leaves it.
    let database = DatabaseServer::database_of(&url);
    server.psql(
        database,
        "UPDATE scholarship_changes SET transaction = transaction + 1000000; \
         UPDATE change_feed SET transaction_offset = 1000000 + 4294967296",
    );
    let after = store
        .create(id("b"), named("B"), None, testkit::write_at(now()))
        .await;
    let after = after.expect("is created").position;
    assert!(after.transaction > before.transaction + 1_000_000);
    let batch = store.changes_since(FeedPosition::default(), 10).await;
    let batch = batch.expect("is read");
    assert_eq!(batch.changes.len(), 2);
    assert!(matches!(&batch.changes[1], Change::Upserted(b) if b.id == id("b")));
    assert_eq!(batch.position, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_wake_those_who_listen_also_after_a_restart() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let writer = open(&url);
    let mut wakeups = open(&url).wakeups().expect("can be had directly");
    // The first one says that listening has begun.
    timeout(BRIEFLY, wakeups.changed())
        .await
        .expect("in time")
        .expect("lives");
    for own_id in ["a", "b"] {
        wakeups.mark_unchanged();
        writer
            .create(id(own_id), named("A"), None, testkit::write_at(now()))
            .await
            .expect("is created");
        timeout(BRIEFLY, wakeups.changed())
            .await
            .expect("in time")
            .expect("lives");
    }
    server.restart();
    // Found again by itself, with a wake-up for what was missed.
    timeout(BRIEFLY, wakeups.changed())
        .await
        .expect("in time")
        .expect("lives");
    wakeups.mark_unchanged();
    writer
        .delete(&id("a"), None, testkit::write_at(now()))
        .await
        .expect("is deleted");
    timeout(BRIEFLY, wakeups.changed())
        .await
        .expect("in time")
        .expect("lives");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_writes_wake_nobody_and_nobody_listens_through_a_pooler() {
    let name = database().await;
    let url = DatabaseServer::shared().url(&name);
    assert!(open_pooled(&bouncer().url(&name)).wakeups().is_none());
    let store = open(&url);
    let mut wakeups = store.wakeups().expect("can be had directly");
    timeout(BRIEFLY, wakeups.changed())
        .await
        .expect("in time")
        .expect("lives");
    wakeups.mark_unchanged();
    let refused = store
        .delete(&id("missing"), None, testkit::write_at(now()))
        .await;
    assert!(refused.is_err());
    assert!(
        timeout(Duration::from_millis(200), wakeups.changed())
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_a_transaction_of_another_database_holds_back_is_noticed() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    let bound = Duration::from_millis(300);
    let probe = SettlingProbe::new(store.clone(), bound);
    assert_eq!(probe.check().await, Health::Up, "an empty log");
    let written = store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    let settled = written.expect("is created").position;
    assert_eq!(probe.check().await, Health::Up);
    assert_eq!(probe.held_back(), Duration::ZERO);

    let elsewhere = server.database();
    let open_for_ever = server.begin_psql(
        &elsewhere,
        "BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(600)",
    );
    until(async || {
        let writing = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL";
        server.psql(&elsewhere, writing) == "1"
    })
    .await;
    // It holds nothing back as long as nobody writes.
    assert_eq!(probe.check().await, Health::Up);
    assert_eq!(probe.held_back(), Duration::ZERO);
    // The one record that changes again and again moves to the end of the log each time.
    until(async || {
        let written = store
            .replace(&id("a"), named("B"), None, testkit::write_at(now()))
            .await;
        written.expect("is replaced");
        matches!(probe.check().await, Health::Down(reason) if reason.contains("held back"))
    })
    .await;
    assert!(probe.held_back() > bound);
    assert!(store.head().await.expect("is read") <= settled);

    server.psql(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid IS NOT NULL",
    );
    until(async || probe.check().await == Health::Up).await;
    assert_eq!(probe.held_back(), Duration::ZERO);
    drop(open_for_ever);
    // What is not known is not said to be well or bad: the store's own probe tells that Postgres is away.
    server.kill();
    assert_eq!(probe.check().await, Health::Up);
}
