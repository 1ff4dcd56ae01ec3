//! The same binary on Postgres, directly and through a pooler, one and several at once.

use std::collections::HashSet;

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::Migrator;
use serde_json::{Value, json};
use testkit::{PrivatePgBouncer, PrivatePostgres};

use crate::client::get;
use crate::process::{Process, SECRET};
use crate::replica::{Replica, SOON, database, eventually, migrate, on, through};
use crate::scrape::Scrape;

async fn serves(url: &str, pool_mode: &str) {
    let replica = Replica::start_with(url, pool_mode, &[("SAMPLE_CATALOGUE", "on")]);
    let announcement = &replica.process.announcement;
    assert!(
        announcement.contains("300 scholarships") && !announcement.contains("postgres@"),
        "{announcement}"
    );
    let id = replica.created("Xylophone Award").await;
    assert_eq!(replica.total("xylophone").await, 1);
    let renamed = json!({"name": "Glockenspiel Award", "organization": "Example Orchestra"});
    let replaced = replica.change("PUT", &id, Some(renamed)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replica.total("glockenspiel").await, 1);
    assert_eq!(replica.total("xylophone").await, 0);
    let imported = replica.import(&["Bassoon Award", "Oboe Award"]).await;
    let summary: Value = imported
        .body
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok())
        .expect("a summary");
    assert_eq!(summary["summary"]["created"], 2, "{}", imported.body);
    eventually("the import is found", async || {
        replica.total("bassoon").await == 1
    })
    .await;
    assert_eq!(replica.view("view-1", &id).await.status, 202);
    assert_eq!(replica.viewed().await, ["view-1"]);
    assert_eq!(replica.change("DELETE", &id, None).await.status, 204);
    assert_eq!(replica.total("glockenspiel").await, 0);
    assert_eq!(replica.get("/db/status").await.status, 200);
    eventually("all is well", async || replica.degraded().await.is_empty()).await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_binary_serves_from_postgres_directly_and_through_a_pooler() {
    let server = PrivatePostgres::start();
    serves(&database(&server).await, "session").await;
    let pooler = PrivatePgBouncer::start(&server, 5);
    let url = through(&database(&server).await, server.port(), pooler.port());
    serves(&url, "transaction").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_see_each_others_writes() {
    let server = PrivatePostgres::start();
    let pooler = PrivatePgBouncer::start(&server, 10);
    let url = database(&server).await;
    let direct = Replica::start(&url);
    let pooled = Replica::start_with(
        &through(&url, server.port(), pooler.port()),
        "transaction",
        &[],
    );
    let mut ids = HashSet::new();
    for round in 0..10 {
        for (writer, reader) in [(&direct, &pooled), (&pooled, &direct)] {
            let id = writer.created(&format!("Award {round}")).await;
            let path = format!("/api/v1/scholarships/{id}");
            // Whoever wrote reads it at once.
            assert_eq!(writer.get(&path).await.status, 200);
            eventually("the other replica has it", async || {
                reader.get(&path).await.status == 200
            })
            .await;
            ids.insert(id);
        }
    }
    assert_eq!(direct.total("award").await, ids.len() as u64);
    assert_eq!(pooled.total("award").await, ids.len() as u64);
    // What one student did is the same on both: they key pseudonyms alike.
    let id = ids.iter().next().expect("some");
    assert_eq!(direct.view("view-1", id).await.status, 202);
    assert_eq!(pooled.viewed().await, ["view-1"]);
    direct.stop().await;
    pooled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_index_file() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    replica.created("Xylophone Award").await;
    let folder = replica.stop().await;
    assert!(folder.path().join("var/scholarship-api.index").exists());
    let other = Replica::start(&url);
    other.created("Oboe Award").await;

    let log = folder.path().join("log");
    let mut command = on(folder.path(), &url, "session");
    let file = std::fs::File::create(&log).expect("a file");
    let process = crate::process::Process::spawn(command.env("LOG_LEVEL", "info").stderr(file));
    for word in ["xylophone", "oboe"] {
        let target = format!("/api/v1/search?q={word}");
        let found = crate::client::get(process.address, &target).await;
        assert_eq!(found.json()["page"]["total"], 1, "{word}");
    }
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("was restored from its file"), "{log}");
    drop(process);

    // Another database has nothing to do with it.
    let elsewhere = Replica::start_in(folder, &database(&server).await, "session", &[]);
    assert_eq!(elsewhere.total("xylophone").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_are_started_in_one_folder_share_its_index_file() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let one = Replica::start(&url);
    let other = Process::spawn(&mut on(one.folder.path(), &url, "session"));
    one.created("Xylophone Award").await;
    eventually("the other has it", async || {
        let found = get(other.address, "/api/v1/search?q=xylophone").await;
        found.json()["page"]["total"] == 1
    })
    .await;
    // Both write the file at their end.
    let mut other = other;
    other.signal("TERM");
    let folder = one.stop().await;
    assert!(other.ended(SOON).await.success());

    server.kill();
    let restarted = Replica::start_in(folder, &url, "session", &[]);
    assert_eq!(restarted.total("xylophone").await, 1, "out of the file");
    let kept = std::fs::read_dir(restarted.folder.path().join("var")).expect("a folder");
    let kept = kept.map(|entry| entry.expect("is read").file_name());
    let mut kept: Vec<_> = kept.collect();
    kept.sort();
    assert_eq!(kept, ["scholarship-api.catalogue", "scholarship-api.index"]);
}

fn start_fails(url: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let output = on(folder.path(), url, "session").output();
    let output = output.expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains(SECRET) && !text.contains("hidden"), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_waiting_cannot_mend_ends_and_says_what_to_do() {
    let server = PrivatePostgres::start();
    let empty = server.url(&server.database());
    let text = start_fails(&empty);
    assert!(text.contains("cargo xtask migrate up"), "{text}");

    let url = database(&server).await;
    let settings = PostgresSettings::new(url.as_str());
    let migrator = Migrator::connect(&settings, std::time::Duration::from_secs(10)).await;
    migrator.expect("connects").down(1).await.expect("reverts");
    let text = start_fails(&url);
    assert!(text.contains("cargo xtask migrate up"), "{text}");

    let restored = server.database();
    migrate(&server.url(&restored)).await;
    server.psql(
        &restored,
        "INSERT INTO scholarship_changes VALUES ('gone', 5000000000, 1, true, now())",
    );
    let text = start_fails(&server.url(&restored));
    assert!(text.contains("cargo xtask restore --finish"), "{text}");

    let text = start_fails(&url.replace("postgres@", "nobody:hidden@"));
    assert!(text.contains("check user, password"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_held_back_shows_in_the_metrics() {
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let replica = Replica::start(&url);
    let held_back = async || {
        let scrape = Scrape::of(&replica.process).await;
        let value = scrape.value("change_feed_held_back_seconds", &[]);
        value.expect("is told")
    };
    assert!(held_back().await < 0.001);
    let transaction = server.begin_psql(
        &server.database(),
        "BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(600)",
    );
    eventually("it shows", async || {
        replica.created("Xylophone Award").await;
        held_back().await > 0.0
    })
    .await;
    let ready = replica.get("/readyz").await;
    assert_eq!(
        ready.json()["checks"]["change_feed"],
        "up",
        "not for long yet"
    );
    drop(transaction);
    server.psql(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query LIKE '%pg_sleep%'",
    );
    eventually("it is over", async || held_back().await == 0.0).await;
    replica.stop().await;
}
