//! Writes that meet trouble in the middle: callers hear in time what is known, and one caller's trouble is not the others'.

use std::time::{Duration, Instant};

use adapter_postgres::PostgresStore;
use ports::{
    Health, HealthProbe as _, IdempotencyRecord, InteractionStore as _, InteractionStoreError,
    ScholarshipStore as _, StoreError,
};
use testkit::proxy::Fault;
use testkit::{DatabaseServer, PrivatePostgres, SmallDisk};
use tokio::task::JoinSet;

use super::faults::{TWO_SECONDS, proxy_of, through, view};
use super::{database, explained, id, named, now, open, own_server, private_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_postgres_refuses_take_no_others_with_them() {
    let (server, name) = (DatabaseServer::shared(), database().await);
    let constraint = "ALTER TABLE interactions ADD CONSTRAINT test CHECK (id NOT LIKE 'bad%')";
    server.psql(&name, constraint);
    let store = open(&server.url(&name));
    let mut callers = JoinSet::new();
    for at in 0..40 {
        let store = store.clone();
        callers.spawn(async move {
            let mut row = view(&at.to_string());
            match at % 10 {
                // Postgres keeps no such character in its texts.
                0 => row.pseudonym.push('\0'),
                5 => row.id = format!("bad-{at}"),
                _ => {}
            }
            (at % 5 == 0, store.append(vec![row], now()).await.is_ok())
        });
    }
    for (bad, kept) in callers.join_all().await {
        assert_eq!(kept, !bad);
    }
    assert_eq!(
        store.of_pseudonym("ann", 100).await.expect("is read").len(),
        32
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_all_at_once_and_writes_go_on_when_there_is_room() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let disk = SmallDisk::mount(8);
    let place = disk.folder().display();
    let name = DatabaseServer::database_of(&url);
    server.psql(name, &format!("CREATE TABLESPACE small LOCATION '{place}'"));
    for table in ["interactions", "scholarships"] {
        server.psql(name, &format!("ALTER TABLE {table} SET TABLESPACE small"));
    }
    let store = open(&url);
    let mut acknowledged = 0;
    let refused = loop {
        let rows = (0..50).map(|at| view(&format!("early-{}", acknowledged + at)));
        match store.append(rows.collect(), now()).await {
            Ok(_) => acknowledged += 50,
            Err(error) => break error,
        }
        // After this, there is some room left in the pages that the tables have.
        if acknowledged == 200 {
            disk.fill();
        }
    };
    let text = explained(&refused);
    assert!(text.contains("No space left"), "{text}");
    let mut callers = JoinSet::new();
    for at in 0..64 {
        let store = store.clone();
        callers.spawn(async move {
            let rows = (0..50).map(|row| view(&format!("never-{at}-{row}")));
            let begun = Instant::now();
            let appended = store.append(rows.collect(), now()).await;
            // Each knows that nothing was written: nobody still waits for the others' refusals.
            let is_refused = matches!(appended, Err(InteractionStoreError::Unavailable { .. }));
            assert!(is_refused, "{appended:?}");
            begun.elapsed()
        });
    }
    let longest = callers.join_all().await.into_iter().max();
    println!("full disk: 64 refused, the last after {longest:?}");
    assert!(longest < Some(TWO_SECONDS), "{longest:?}");
    assert_eq!(store.check().await, Health::Up);
    let kept = store.of_pseudonym("ann", 100_000).await.expect("is read");
    assert_eq!(kept.len(), acknowledged);
    disk.free();
    let late = store.append(vec![view("late")], now()).await;
    assert_eq!(late.expect("is appended"), [true]);
    // The server must not outlive its files.
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_when_the_server_falls_silent_ends_in_time() {
    let server = PrivatePostgres::shared();
    let url = server.url(&private_database().await);
    let proxy = proxy_of(server.port());
    let store = PostgresStore::open(&through(&proxy, &url, server.port())).expect("is set up");
    let mut writers = JoinSet::new();
    let (heard, mut hearing) = tokio::sync::watch::channel(0);
    for writer in 0..32 {
        let (store, heard) = (store.clone(), heard.clone());
        writers.spawn(async move {
            for at in 0.. {
                let own_id = format!("w{writer}-{at}");
                let begun = Instant::now();
                let is_written = if writer % 2 == 0 {
                    let created = store
                        .create(id(&own_id), named("A"), None, testkit::write_at(now()))
                        .await;
                    created.is_ok()
                } else {
                    store.append(vec![view(&own_id)], now()).await.is_ok()
                };
                if !is_written {
                    return begun.elapsed();
                }
                heard.send_modify(|heard| *heard += 1);
            }
            unreachable!("nobody counts so far");
        });
    }
    hearing
        .wait_for(|heard| *heard > 200)
        .await
        .expect("writes");
    proxy.set(Fault::Swallow);
    let longest = writers.join_all().await.into_iter().max();
    assert!(longest < Some(TWO_SECONDS), "{longest:?}");
}

/// The server takes a new setting up when it comes to it.
async fn until_commits_are_confirmed(store: &PostgresStore, confirmed: bool) {
    let taken_up = async {
        for probe in 0.. {
            let written = store.append(vec![view(&format!("probe-{confirmed}-{probe}"))], now());
            if written.await.is_ok() == confirmed {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken_up)
        .await
        .expect("the setting is taken up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_called_unknown_in_time_and_can_be_repeated() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    store.count().await.expect("is read");
    // Nobody is called so, hence no commit is confirmed.
    server.psql(
        "postgres",
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
    );
    server.psql("postgres", "SELECT pg_reload_conf()");
    until_commits_are_confirmed(&store, false).await;
    let record = || IdempotencyRecord {
        key: "key".to_owned(),
        fingerprint: "fingerprint".to_owned(),
        scholarship_id: id("a"),
        expires_at: now() + chrono::TimeDelta::hours(1),
    };
    let begun = Instant::now();
    let created = store
        .create(
            id("a"),
            named("A"),
            Some(record()),
            testkit::write_at(now()),
        )
        .await;
    assert!(
        matches!(created, Err(StoreError::Undecided { .. })),
        "{created:?}"
    );
    assert!(begun.elapsed() < TWO_SECONDS, "{:?}", begun.elapsed());
    let begun = Instant::now();
    let appended = store.append(vec![view("1")], now()).await;
    let is_unknown = matches!(appended, Err(InteractionStoreError::Undecided { .. }));
    assert!(is_unknown, "{appended:?}");
    assert!(begun.elapsed() < TWO_SECONDS, "{:?}", begun.elapsed());

    server.psql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    server.psql("postgres", "SELECT pg_reload_conf()");
    until_commits_are_confirmed(&store, true).await;
    let again = store
        .create(
            id("b"),
            named("A"),
            Some(record()),
            testkit::write_at(now()),
        )
        .await;
    assert!(
        matches!(again, Err(StoreError::IdempotencyKeyTaken)),
        "{again:?}"
    );
    let again = store.append(vec![view("1")], now()).await;
    assert_eq!(again.expect("is answered"), [false], "it is there");
}
