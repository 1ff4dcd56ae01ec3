//! What a started server tells of itself is what the documentation says, and true.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use auth::Role;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::json;
use testkit::PrivatePostgres;
use testkit::command_center_stub::CommandCenterStub;
use testkit::openai_stub::OpenAiStub;
use testkit::private_redis::{PrivateRedis, RedisOptions};

use crate::client::{ask, get};
use crate::process::{Process, command, token};
use crate::replica::{Replica, database, eventually, on};
use crate::scrape::{Family, Scrape};

/// The table of the documentation.
fn documented() -> BTreeMap<String, Family> {
    let text = include_str!("../../../../docs/metrics.md");
    // Further tables are about something else.
    let text = text.split("\n## ").next().expect("a beginning");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, unit, meaning] = cells[..] else {
            panic!("{row}")
        };
        assert!(!unit.is_empty() && !meaning.is_empty(), "{row}");
        let words = labels.split(", ").filter(|label| *label != "-");
        let family = Family {
            kind: kind.to_owned(),
            labels: words
                .map(|word| word.trim_matches('`').to_owned())
                .collect(),
        };
        (name.trim_matches('`').to_owned(), family)
    });
    rows.collect()
}

/// A chain whose second certificate expires first.
fn write_certificates(path: &Path) {
    let chain = [(2_033, 1), (2_031, 5)].map(|(year, month)| {
        let mut params = CertificateParams::new(vec!["example.org".to_owned()]).expect("a name");
        params.not_after = date_time_ymd(year, month, 4);
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").pem()
    });
    std::fs::write(path, chain.concat()).expect("is written");
}

