//! Several replicas of the index over one Postgres, directly and through PgBouncer, with writers, broken connections and
//! transactions that stay open: in the end all hold what the store holds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use adapter_postgres::migrations::Migrator;
use adapter_postgres::{PoolMode, PostgresSettings, PostgresStore};
use adapter_search::{InProcessIndex, SearchSettings};
use app::follower::{FollowPeriods, IndexFollower};
use chrono::TimeDelta;
use domain::{ScholarshipContent, ScholarshipId, Timestamp};
use ports::{Change, ScholarshipStore as _, SearchIndex as _, UpsertItem};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use testkit::proxy::{Fault, Proxy};
use testkit::supervised::Supervised;
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::world::id;

const REPLICAS: usize = 4;
const IDS: u32 = 60;
const TROUBLE: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_secs(90);
const NEVER: Duration = Duration::from_secs(24 * 3_600);

fn now() -> Timestamp {
    testkit::instant("2026-11-23T12:00:00Z")
}

fn named(name: &str) -> ScholarshipContent {
    testkit::scholarship(name).content()
}

/// A server with a database that has the schema, and the URL of that.
async fn own_server() -> (PrivatePostgres, String) {
    let server = PrivatePostgres::start();
    let url = server.url(&server.database());
    let migrator = Migrator::connect(&PostgresSettings::new(&*url), PATIENCE).await;
    migrator.expect("connects").up().await.expect("migrates");
    (server, url)
}

/// One process with its own connections, index and follower.
struct Replica {
    store: PostgresStore,
    index: Arc<InProcessIndex>,
    follower: Arc<IndexFollower>,
    proxy: Proxy,
}

fn port_of(url: &str) -> u16 {
    let host = url.split('@').nth(1).expect("a host");
    let port = host.split(['/', ':']).nth(1).expect("a port");
    port.parse().expect("a number")
}

impl Replica {
    async fn start(url: &str, pool_mode: PoolMode, reconcile: Duration) -> Self {
        let port = port_of(url);
        let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port)));
        let url = url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
        let mut settings = PostgresSettings::new(url);
        settings.pool_mode = pool_mode;
        settings.max_connections = 8;
        // How long a writer waits whose answer was swallowed.
        settings.query_timeout = Duration::from_secs(5);
        let store = PostgresStore::open(&settings).expect("the settings are fine");
        let index = Arc::new(InProcessIndex::new(SearchSettings::default()));
        let follower = IndexFollower::new(Arc::new(store.clone()), Arc::clone(&index) as _);
        let follower = Arc::new(follower);
        follower.load().await.expect("loads");
        let periods = FollowPeriods {
            poll: Duration::from_millis(50),
            reconcile,
        };
        let (stop, stopped) = watch::channel(false);
        let following = Arc::clone(&follower).follow(periods, store.wakeups(), stopped);
        tokio::spawn(async move {
            following.await;
            drop(stop);
        });
        Self {
            store,
            index,
            follower,
            proxy,
        }
    }
}

/// Instants that no two writes share.
fn next_instant() -> Timestamp {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    let ticks = TICKS.fetch_add(1, Ordering::Relaxed);
    now() + TimeDelta::microseconds(i64::try_from(ticks).expect("few"))
}

/// What one writer heard.
#[derive(Default)]
struct Heard {
    /// How many writes were acknowledged.
    writes: u64,
    /// Of records that nobody else touches: whether the last that was acknowledged made the record or removed it. Not those
    /// of which the last write failed: it may have been made all the same.
    own: BTreeMap<ScholarshipId, bool>,
}

