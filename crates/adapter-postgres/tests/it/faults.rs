//! A server, a pooler and a network that misbehave: no call hangs beyond its deadline, and everything heals by itself.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use adapter_postgres::{PoolMode, PostgresSettings, PostgresStore};
use domain::{Interaction, InteractionKind};
use ports::{Health, HealthProbe as _, InteractionStore as _, ScholarshipStore as _, StoreError};
use testkit::proxy::{Fault, Proxy};
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{database, explained, id, named, now, open, own_server, private_database};

pub(crate) const TWO_SECONDS: Duration = Duration::from_secs(2);

pub(crate) fn view(own_id: &str) -> Interaction {
    Interaction {
        id: own_id.to_owned(),
        kind: InteractionKind::View,
        scholarship_id: id("a"),
        occurred_at: now(),
        pseudonym: "ann".to_owned(),
    }
}

/// Writes of both kinds are refused in time, many at once too, and health says so within its second.
async fn is_refused_in_time(store: &PostgresStore) {
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for at in 0..64 {
        let store = store.clone();
        writers.spawn(async move {
            sleep(Duration::from_millis(at * 5)).await;
            let begun = Instant::now();
            let created = store
                .create(id("never"), named("Never"), None, testkit::write_at(now()))
                .await;
            assert!(
                matches!(created, Err(StoreError::Unavailable { .. })),
                "{created:?}"
            );
            assert!(
                begun.elapsed() < TWO_SECONDS,
                "created in {:?}",
                begun.elapsed()
            );
            let begun = Instant::now();
            let appended = store.append(vec![view("never")], now()).await;
            assert!(appended.is_err());
            assert!(
                begun.elapsed() < TWO_SECONDS,
                "appended in {:?}",
                begun.elapsed()
            );
        });
    }
    writers.join_all().await;
    assert!(begun.elapsed() < Duration::from_secs(6));
    let begun = Instant::now();
    assert!(matches!(store.check().await, Health::Down(_)));
    assert!(begun.elapsed() < TWO_SECONDS);
}