const MAY_4_2031: f64 = 1_935_619_200.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_everything_exports_what_the_documentation_lists_and_nothing_else() {
    let postgres = PrivatePostgres::start();
    let redis = PrivateRedis::start(RedisOptions::default()).await;
    let (model, center) = (OpenAiStub::start(), CommandCenterStub::start());
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("front.pem");
    write_certificates(&certificate);
    let mut command = on(folder.path(), &database(&postgres).await, "session");
    command
        .env("REDIS_URL", redis.url())
        .env("OPENAI_API_KEY", "a-key-for-tests")
        .env("OPENAI_BASE_URL", model.base_url())
        .env("COMMAND_CENTER_URL", center.url())
        .env("TLS_CERTIFICATE_FILE", &certificate)
        .env("JWT_SECRET_SINCE", "2026-11-01T00:00:00Z");
    let process = Process::spawn(&mut command);
    // What is there only now and then in a test's surroundings: a limit of memory.
    let depends = "process_memory_limit_bytes";
    let mut documented = documented();
    documented.remove(depends).expect("is documented");
    eventually("all gauges are set", async || {
        let text = Scrape::of(&process).await.0;
        [
            "openai_budget_spent_usd",
            "agent_tasks_queued",
            "redis_up",
            "command_center_up",
        ]
        .iter()
        .all(|name| text.contains(&format!("\n{name}{{")))
    })
    .await;
    let mut exported = Scrape::of(&process).await.families();
    exported.remove(depends);
    let names = |families: &BTreeMap<String, Family>| -> BTreeSet<String> {
        families.keys().cloned().collect()
    };
    assert_eq!(names(&exported), names(&documented));
    assert_eq!(exported, documented);

    let scrape = Scrape::of(&process).await;
    let value = |name: &str| scrape.value(name, &[]);
    assert_eq!(
        value("certificate_expiry_timestamp_seconds"),
        Some(MAY_4_2031)
    );
    assert_eq!(
        value("token_key_since_timestamp_seconds"),
        Some(1_793_491_200.0)
    );
    for name in ["postgres_up", "redis_up", "openai_configured"] {
        assert_eq!(value(name), Some(1.0), "{name}");
    }
    // What happens for the first time is an increase.
    for kind in ["kind=\"audit_gap\"", "kind=\"route_without_policy\""] {
        let violations = scrape.value("security_policy_violations_total", &[kind]);
        assert_eq!(violations, Some(0.0), "{kind}");
    }
    for name in [
        "auth_rejections_total",
        "rate_limit_rejections_total",
        "recommendation_clicks_total",
    ] {
        assert_eq!(value(name), Some(0.0), "{name}");
    }
    for status in [200, 500, 503, 504] {
        let status = &format!("status=\"{status}\"");
        let route = "route=\"/api/v1/recommendations\"";
        let series = scrape.value("http_requests_total", &[status, route, "method=\"POST\""]);
        assert_eq!(series, Some(0.0), "{status}");
    }
    eventually("the Command Center is up", async || {
        Scrape::of(&process).await.value("command_center_up", &[]) == Some(1.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_file_says_nothing_of_what_it_does_not_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(folder.path());
    eventually("gauges are set", async || {
        let text = Scrape::of(&process).await.0;
        text.contains("\nopenai_configured{") && text.contains("\nagent_tasks_queued{")
    })
    .await;
    let scrape = Scrape::of(&process).await;
    let families = scrape.families();
    let absent = [
        "postgres_",
        "redis_",
        "command_center_up",
        "certificate_",
        "token_key_",
        "openai_budget_usd",
    ];
    for beginning in absent {
        assert!(
            families.keys().all(|name| !name.starts_with(beginning)),
            "{beginning}"
        );
    }
    assert_eq!(scrape.value("openai_configured", &[]), Some(0.0));
    assert_eq!(scrape.value("agent_tasks_queued", &[]), Some(0.0));
    // One worker of the private listener, the program's own runtime, and one worker a core of the public one.
    assert_eq!(
        scrape.value("tokio_workers", &["runtime=\"admin\""]),
        Some(1.0)
    );
    assert_eq!(
        scrape.value("tokio_workers", &["runtime=\"main\""]),
        Some(1.0)
    );
    assert!(scrape.value("tokio_workers", &["runtime=\"http\""]) >= Some(1.0));
    let documented = documented();
    for (name, family) in families {
        assert_eq!(documented.get(&name), Some(&family), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_measured_by_operation_and_outcome() {
    let postgres = PrivatePostgres::start();
    let replica = Replica::start(&database(&postgres).await);
    let before = Scrape::of(&replica.process).await;
    let id = replica.created("Xylophone Award").await;
    for number in 0..5 {
        let viewed = replica.view(&format!("view-{number}"), &id).await;
        assert_eq!(viewed.status, 202);
    }
    // Refused by the store in the middle of a transaction.
    let provenance = json!({"source": "a", "source_id": "1"});
    let award = json!({"name": "Oboe Award", "organization": "Example Orchestra", "provenance": provenance});
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let (admin, address) = (replica.admin.as_str(), replica.process.address);
        let made = ask(
            address,
            "POST",
            "/api/v1/scholarships",
            Some(admin),
            Some(&award),
        )
        .await;
        statuses.push(made.expect("answered").status);
    }
    assert_eq!(statuses, [201, 409]);
    let after = Scrape::of(&replica.process).await;
    let grown = |name: &str, label: &str| {
        let value = |scrape: &Scrape| scrape.value(name, &[label]).expect("from the start");
        value(&after) - value(&before)
    };
    let queries = "postgres_query_duration_seconds_count";
    assert!(grown(queries, "operation=\"interactions_write\"") >= 1.0);
    assert!(grown(queries, "operation=\"catalogue_write\"") >= 3.0);
    assert!(
        grown(
            "postgres_query_duration_seconds_sum",
            "operation=\"catalogue_write\""
        ) > 0.0
    );
    assert!(grown("postgres_transactions_total", "outcome=\"committed\"") >= 3.0);
    assert!(grown("postgres_transactions_total", "outcome=\"rolled_back\"") >= 1.0);
    assert_eq!(
        grown("postgres_transactions_total", "outcome=\"failed\""),
        0.0
    );
    eventually("the pool is shown", async || {
        let scrape = Scrape::of(&replica.process).await;
        scrape.value("postgres_connections_max", &[]) == Some(20.0)
            && scrape.value("postgres_connections_active", &[]) <= Some(20.0)
            && scrape.value("interactions_queued", &[]) == Some(0.0)
    })
    .await;
    postgres.kill();
    eventually("it is down", async || {
        let scrape = Scrape::of(&replica.process).await;
        let failed = scrape.value("postgres_transactions_total", &["outcome=\"failed\""]);
        scrape.value("postgres_up", &[]) == Some(0.0) && failed > Some(0.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_redis_lost_is_a_miss_and_one_that_was_never_there_is_none() {
    let mut redis = PrivateRedis::start(RedisOptions::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::spawn(command(folder.path()).env("REDIS_URL", redis.url()));
    let admin = token(Role::Admin, "editor");
    let summary = async || {
        let path = "/api/v1/analytics/summary";
        let answer = ask(process.address, "GET", path, Some(&admin), None).await;
        assert_eq!(answer.expect("answered").status, 200);
    };
    let counted = async |lookups: f64, hits: f64| {
        eventually(&format!("{lookups} lookups and {hits} hits"), async || {
            let scrape = Scrape::of(&process).await;
            scrape.value("redis_lookups_total", &[]) == Some(lookups)
                && scrape.value("redis_hits_total", &[]) == Some(hits)
        })
        .await;
    };
    summary().await;
    counted(0.0, 0.0).await;
    summary().await;
    counted(1.0, 1.0).await;
    redis.command(&["FLUSHALL"]);
    summary().await;
    counted(2.0, 1.0).await;
    summary().await;
    counted(3.0, 2.0).await;
    redis.kill();
    eventually("it is down", async || {
        Scrape::of(&process).await.value("redis_up", &[]) == Some(0.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_that_are_off_are_not_there_while_the_server_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::spawn(command(folder.path()).env("METRICS_ENABLED", "false"));
    assert_eq!(get(process.admin_address, "/metrics").await.status, 404);
    assert_eq!(get(process.admin_address, "/healthz").await.status, 200);
    assert_eq!(
        get(process.address, "/api/v1/search?q=award").await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_shows_in_the_time_of_the_start_and_nothing_else_changes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = async |process: &Process| {
        let scrape = Scrape::of(process).await;
        scrape
            .value("process_start_time_seconds", &[])
            .expect("is told")
    };
    let mut process = Process::start(folder.path());
    let first = started(&process).await;
    assert_eq!(started(&process).await, first);
    process.kill();
    let again = Process::start(folder.path());
    assert!(started(&again).await > first);
}

#[test]
fn settings_that_tell_of_certificates_and_keys_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("front.pem");
    std::fs::write(&path, "no certificate").expect("is written");
    let mut command = command(folder.path());
    command
        .env("TLS_CERTIFICATE_FILE", &path)
        .env("JWT_SECRET_SINCE", "last week")
        .env("METRICS_ENABLED", "perhaps");
    let output = command.output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    for part in [
        "TLS_CERTIFICATE_FILE: ",
        "is no PEM file of certificates",
        "JWT_SECRET_SINCE: must be an instant",
        "METRICS_ENABLED: must be true or false",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