/// Writes until told to stop.
async fn write(store: PostgresStore, mut random: StdRng, stop: Arc<AtomicBool>) -> Heard {
    let mut heard = Heard::default();
    let name = random.random::<u32>();
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let shared_id = id(&format!("r{}", random.random_range(0..IDS)));
        let content = named(&format!("Award {}", random.random::<u32>()));
        let at = next_instant();
        let done = match random.random_range(0..14) {
            0..4 => store
                .create(shared_id, content, None, testkit::write_at(at))
                .await
                .is_ok(),
            4..7 => store
                .replace(&shared_id, content, None, testkit::write_at(at))
                .await
                .is_ok(),
            7..9 => store
                .delete(&shared_id, None, testkit::write_at(at))
                .await
                .is_ok(),
            9 => {
                let items = (0..5).map(|_| UpsertItem {
                    id: id(&format!("r{}", random.random_range(0..IDS))),
                    content: named(&format!("Award {}", random.random::<u32>())),
                });
                store
                    .upsert_many(items.collect(), testkit::write_at(at))
                    .await
                    .is_ok()
            }
            10..13 => {
                let own_id = id(&format!("own{name}-{round}"));
                let made = store
                    .create(own_id.clone(), content, None, testkit::write_at(at))
                    .await
                    .is_ok();
                if made {
                    heard.own.insert(own_id, true);
                }
                made
            }
            _ => {
                let there = heard.own.iter().find(|(_, is_there)| **is_there);
                let Some(own_id) = there.map(|(own_id, _)| own_id.clone()) else {
                    continue;
                };
                heard.own.remove(&own_id);
                let gone = store
                    .delete(&own_id, None, testkit::write_at(at))
                    .await
                    .is_ok();
                if gone {
                    heard.own.insert(own_id, false);
                }
                gone
            }
        };
        heard.writes += u64::from(done);
        sleep(Duration::from_millis(random.random_range(0..15))).await;
    }
    heard
}

/// Another client that has written and does not commit for `seconds`, which holds the log back.
fn open_transaction(server: &PrivatePostgres, url: &str, own_id: &str, seconds: u32) -> Supervised {
    let sql = format!(
        "BEGIN; INSERT INTO scholarships VALUES ('{own_id}', NULL, NULL, 1, now(), now(), decode(repeat('00', 32), 'hex'), \
         (SELECT document FROM scholarships LIMIT 1)); \
         INSERT INTO scholarship_changes VALUES ('{own_id}', pg_current_xact_id()::text::bigint, \
         nextval('scholarship_change_sequence'), false, now()); SELECT pg_sleep({seconds}); COMMIT"
    );
    server.begin_psql(DatabaseServer::database_of(url), &sql)
}

/// Ends an open transaction: a backend that sleeps does not notice that its client has gone.
fn end(server: &PrivatePostgres, open: Supervised) {
    drop(open);
    let end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; INSERT%'";
    server.psql("postgres", end);
}

/// Waits until one transaction has written and is open.
async fn is_open(server: &PrivatePostgres) {
    let writing = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND backend_xid IS NOT NULL";
    while server.psql("postgres", writing) != "1" {
        sleep(Duration::from_millis(5)).await;
    }
}

/// How often each trouble came.
#[derive(Debug, Default)]
struct Troubles {
    resets: u32,
    silences: u32,
    terminations: u32,
    kills: u32,
    pooler_restarts: u32,
    open_transactions: u32,
}

