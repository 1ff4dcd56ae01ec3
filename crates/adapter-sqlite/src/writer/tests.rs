//! Faults under the writing thread: full disk, locks, failing jobs, callers who go away.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use domain::{Interaction, InteractionKind, ScholarshipId, Timestamp};
use ports::{InteractionStore as _, ScholarshipStore as _};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::{SqliteSettings, SqliteStore};

fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = SqliteSettings::at(folder.path().join("store.db"));
    (SqliteStore::open(settings).expect("opens"), folder)
}

fn now() -> Timestamp {
    testkit::instant("2026-11-23T12:00:00Z")
}

fn interaction(pseudonym: &str, own_id: usize) -> Interaction {
    Interaction {
        id: own_id.to_string(),
        kind: InteractionKind::View,
        scholarship_id: ScholarshipId::from_bits(1),
        occurred_at: now(),
        pseudonym: pseudonym.to_owned(),
    }
}

async fn count(store: &SqliteStore, pseudonym: &str) -> usize {
    let found = store.of_pseudonym(pseudonym, 1_000_000).await;
    found.expect("is read").len()
}

async fn pragma(store: &SqliteStore, statement: &'static str) {
    let done = store.writer.write(1, move |connection| {
        connection.batch_execute(statement).map_err(Failure::from)
    });
    done.await.expect("is set");
}

/// Keeps the writing thread busy until the sender is dropped.
async fn block(store: &SqliteStore) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = oneshot::channel();
    let begin = std::sync::Mutex::new(Some(begin));
    let released = std::sync::Mutex::new(released);
    let store = store.clone();
    let blocking = tokio::spawn(async move {
        let blocked = store.writer.write(1, move |_| {
            if let Some(begin) = begin.lock().expect("no panic").take() {
                begin.send(()).expect("is awaited");
            }
            // Ends with an error when the sender is dropped.
            let _ = released.lock().expect("no panic").recv();
            Ok(())
        });
        blocked.await.expect("is released");
    });
    begun.await.expect("begins");
    (release, blocking)
}

/// Starts a write and waits until it stands in the queue, behind a writing thread that is blocked.
async fn enqueue<T: Send + 'static>(
    store: &SqliteStore,
    rows: usize,
    work: impl Fn(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
) -> tokio::task::JoinHandle<Result<T, Failure>> {
    let free = store.writer.queue.capacity();
    let own = store.clone();
    let call = tokio::spawn(async move { own.writer.write(rows, work).await });
    while store.writer.queue.capacity() == free {
        tokio::task::yield_now().await;
    }
    call
}

fn put(connection: &mut SqliteConnection, name: &str, bytes: usize) -> Result<(), Failure> {
    use crate::schema::store_secrets;
    diesel::insert_into(store_secrets::table)
        .values((
            store_secrets::name.eq(name),
            store_secrets::value.eq(vec![7_u8; bytes]),
        ))
        .execute(connection)?;
    Ok(())
}

async fn names(store: &SqliteStore) -> Vec<String> {
    use crate::schema::store_secrets;
    let read = store.readers.read(|connection| {
        store_secrets::table
            .select(store_secrets::name)
            .order(store_secrets::name)
            .load(connection)
            .map_err(Failure::from)
    });
    let mut names: Vec<String> = read.await.expect("is read");
    names.retain(|name| name != database_file::PSEUDONYM_KEY);
    names
}

fn cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_with_it() {
    let (store, _folder) = fresh();
    let (release, blocking) = block(&store).await;
    let before = enqueue(&store, 1, |connection| put(connection, "before", 1)).await;
    let failing = enqueue(&store, 1, |connection| {
        put(connection, "failing", 1)?;
        Err::<(), _>(Failure::Closed)
    })
    .await;
    let panicking = enqueue::<()>(&store, 1, |connection| {
        put(connection, "panicking", 1)?;
        std::panic::panic_any("a panic that the test wants");
    })
    .await;
    let after = enqueue(&store, 1, |connection| put(connection, "after", 1)).await;
    drop(release);
    blocking.await.expect("ends");
    before.await.expect("ends").expect("is written");
    assert!(matches!(failing.await.expect("ends"), Err(Failure::Closed)));
    assert!(matches!(
        panicking.await.expect("ends"),
        Err(Failure::Panicked)
    ));
    after.await.expect("ends").expect("is written");
    assert_eq!(names(&store).await, ["after", "before"]);
}

