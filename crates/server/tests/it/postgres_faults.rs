//! Postgres, its pooler and the network in trouble under a running server: searches go on, writes are refused in time,
//! nothing that was acknowledged is lost, and everything heals by itself.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use adapter_postgres::{PostgresSettings, PostgresStore};
use ports::ScholarshipStore as _;
use serde_json::json;
use testkit::proxy::{Fault, Proxy};
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};
use tokio::time::sleep;

use crate::client::ask_with;
use crate::load::{Load, Views};
use crate::replica::{Replica, database, eventually, refused, through};

/// Checks that every view that was acknowledged is in the database, and none that was refused.
fn assert_kept(server: &PrivatePostgres, url: &str, views: &Views) {
    let kept = server.psql(
        DatabaseServer::database_of(url),
        "SELECT id FROM interactions",
    );
    let kept: HashSet<&str> = kept.lines().collect();
    let is_kept = |id: &&String| kept.contains(id.as_str());
    let lost = views.acknowledged.iter().find(|id| !is_kept(id));
    assert_eq!(lost, None, "was acknowledged, and is lost");
    let written = views.refused.iter().find(is_kept);
    assert_eq!(written, None, "was refused, and is there");
}

fn proxy_of(port: u16) -> Proxy {
    Proxy::start(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_loses_nothing_acknowledged() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    for _ in 0..2 {
        load.goes_on(100).await;
        load.fault_begins();
        server.kill();
        load.is_refused(24).await;
        let told = eventually("/readyz tells", async || {
            replica.degraded().await.contains(&"store".to_owned())
        })
        .await;
        load.fault_ends();
        server.restart();
        let healed = load.goes_on(50).await;
        let well = eventually("all is well", async || replica.degraded().await.is_empty()).await;
        println!(
            "told after {told:?}, 50 writes {healed:?} after the restart, all well {well:?} later"
        );
    }
    let views = load.settle("killed", &replica).await;
    assert_kept(&server, &url, &views);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_in_trouble_are_survived() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let proxy = proxy_of(server.port());
    let url_of_proxy = through(&url, server.port(), proxy.port());
    let replica = Replica::start(&url_of_proxy);
    let id = replica.created("Xylophone Award").await;
    for (name, fault) in [
        ("slow by 2 s", Fault::Delay(Duration::from_secs(2))),
        ("half-open", Fault::Swallow),
        ("reset", Fault::Reset),
        ("refused", Fault::Refuse),
    ] {
        let load = Load::start(&replica, &id);
        load.goes_on(50).await;
        load.fault_begins();
        proxy.set(fault);
        if fault == Fault::Refuse {
            // Open connections go on.
            load.goes_on(20).await;
        } else {
            load.is_refused(24).await;
        }
        load.fault_ends();
        proxy.set(Fault::None);
        let healed = load.goes_on(50).await;
        println!("{name}: 50 writes {healed:?} after its end");
        eventually("all is well", async || replica.degraded().await.is_empty()).await;
        let views = load.settle(name, &replica).await;
        assert_kept(&server, &url, &views);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_restarts_is_found_again() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let pooler = PrivatePgBouncer::start(&server, 5);
    let pooled = through(&url, server.port(), pooler.port());
    let replica = Replica::start_with(&pooled, "transaction", &[]);
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    for _ in 0..3 {
        load.goes_on(50).await;
        pooler.restart();
    }
    load.goes_on(50).await;
    let views = load.settle("pooler restarted", &replica).await;
    assert_kept(&server, &url, &views);
}

/// How long a replica is cut off: some seconds, or what `CUT_OFF_SECONDS` says.
fn cut_off_for() -> Duration {
    let seconds = std::env::var("CUT_OFF_SECONDS");
    let seconds = seconds.map_or(5, |seconds| seconds.parse().expect("a number"));
    Duration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_was_cut_off_catches_up_with_what_others_wrote() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let proxy = proxy_of(server.port());
    let url_of_proxy = through(&url, server.port(), proxy.port());
    let cut_off = Replica::start(&url_of_proxy);
    let other = Replica::start(&url);
    let gone = other.created("Xylophone Award").await;
    eventually("it is found", async || {
        cut_off.total("xylophone").await == 1
    })
    .await;
    let begun = Instant::now();
    proxy.set(Fault::Swallow);
    let mut written = 0;
    while begun.elapsed() < cut_off_for() {
        other.created(&format!("Oboe Award {written}")).await;
        written += 1;
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(other.change("DELETE", &gone, None).await.status, 204);
    eventually("it says so", async || {
        cut_off.degraded().await == ["change_feed", "store"]
    })
    .await;
    assert_eq!(cut_off.total("xylophone").await, 1);
    assert_eq!(cut_off.total("oboe").await, 0);
    let begun = Instant::now();
    refused(&cut_off.create("Never").await, begun.elapsed());
    proxy.set(Fault::None);
    let took = eventually("it has all", async || {
        cut_off.total("oboe").await == written
    })
    .await;
    println!(
        "cut off for {:?}; {written} records caught up {took:?} after it was healed",
        cut_off_for()
    );
    assert_eq!(cut_off.total("xylophone").await, 0);
    eventually("all is well", async || cut_off.degraded().await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_others_take_under_load_are_had_again_once_they_are_free() {
    let server = PrivatePostgres::start_with(&["fsync=off", "max_connections=12"]);
    let url = database(&server).await;
    let name = DatabaseServer::database_of(&url);
    // Three connections are kept for others than these.
    for role in ["app", "others"] {
        let grants = format!(
            "CREATE ROLE {role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
        );
        server.psql(name, &grants);
    }
    let url_of = |role: &str| url.replace("postgres@", &format!("{role}@"));
    let replica = Replica::start(&url_of("app"));
    let id = replica.created("Xylophone Award").await;
    let load = Load::start(&replica, &id);
    load.goes_on(50).await;
    load.fault_begins();
    let settings = PostgresSettings::new(url_of("others"));
    let others = PostgresStore::open(&settings).expect("the settings are fine");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'";
    let taken = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'others'";
    while server.psql("postgres", taken) != "9" {
        // Who lost a connection and who wants one more go for the same place.
        server.psql("postgres", end);
        futures_util::future::join_all((0..64).map(|_| others.count())).await;
    }
    load.is_refused(24).await;
    load.fault_ends();
    drop(others);
    let healed = load.goes_on(50).await;
    println!("50 writes {healed:?} after the connections were free");
    eventually("all is well", async || replica.degraded().await.is_empty()).await;
    let views = load.settle("connections taken by others", &replica).await;
    assert_kept(&server, &url, &views);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_that_an_outcome_is_unknown_may_repeat_the_request() {
    let server = PrivatePostgres::start();
    let replica = Replica::start(&database(&server).await);
    let view = replica.created("Xylophone Award").await;
    // Nobody is called so, hence no commit is confirmed.
    let confirm = async |by: &str| {
        server.psql(
            "postgres",
            &format!("ALTER SYSTEM SET synchronous_standby_names = '{by}'"),
        );
        server.psql("postgres", "SELECT pg_reload_conf()");
    };
    let create = async || {
        let headers = [
            ("Authorization", format!("Bearer {}", replica.admin)),
            ("Idempotency-Key", "a-key".to_owned()),
        ];
        let body = json!({"name": "Oboe Award", "organization": "Example Orchestra"});
        let address = replica.process.address;
        let made = ask_with(
            address,
            "POST",
            "/api/v1/scholarships",
            &headers,
            Some(&body),
        );
        made.await.expect("answered")
    };
    confirm("nobody").await;
    let begun = Instant::now();
    let unknown = create().await;
    refused(&unknown, begun.elapsed());
    assert_eq!(
        unknown.json()["code"],
        "OUTCOME_UNKNOWN",
        "{}",
        unknown.body
    );
    let begun = Instant::now();
    let unknown = replica.view("view-1", &view).await;
    refused(&unknown, begun.elapsed());
    assert_eq!(
        unknown.json()["code"],
        "OUTCOME_UNKNOWN",
        "{}",
        unknown.body
    );
    confirm("").await;
    let made = create().await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(replica.view("view-1", &view).await.status, 202);
    eventually("it is found", async || replica.total("oboe").await == 1).await;
    assert_eq!(replica.viewed().await, ["view-1"]);
}
