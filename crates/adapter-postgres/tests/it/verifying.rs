//! What a program hears that asks whether it can use the store.

use std::time::Duration;

use adapter_postgres::migrations::Migrator;
use adapter_postgres::operations::Inspector;
use adapter_postgres::{PostgresSettings, Unusable};
use ports::{Health, HealthProbe as _, ScholarshipStore as _};
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};

use super::{
    bouncer, database, explained, id, migrate, named, now, open, open_pooled, own_server,
    private_database,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migrated_database_can_be_used_directly_and_through_a_pooler() {
    let name = private_database().await;
    let server = PrivatePostgres::shared();
    open(&server.url(&name)).verify().await.expect("is usable");
    open_pooled(&bouncer().url(&name))
        .verify()
        .await
        .expect("is usable");
    // A newer version was here.
    server.psql(
        &name,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
    );
    open(&server.url(&name)).verify().await.expect("is usable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_migrations_are_named() {
    let server = DatabaseServer::shared();
    let empty = open(&server.url(&server.database())).verify().await;
    let Err(Unusable::Behind(all)) = &empty else {
        panic!("{empty:?}")
    };
    let name = database().await;
    let settings = PostgresSettings::new(server.url(&name));
    let migrator = Migrator::connect(&settings, Duration::from_secs(10)).await;
    migrator.expect("connects").down(1).await.expect("reverts");
    let older = open(&server.url(&name)).verify().await;
    let Err(Unusable::Behind(missing)) = &older else {
        panic!("{older:?}")
    };
    assert_eq!(missing.as_slice(), &all[all.len() - 1..]);
    let first = missing[0].clone();
    let text = older.expect_err("is behind").to_string();
    assert!(text.contains(&first), "{text}");
    assert!(text.contains("cargo xtask migrate up"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_differs_from_an_absence() {
    let (server, url) = own_server(&["fsync=off"]).await;
    let refused = [
        url.replace("postgres@", "nobody@"),
        server.url("no_such_database"),
        url.replace("sslmode=disable", "sslmode=require"),
    ];
    for url in &refused {
        let outcome = open(url).verify().await;
        assert!(
            matches!(outcome, Err(Unusable::Refused(_))),
            "{url}: {outcome:?}"
        );
    }
    server.psql("postgres", "CREATE ROLE guest LOGIN");
    let outcome = open(&url.replace("postgres@", "guest@")).verify().await;
    assert!(matches!(outcome, Err(Unusable::Refused(_))), "{outcome:?}");

    let pooler = PrivatePgBouncer::start(&server, 5);
    let pooled = open_pooled(&url.replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", pooler.port()),
    ));
    let direct = open(&url);
    direct.verify().await.expect("is usable");
    pooled.verify().await.expect("is usable");
    server.kill();
    for store in [&direct, &pooled, &open(&url)] {
        let outcome = store.verify().await;
        assert!(matches!(outcome, Err(Unusable::Away(_))), "{outcome:?}");
    }
    server.restart();
    direct.verify().await.expect("is usable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_wrong_or_missing_is_a_refusal_and_never_shown() {
    let (server, url) = own_server(&["fsync=off"]).await;
    server.psql(
        "postgres",
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE ann LOGIN SUPERUSER PASSWORD 'right'",
    );
    let rules = server.folder().join("data/pg_hba.conf");
    std::fs::write(
        &rules,
        "host all ann all scram-sha-256\nhost all all all trust\n",
    )
    .expect("is written");
    server.psql("postgres", "SELECT pg_reload_conf()");
    let with = |user: &str| url.replace("postgres@", user);
    for user in ["ann:wr0ng@", "ann@"] {
        let outcome = open(&with(user)).verify().await;
        assert!(matches!(outcome, Err(Unusable::Refused(_))), "{outcome:?}");
        let text = explained(&outcome.expect_err("is refused"));
        assert!(!text.contains("wr0ng"), "{text}");
    }
    open(&with("ann:right@")).verify().await.expect("is usable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_ahead_of_its_server_is_refused_until_it_goes_on_behind_itself() {
    let name = private_database().await;
    let server = PrivatePostgres::shared();
    let url = server.url(&name);
    open(&url).verify().await.expect("is usable");
    // As `pg_restore` leaves it in a server that has seen fewer transactions.
    server.psql(
        &name,
        "INSERT INTO scholarship_changes \
         SELECT 'gone', pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000, 1, true, now()",
    );
    for store in [open(&url), open_pooled(&bouncer().url(&name))] {
        let outcome = store.verify().await;
        assert!(matches!(outcome, Err(Unusable::LogAhead)), "{outcome:?}");
        let text = explained(&outcome.expect_err("is refused"));
        assert!(text.contains("cargo xtask restore --finish"), "{text}");
    }
    let inspector = Inspector::connect(&PostgresSettings::new(url.as_str())).await;
    let mut inspector = inspector.expect("connects");
    assert!(inspector.is_log_ahead().await.expect("is read"));
    inspector.continue_log().await.expect("is written");
    assert!(!inspector.is_log_ahead().await.expect("is read"));
    let store = open(&url);
    store.verify().await.expect("is usable");
    let written = store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    written.expect("is created");
    store.verify().await.expect("is usable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_written_to_is_never_taken_for_one_that_is_ahead() {
    let url = DatabaseServer::shared().url(&database().await);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = open(&url);
        writers.spawn(async move {
            for round in 0..50 {
                let written = store.create(
                    id(&format!("w{writer}-{round}")),
                    named("A"),
                    None,
                    testkit::write_at(now()),
                );
                written.await.expect("is created");
            }
        });
    }
    let store = open(&url);
    while writers.try_join_next().is_none() {
        store.verify().await.expect("is usable");
    }
    writers.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_speaks_german_is_understood() {
    let server = PrivatePostgres::start_in_german();
    let name = server.database();
    let url = server.url(&name);
    let store = open(&url);
    let unread = store.count().await.expect_err("there is no schema");
    let text = explained(&unread);
    assert!(text.contains("existiert nicht"), "speaks German: {text}");

    let outcome = store.verify().await;
    assert!(matches!(outcome, Err(Unusable::Behind(_))), "{outcome:?}");
    let Health::Down(reason) = store.check().await else {
        panic!("there is nothing to be up");
    };
    assert!(reason.contains("migrate up"), "{reason}");

    migrate(&url).await;
    store.verify().await.expect("is usable");
    assert_eq!(store.check().await, Health::Up);
    server.psql("postgres", "CREATE ROLE guest LOGIN");
    let guest = open(&url.replace("postgres@", "guest@"));
    for outcome in [
        guest.verify().await,
        open(&url.replace("postgres@", "nobody@")).verify().await,
        open(&server.url("no_such_database")).verify().await,
    ] {
        assert!(matches!(outcome, Err(Unusable::Refused(_))), "{outcome:?}");
    }
    assert!(matches!(guest.check().await, Health::Down(_)));
    // Who may see the steps but not the log is refused as well, rather than waited for.
    server.psql(&name, "GRANT SELECT ON __diesel_schema_migrations TO guest");
    let outcome = guest.verify().await;
    assert!(matches!(outcome, Err(Unusable::Refused(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_the_settings_do_not_know_of_is_refused() {
    let name = super::private_database().await;
    let refused = open(&super::bouncer().url(&name)).verify().await;
    let refused = refused.expect_err("statements would get lost");
    assert!(matches!(refused, Unusable::Pooled), "{refused}");
    super::open_pooled(&super::bouncer().url(&name))
        .verify()
        .await
        .expect("is told of it");
}