/// Answers how long it took.
async fn heals(store: &PostgresStore, within: Duration) -> Duration {
    let begun = Instant::now();
    loop {
        match store.append(vec![view("healed")], now()).await {
            Ok(_) => break,
            Err(error) => assert!(begun.elapsed() < within, "{}", explained(&error)),
        }
    }
    let took = begun.elapsed();
    assert_eq!(store.check().await, Health::Up);
    assert_eq!(store.get(&id("never")).await.expect("is read"), None);
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_server_refuses_in_time_and_is_found_again() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    store
        .append(vec![view("1")], now())
        .await
        .expect("is appended");
    server.kill();
    is_refused_in_time(&store).await;
    server.restart();
    heals(&store, TWO_SECONDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_starts_without_its_server_finds_it_later() {
    let (server, url) = own_server(&["fsync=off"]).await;
    server.kill();
    let store = open(&url);
    is_refused_in_time(&store).await;
    server.restart();
    heals(&store, TWO_SECONDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_given_up_in_time() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let store = open(&url);
    store
        .append(vec![view("1")], now())
        .await
        .expect("is appended");
    server.freeze();
    is_refused_in_time(&store).await;
    server.thaw();
    heals(&store, Duration::from_secs(5)).await;
}

pub(crate) fn through(proxy: &Proxy, url: &str, port: u16) -> PostgresSettings {
    PostgresSettings::new(url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port())))
}

pub(crate) fn proxy_of(port: u16) -> Proxy {
    Proxy::start(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_of_the_network_is_survived() {
    let server = PrivatePostgres::shared();
    let url = server.url(&private_database().await);
    let proxy = proxy_of(server.port());
    let mut settings = through(&proxy, &url, server.port());
    settings.query_timeout = Duration::from_secs(5);
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    store
        .append(vec![view("1")], now())
        .await
        .expect("is appended");
    for fault in [Fault::Reset, Fault::Swallow, Fault::Delay(TWO_SECONDS)] {
        proxy.set(fault);
        is_refused_in_time(&store).await;
        proxy.set(Fault::None);
        // Attempts to connect that were swallowed are given up after five seconds.
        heals(&store, Duration::from_secs(8)).await;
    }
    // Cut in the middle of answers: no call hangs, and none answers wrongly.
    for bytes in (0..400).step_by(29) {
        proxy.set(Fault::CutAfter(bytes));
        let begun = Instant::now();
        let cut = store
            .append(vec![view(&format!("cut-{bytes}"))], now())
            .await;
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "{:?}",
            begun.elapsed()
        );
        proxy.set(Fault::None);
        heals(&store, Duration::from_secs(5)).await;
        if cut.is_ok() {
            let kept = store.of_pseudonym("ann", 1_000).await.expect("is read");
            assert!(kept.iter().any(|one| one.id == format!("cut-{bytes}")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_ends_by_its_timeout() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let mut settings = PostgresSettings::new(url.as_str());
    settings.query_timeout = Duration::from_millis(500);
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await
        .expect("is created");
    let name = DatabaseServer::database_of(&url).to_owned();
    std::thread::scope(|scope| {
        // Somebody holds the record for longer than we want to wait.
        let server = &server;
        scope.spawn(move || {
            server.psql(
                &name,
                "BEGIN; SELECT 1 FROM scholarships FOR UPDATE; SELECT pg_sleep(4); COMMIT",
            );
        });
        let handle = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            handle.block_on(async {
                let locks = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(4)%' AND backend_xid IS NOT NULL";
                while server.psql("postgres", locks) != "1" {
                    sleep(Duration::from_millis(10)).await;
                }
                let begun = Instant::now();
                let replaced = store.replace(&id("a"), named("B"), None, testkit::write_at(now())).await;
                assert!(matches!(replaced, Err(StoreError::Unavailable { .. })), "{replaced:?}");
                assert!(begun.elapsed() < Duration::from_millis(2_500), "{:?}", begun.elapsed());
                // Others go on meanwhile.
                store.create(id("b"), named("B"), None, testkit::write_at(now())).await.expect("is created");
            });
        });
    });
    store
        .replace(&id("a"), named("B"), None, testkit::write_at(now()))
        .await
        .expect("is replaced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_free_connections_refuses_in_time() {
    let (server, url) = own_server(&[
        "fsync=off",
        "max_connections=8",
        "superuser_reserved_connections=0",
    ])
    .await;
    let hoarder = open(&url);
    let begun = Instant::now();
    let (late, error) = loop {
        // Many calls at once make the hoarder open all there are, sooner or later.
        let mut calls = JoinSet::new();
        for _ in 0..64 {
            let hoarder = hoarder.clone();
            calls.spawn(async move { hoarder.count().await.is_ok() });
        }
        let answered = calls.join_all().await;
        assert!(
            answered.iter().all(|answered| *answered),
            "waits for its own"
        );
        let late = open(&url);
        let asked = Instant::now();
        let refused = late.count().await;
        assert!(asked.elapsed() < TWO_SECONDS);
        if let Err(error) = refused {
            break (late, error);
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "something is free"
        );
    };
    assert!(
        explained(&error).contains("too many clients"),
        "{}",
        explained(&error)
    );
    drop(hoarder);
    let begun = Instant::now();
    while late.count().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "does not heal");
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_in_full_use_refuses_in_time() {
    let url = DatabaseServer::shared().url(&database().await);
    let mut settings = PostgresSettings::new(url);
    settings.max_connections = 1;
    settings.acquire_timeout = Duration::from_millis(100);
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    // An import that takes long holds the only connection.
    let items = (0..20_000).map(|at| ports::UpsertItem {
        id: id(&format!("r{at}")),
        content: named("Imported"),
    });
    let importer = store.clone();
    let items: Vec<_> = items.collect();
    let import =
        tokio::spawn(async move { importer.upsert_many(items, testkit::write_at(now())).await });
    let begun = Instant::now();
    let mut refused = 0;
    while !import.is_finished() {
        let called = Instant::now();
        refused += u32::from(store.count().await.is_err());
        assert!(called.elapsed() < TWO_SECONDS);
    }
    import.await.expect("ends").expect("is imported");
    assert!(refused > 0, "in {:?}", begun.elapsed());
    assert_eq!(store.count().await.expect("is counted"), 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_restarts_is_found_again() {
    let server = PrivatePostgres::shared();
    let bouncer = PrivatePgBouncer::start(server, 5);
    let mut settings = PostgresSettings::new(bouncer.url(&private_database().await));
    settings.pool_mode = PoolMode::Transaction;
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        for at in 0..20 {
            let own_id = format!("{round}-{at}");
            if store.append(vec![view(&own_id)], now()).await.is_ok() {
                acknowledged.push(own_id);
            }
            if at == 10 {
                bouncer.restart();
            }
        }
    }
    // What a restart hits may fail; the next call goes through.
    assert!(acknowledged.len() >= 72, "{}", acknowledged.len());
    let kept = store.of_pseudonym("ann", 1_000).await.expect("is read");
    for own_id in acknowledged {
        assert!(kept.iter().any(|one| one.id == own_id), "{own_id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_share_one_pooler() {
    let server = PrivatePostgres::shared();
    let bouncer = PrivatePgBouncer::start(server, 3);
    let url = bouncer.url(&private_database().await);
    let mut settings = PostgresSettings::new(url);
    settings.pool_mode = PoolMode::Transaction;
    let mut callers = JoinSet::new();
    for program in 0..2 {
        let store = PostgresStore::open(&settings).expect("the settings are fine");
        for caller in 0..8 {
            let store = store.clone();
            callers.spawn(async move {
                for at in 0..40 {
                    let own_id = id(&format!("{program}-{caller}-{at}"));
                    let created = store
                        .create(own_id.clone(), named("A"), None, testkit::write_at(now()))
                        .await;
                    created.unwrap_or_else(|error| panic!("{}", explained(&error)));
                    let found = store.get(&own_id).await;
                    let found = found.unwrap_or_else(|error| panic!("{}", explained(&error)));
                    assert!(found.is_some());
                }
            });
        }
    }
    callers.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_gives_the_connection_back() {
    let server = PrivatePostgres::shared();
    let name = private_database().await;
    let mut settings = PostgresSettings::new(server.url(&name));
    settings.max_connections = 2;
    let store = PostgresStore::open(&settings).expect("the settings are fine");
    assert_eq!(store.check().await, Health::Up);
    // As a migration does that hangs.
    let lock = "BEGIN; LOCK TABLE __diesel_schema_migrations, scholarships; SELECT pg_sleep(600)";
    let locking = server.begin_psql(&name, lock);
    let locked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'PgSleep'"
    );
    while server.psql("postgres", &locked) != "1" {
        sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..3 {
        let begun = Instant::now();
        assert!(matches!(store.check().await, Health::Down(_)));
        assert!(begun.elapsed() < TWO_SECONDS);
        let reading = timeout(Duration::from_millis(100), store.page(None, 10)).await;
        assert!(reading.is_err(), "the table is locked");
    }
    let appended = store.append(vec![view("1")], now()).await;
    appended.unwrap_or_else(|error| panic!("{}", explained(&error)));
    // Nobody waits any more, long before the time that the statements have.
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    let begun = Instant::now();
    while server.psql("postgres", &waiting) != "0" {
        assert!(begun.elapsed() < settings.query_timeout / 2);
        sleep(Duration::from_millis(50)).await;
    }
    drop(locking);
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'PgSleep'"
    );
    server.psql("postgres", &end);
    assert_eq!(store.check().await, Health::Up);
}
