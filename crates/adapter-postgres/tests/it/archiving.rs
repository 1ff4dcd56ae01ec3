//! Whoever archives keeps others out, and holds nobody up.

use std::time::Duration;

use adapter_postgres::PostgresStore;
use ports::{ArchiveTurn, InteractionArchive as _, ScholarshipStore as _};
use testkit::PrivatePgBouncer;
use tokio::time::timeout;

use super::{id, named, now, open, open_pooled, own_server};

/// A turn that was dropped is given back a moment later.
async fn turn(store: &PostgresStore) -> Box<dyn ArchiveTurn> {
    let taking = async {
        loop {
            if let Some(turn) = store.take_turn().await.expect("is asked") {
                return turn;
            }
        }
    };
    let taken = timeout(Duration::from_secs(20), taking).await;
    taken.expect("is free soon")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_was_lost_with_its_connection_says_so_and_another_may_have_it() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let pooler = PrivatePgBouncer::start(&server, 3);
    let through = url.replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", pooler.port()),
    );
    for store in [open(&url), open_pooled(&through)] {
        let mut lost = turn(&store).await;
        assert!(lost.is_held().await);
        server.psql(
            "postgres",
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'",
        );
        let mut next = turn(&store).await;
        assert!(!lost.is_held().await);
        assert!(next.is_held().await);
        drop(lost);
        assert!(next.is_held().await);
        assert!(store.take_turn().await.expect("is asked").is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_outlasts_the_patience_with_idle_transactions_and_holds_no_log_back() {
    let settings = ["fsync=off", "idle_in_transaction_session_timeout=50ms"];
    let (server, url) = own_server(&settings).await;
    let store = open(&url);
    let mut turn = turn(&store).await;
    let written = store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    let written = written.expect("is created").position;
    assert_eq!(store.head().await.expect("is read"), written);
    server.psql("postgres", "SELECT pg_sleep(0.3)");
    assert!(turn.is_held().await);
}