#[tokio::test]
async fn when_the_common_transaction_is_lost_each_job_gets_one_of_its_own() {
    let (store, _folder) = fresh();
    let (release, blocking) = block(&store).await;
    let before = enqueue(&store, 1, |connection| put(connection, "before", 1)).await;
    let destroying = enqueue(&store, 1, |connection| {
        connection.batch_execute("ROLLBACK").map_err(Failure::from)
    })
    .await;
    let after = enqueue(&store, 1, |connection| put(connection, "after", 1)).await;
    drop(release);
    blocking.await.expect("ends");
    before.await.expect("ends").expect("is written");
    assert!(destroying.await.expect("ends").is_err());
    after.await.expect("ends").expect("is written");
    assert_eq!(names(&store).await, ["after", "before"]);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room_again() {
    let (store, _folder) = fresh();
    store
        .append(vec![interaction("early", 1)], now())
        .await
        .expect("is appended");
    pragma(&store, "PRAGMA max_page_count = 60").await;
    let mut acknowledged = 0;
    let error = loop {
        let batch = (0..50).map(|at| interaction("ann", acknowledged + at));
        match store.append(batch.collect(), now()).await {
            Ok(_) => acknowledged += 50,
            Err(error) => break error,
        }
        assert!(acknowledged < 100_000, "the bound holds");
    };
    assert!(acknowledged > 0);
    assert!(cause(&error).contains("full"), "{}", cause(&error));
    assert_eq!(count(&store, "ann").await, acknowledged);
    assert_eq!(count(&store, "early").await, 1);
    store.health().await.expect("reads go on");

    pragma(&store, "PRAGMA max_page_count = 100000").await;
    let again = store.append(vec![interaction("late", 1)], now()).await;
    again.expect("is appended without a restart");
    assert_eq!(count(&store, "late").await, 1);
}

#[tokio::test]
async fn one_huge_write_on_a_nearly_full_disk_does_not_fail_the_small_ones() {
    let (store, _folder) = fresh();
    pragma(&store, "PRAGMA max_page_count = 60").await;
    let (release, blocking) = block(&store).await;
    let small = enqueue(&store, 1, |connection| put(connection, "small", 10)).await;
    let huge = enqueue(&store, 1, |connection| put(connection, "huge", 1 << 20)).await;
    let other = enqueue(&store, 1, |connection| put(connection, "other", 10)).await;
    drop(release);
    blocking.await.expect("ends");
    small.await.expect("ends").expect("is written");
    let error = huge.await.expect("ends").expect_err("does not fit");
    assert!(cause(&error).contains("full"), "{}", cause(&error));
    other.await.expect("ends").expect("is written");
    assert_eq!(names(&store).await, ["other", "small"]);
}

#[tokio::test]
async fn a_lock_of_another_process_delays_writes_and_stops_no_read() {
    let (store, folder) = fresh();
    let path = folder.path().join("store.db");
    let mut other = database_file::open_for_writing(&path).expect("opens");
    other.batch_execute("BEGIN IMMEDIATE").expect("locks");
    let own = store.clone();
    let waiting = tokio::spawn(async move { own.append(vec![interaction("ann", 1)], now()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    assert_eq!(count(&store, "ann").await, 0);
    store.health().await.expect("answers");
    other.batch_execute("COMMIT").expect("unlocks");
    waiting.await.expect("ends").expect("is appended");

    pragma(&store, "PRAGMA busy_timeout = 50").await;
    other.batch_execute("BEGIN IMMEDIATE").expect("locks");
    let refused = store.append(vec![interaction("ann", 2)], now()).await;
    let error = refused.expect_err("nobody waits for ever");
    assert!(cause(&error).contains("locked"), "{}", cause(&error));
    other.batch_execute("COMMIT").expect("unlocks");
    let again = store.append(vec![interaction("ann", 2)], now()).await;
    assert_eq!(again.expect("is appended"), [true]);
}

#[tokio::test]
async fn a_caller_who_goes_before_its_turn_leaves_nothing() {
    let (store, _folder) = fresh();
    let (release, blocking) = block(&store).await;
    let gone = enqueue(&store, 1, |connection| put(connection, "gone", 1)).await;
    gone.abort();
    assert!(gone.await.expect_err("is gone").is_cancelled());
    drop(release);
    blocking.await.expect("ends");
    pragma(&store, "SELECT 1").await;
    assert!(names(&store).await.is_empty());
}

#[tokio::test]
async fn a_caller_who_goes_during_its_write_leaves_all_of_it() {
    let (store, _folder) = fresh();
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let released = std::sync::Mutex::new(released);
    let own = store.clone();
    let gone = tokio::spawn(async move {
        let written = own.writer.write(2, move |connection| {
            put(connection, "first", 1)?;
            let _ = begin.send(());
            let _ = released.lock().expect("no panic").recv();
            put(connection, "second", 1)
        });
        written.await
    });
    tokio::task::spawn_blocking(move || begun.recv())
        .await
        .expect("ends")
        .expect("begins");
    gone.abort();
    assert!(gone.await.expect_err("is gone").is_cancelled());
    drop(release);
    pragma(&store, "SELECT 1").await;
    assert_eq!(names(&store).await, ["first", "second"]);
}

#[tokio::test]
async fn closing_settles_what_waits_and_refuses_what_comes() {
    let (store, folder) = fresh();
    let (release, blocking) = block(&store).await;
    let mut waiting = JoinSet::new();
    for at in 0..20 {
        let call = enqueue(&store, 1, move |connection| {
            put(connection, &at.to_string(), 1)
        });
        waiting.spawn(call.await);
    }
    let closing_store = store.clone();
    let closing = tokio::spawn(async move { closing_store.close().await });
    drop(release);
    blocking.await.expect("ends");
    closing.await.expect("closes");
    for call in waiting.join_all().await {
        call.expect("ends").expect("is written");
    }
    let refused = store.append(vec![interaction("ann", 1)], now()).await;
    assert!(refused.is_err());
    assert!(store.get(&ScholarshipId::from_bits(1)).await.is_err());
    assert!(store.health().await.is_err());
    let log = std::fs::metadata(folder.path().join("store.db-wal"));
    assert!(
        log.map_or(0, |log| log.len()) == 0,
        "the log is in the file"
    );
    let settings = SqliteSettings::at(folder.path().join("store.db"));
    let reopened = SqliteStore::open(settings).expect("opens");
    assert_eq!(names(&reopened).await.len(), 20);
}

#[tokio::test]
async fn health_is_told_in_time_when_nothing_else_gets_through() {
    let (store, _folder) = fresh();
    let (release, blocking) = block(&store).await;
    let health = store.health().await.expect("reads go on");
    assert_eq!((health.pool_size, health.in_use, health.idle), (5, 1, 4));
    drop(release);
    blocking.await.expect("ends");

    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Arc::new(std::sync::Mutex::new(released));
    let mut stuck = JoinSet::new();
    for _ in 0..4 {
        let (own, released) = (store.clone(), released.clone());
        stuck.spawn(async move {
            let read = own.readers.read(move |_| {
                let _ = released.lock().expect("no panic").recv();
                Ok(())
            });
            read.await
        });
    }
    while store.readers.in_use() < 4 {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    assert!(store.health().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    drop(release);
    for read in stuck.join_all().await {
        read.expect("is released");
    }
    store.health().await.expect("is well again");
}