async fn trouble(
    server: &PrivatePostgres,
    bouncer: &PrivatePgBouncer,
    url: &str,
    replicas: &[Replica],
    random: &mut StdRng,
) -> Troubles {
    let mut troubles = Troubles::default();
    let mut open: Vec<Supervised> = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < TROUBLE {
        let victim = replicas.choose(random).expect("there are some");
        // Each run has one of these at least.
        let is_kill_due = troubles.kills == 0 && begun.elapsed() > TROUBLE / 2;
        let choice = if is_kill_due {
            9
        } else {
            random.random_range(0..11)
        };
        match choice {
            0..3 => {
                victim.proxy.set(Fault::Reset);
                sleep(Duration::from_millis(random.random_range(1..150))).await;
                troubles.resets += 1;
            }
            3..5 => {
                victim.proxy.set(Fault::Swallow);
                sleep(Duration::from_millis(random.random_range(100..900))).await;
                // What was swallowed on a connection is lost with it.
                victim.proxy.set(Fault::Reset);
                troubles.silences += 1;
            }
            5..8 => {
                let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                            WHERE application_name = 'scholarship-api' ORDER BY random() LIMIT 2";
                server.psql("postgres", kill);
                troubles.terminations += 1;
            }
            8 => {
                bouncer.restart();
                troubles.pooler_restarts += 1;
            }
            9 => {
                server.kill();
                sleep(Duration::from_millis(random.random_range(0..300))).await;
                server.restart();
                troubles.kills += 1;
            }
            _ => {
                let own_id = format!("open{}", troubles.open_transactions);
                open.push(open_transaction(server, url, &own_id, 2));
                troubles.open_transactions += 1;
            }
        }
        victim.proxy.set(Fault::None);
        sleep(Duration::from_millis(random.random_range(0..300))).await;
    }
    // A transaction goes on to its commit, though its client is gone.
    drop(open);
    let writing = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN; INSERT%' AND state = 'active'";
    while server.psql("postgres", writing) != "0" {
        sleep(Duration::from_millis(20)).await;
    }
    troubles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_replicas_come_to_hold_what_the_store_holds() {
    let seed = match std::env::var("REPLICAS_SEED") {
        Ok(seed) => seed.parse().expect("REPLICAS_SEED is a number"),
        Err(_) => rand::random(),
    };
    println!("REPLICAS_SEED={seed} repeats this choice of troubles and writes");
    let mut random = StdRng::seed_from_u64(seed);
    let (server, url) = own_server().await;
    let bouncer = PrivatePgBouncer::start(&server, 8);
    let pooled = bouncer.url(DatabaseServer::database_of(&url));
    let plain = PostgresStore::open(&PostgresSettings::new(&*url)).expect("opens");
    let first = plain
        .create(id("first"), named("First"), None, testkit::write_at(now()))
        .await;
    first.expect("is created");

    let mut replicas = Vec::new();
    for at in 0..REPLICAS {
        // Half of them never compare: the log alone must do.
        let reconcile = if at % 2 == 0 {
            NEVER
        } else {
            Duration::from_secs(1)
        };
        replicas.push(if at < REPLICAS / 2 {
            Replica::start(&url, PoolMode::Session, reconcile).await
        } else {
            Replica::start(&pooled, PoolMode::Transaction, reconcile).await
        });
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for replica in &replicas {
        let own = StdRng::seed_from_u64(random.random());
        writers.spawn(write(replica.store.clone(), own, Arc::clone(&stop)));
    }
    let troubles = trouble(&server, &bouncer, &url, &replicas, &mut random).await;
    stop.store(true, Ordering::Relaxed);
    let heard = writers.join_all().await;
    let written: u64 = heard.iter().map(|heard| heard.writes).sum();
    let own: BTreeMap<_, _> = heard.into_iter().flat_map(|heard| heard.own).collect();
    println!(
        "{written} writes were acknowledged, {} of them on records of one writer; {troubles:?}",
        own.len()
    );
    assert!(written > 50, "somebody has written: {written}");

    let begun = Instant::now();
    let (stored, _) = loop {
        match plain.fingerprint().await.expect("is read") {
            Some(settled) => break settled,
            None => assert!(begun.elapsed() < PATIENCE, "the log never settles"),
        }
        sleep(Duration::from_millis(20)).await;
    };
    let records = plain.page(None, usize::MAX).await.expect("is read");
    let there: BTreeSet<&ScholarshipId> = records.iter().map(|record| &record.id).collect();
    for (own_id, is_there) in &own {
        assert_eq!(
            there.contains(own_id),
            *is_there,
            "{own_id} was acknowledged"
        );
    }
    for (at, replica) in replicas.iter().enumerate() {
        while replica.index.fingerprint() != stored || !replica.follower.lag().is_zero() {
            let behind = replica.follower.lag();
            assert!(
                begun.elapsed() < PATIENCE,
                "replica {at} stays behind by {behind:?}"
            );
            sleep(Duration::from_millis(20)).await;
        }
        for record in &records {
            assert_eq!(replica.index.scholarship(&record.id).as_ref(), Some(record));
        }
        assert_eq!(replica.follower.healed(), 0, "the log alone brings all");
    }
    println!("all in step after {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_finds_it_while_an_open_transaction_holds_the_log_back() {
    let (server, url) = own_server().await;
    let plain = PostgresStore::open(&PostgresSettings::new(&*url)).expect("opens");
    let first = plain
        .create(id("first"), named("First"), None, testkit::write_at(now()))
        .await;
    first.expect("is created");
    let replica = Replica::start(&url, PoolMode::Session, NEVER).await;
    let other = Replica::start(&url, PoolMode::Session, NEVER).await;
    let slow = open_transaction(&server, &url, "slow", 600);
    is_open(&server).await;
    let (store, index) = (&replica.store, &replica.index);
    let made = store.create(
        id("a"),
        named("Mine"),
        None,
        testkit::write_at(next_instant()),
    );
    let made = made.await.expect("is created");
    replica.follower.take_in(&id("a"), made.position).await;
    assert!(store.head().await.expect("is read") < made.position);
    assert_eq!(index.scholarship(&id("a")), Some(made.scholarship));
    let gone = store
        .delete(&id("first"), None, testkit::write_at(next_instant()))
        .await;
    let gone = gone.expect("is deleted");
    replica.follower.take_in(&id("first"), gone).await;
    assert_eq!(index.scholarship(&id("first")), None);
    let item = |own_id: &str| UpsertItem {
        id: id(own_id),
        content: named("Imported"),
    };
    let since = next_instant();
    for batch in [["i1", "i2"], ["i2", "i3"]] {
        let written =
            store.upsert_many(batch.map(item).to_vec(), testkit::write_at(next_instant()));
        let (_, position) = written.await.expect("is imported");
        replica.follower.take_in_import(since, position).await;
    }
    for own_id in ["i1", "i2", "i3"] {
        let stored = store.get(&id(own_id)).await.expect("is read");
        assert!(stored.is_some() && index.scholarship(&id(own_id)) == stored);
    }
    // Others see it when the log shows it.
    assert!(other.index.scholarship(&id("first")).is_some());
    end(&server, slow);
    let begun = Instant::now();
    while other.index.scholarship(&id("a")).is_none() {
        assert!(begun.elapsed() < PATIENCE, "the log goes on");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(other.index.fingerprint(), index.fingerprint());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_healed_while_others_write_without_a_pause() {
    let (server, url) = own_server().await;
    let plain = PostgresStore::open(&PostgresSettings::new(&*url)).expect("opens");
    let first = plain
        .create(id("first"), named("First"), None, testkit::write_at(now()))
        .await;
    let first = first.expect("is created");
    // With this one, there is never a moment for a comparison.
    let slow = open_transaction(&server, &url, "slow", 600);
    is_open(&server).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for seed in 0..2 {
        let own = StdRng::seed_from_u64(seed);
        writers.spawn(write(plain.clone(), own, Arc::clone(&stop)));
    }
    while plain.fingerprint().await.expect("is read").is_some() {
        sleep(Duration::from_millis(5)).await;
    }
    let replica = Replica::start(&url, PoolMode::Session, Duration::from_millis(50)).await;
    let lost = Change::Deleted {
        id: id("first"),
        at: now(),
    };
    let index = &replica.index;
    index.apply(vec![lost], index.position());
    let begun = Instant::now();
    while index.scholarship(&id("first")).as_ref() != Some(&first.scholarship) {
        assert!(begun.elapsed() < PATIENCE, "is never healed");
        sleep(Duration::from_millis(20)).await;
    }
    println!("healed {:?} after it was lost", begun.elapsed());
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;
    end(&server, slow);
    while Some(index.fingerprint()) != plain.fingerprint().await.expect("is read").map(|of| of.0) {
        assert!(begun.elapsed() < PATIENCE, "is never in step");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(replica.follower.healed(), 0, "others' writes are no drift");
}
