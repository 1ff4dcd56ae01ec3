//! Making the schema, taking it back, and several processes that do so at once.

use std::time::{Duration, Instant};

use adapter_postgres::migrations::{MigrationError, Migrator};
use adapter_postgres::{PoolMode, PostgresSettings, SessionError};
use ports::{Health, HealthProbe as _};
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};

use super::{migrate, open, open_pooled};

const PATIENCE: Duration = Duration::from_secs(10);

fn schema(database: &str) -> String {
    let server = DatabaseServer::shared();
    server.psql(
        database,
        "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY 1, 2; \
         SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' ORDER BY 1; \
         SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_\\_%' ORDER BY 1, 2; \
         SELECT sequencename FROM pg_sequences ORDER BY 1",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_migration_can_be_taken_back_and_applied_again() {
    let server = DatabaseServer::shared();
    let name = server.database();
    let settings = PostgresSettings::new(server.url(&name));
    let mut migrator = Migrator::connect(&settings, PATIENCE)
        .await
        .expect("connects");
    let status = migrator.status().await.expect("is read");
    let steps = status.len();
    assert!(steps >= 2 && status.iter().all(|step| !step.applied));
    let mut before = Vec::new();
    let (same, made) = migrator.up().await.expect("migrates");
    migrator = same;
    assert_eq!(made.len(), steps);
    let complete = schema(&name);
    for _ in 0..steps {
        before.push(schema(&name));
        let (same, undone) = migrator.down(1).await.expect("reverts");
        migrator = same;
        assert_eq!(undone.len(), 1);
        assert_ne!(before.last(), Some(&schema(&name)), "takes something back");
    }
    assert_eq!(schema(&name), "", "nothing is left");
    let (mut migrator, _) = migrator.up().await.expect("migrates");
    assert_eq!(schema(&name), complete);
    let status = migrator.status().await.expect("is read");
    assert!(status.iter().all(|step| step.applied));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_at_once_migrate_one_after_the_other() {
    let server = DatabaseServer::shared();
    let name = server.database();
    let url = server.url(&name);
    let mut migrators = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let settings = PostgresSettings::new(url.as_str());
        migrators.spawn(async move {
            let migrator = Migrator::connect(&settings, PATIENCE)
                .await
                .expect("connects");
            migrator.up().await.expect("migrates").1.len()
        });
    }
    let mut made = migrators.join_all().await;
    made.sort_unstable();
    assert_eq!(made[..3], [0, 0, 0]);
    assert!(made[3] >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_the_schema_taken_gives_up_in_time() {
    let server = DatabaseServer::shared();
    let settings = PostgresSettings::new(server.url(&server.database()));
    let first = Migrator::connect(&settings, PATIENCE)
        .await
        .expect("connects");
    let begun = Instant::now();
    let second = Migrator::connect(&settings, Duration::from_millis(300)).await;
    assert!(matches!(second, Err(MigrationError::Locked(_))));
    assert!(begun.elapsed() < Duration::from_secs(2));
    drop(first);
    let third = Migrator::connect(&settings, PATIENCE).await;
    assert!(third.is_ok(), "the lock ends with its connection");
}

fn is_refused_for_a_pooler<T>(outcome: &Result<T, MigrationError>) -> bool {
    matches!(outcome, Err(MigrationError::Session(SessionError::Pooled)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_refuse_a_pooler_also_when_the_settings_know_nothing_of_it() {
    let server = PrivatePostgres::shared();
    let name = server.database();
    let mut settings = PostgresSettings::new(server.url(&name));
    settings.pool_mode = PoolMode::Transaction;
    let refused = Migrator::connect(&settings, PATIENCE).await;
    assert!(is_refused_for_a_pooler(&refused));

    for servers in [1, 2, 10] {
        let pooler = PrivatePgBouncer::start(server, servers);
        let settings = PostgresSettings::new(pooler.url(&name));
        let refused = Migrator::connect(&settings, PATIENCE).await;
        assert!(is_refused_for_a_pooler(&refused), "{servers} servers");
        // Others are served by it at the same time.
        let busy = open_pooled(&pooler.url(&name));
        let others = async {
            loop {
                // There is no schema; what counts is that connections go from hand to hand.
                let calls = (0..4).map(|_| busy.verify());
                futures_util::future::join_all(calls).await;
            }
        };
        let trying = async {
            for _ in 0..20 {
                let refused = Migrator::connect(&settings, PATIENCE).await;
                assert!(is_refused_for_a_pooler(&refused), "{servers} servers");
            }
        };
        tokio::select! {
            () = others => {}
            () = trying => {}
        }
    }
    // Of this database: others on the same server are migrated at the same time.
    let locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                 WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(server.psql(&name, locks), "0", "none was left behind");
    let migrator = Migrator::connect(&PostgresSettings::new(server.url(&name)), PATIENCE).await;
    migrator.expect("connects directly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_schema_is_down_and_says_what_to_do() {
    let server = DatabaseServer::shared();
    let url = server.url(&server.database());
    let store = open(&url);
    let Health::Down(reason) = store.check().await else {
        panic!("there is nothing to be up");
    };
    assert!(reason.contains("migrate up"), "{reason}");
    migrate(&url).await;
    assert_eq!(store.check().await, Health::Up, "without a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_made_by_the_migrations_verifies_and_every_other_does_not() {
    let server = DatabaseServer::shared();
    let name = server.database();
    let settings = PostgresSettings::new(server.url(&name));
    let migrator = Migrator::connect(&settings, PATIENCE).await;
    let (mut migrator, _) = migrator.expect("connects").up().await.expect("migrates");
    let (same, differences) = migrator.verify(&settings).await.expect("is compared");
    migrator = same;
    assert_eq!(differences, []);
    for (change, undo, expected) in [
        (
            "DROP INDEX interactions_by_instant",
            "CREATE INDEX interactions_by_instant ON interactions (occurred_at, scholarship_id, kind)",
            vec!["missing: index CREATE INDEX interactions_by_instant"],
        ),
        (
            "ALTER TABLE interactions ALTER COLUMN kind DROP NOT NULL",
            "ALTER TABLE interactions ALTER COLUMN kind SET NOT NULL",
            vec![
                "missing: column interactions.kind text not null",
                "made by no migration: column interactions.kind text",
                "not in schema.rs: interactions.kind -> Nullable<Text>",
                "in schema.rs only: interactions.kind -> Text",
            ],
        ),
        (
            "ALTER TABLE spend_days ALTER COLUMN charged SET DEFAULT 0",
            "ALTER TABLE spend_days ALTER COLUMN charged DROP DEFAULT",
            vec![
                "missing: column spend_days.charged bigint not null",
                "made by no migration: column spend_days.charged bigint not null default 0",
            ],
        ),
        (
            "ALTER TABLE spend_days DROP CONSTRAINT spend_days_charged_check",
            "ALTER TABLE spend_days ADD CONSTRAINT spend_days_charged_check CHECK (charged >= 0)",
            vec!["missing: constraint spend_days spend_days_charged_check"],
        ),
        (
            "CREATE TABLE by_hand (id integer)",
            "DROP TABLE by_hand",
            vec![
                "made by no migration: column by_hand.id integer",
                "not in schema.rs: by_hand.id -> Nullable<Integer>",
            ],
        ),
    ] {
        server.psql(&name, change);
        let (same, differences) = migrator.verify(&settings).await.expect("is compared");
        migrator = same;
        let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(differences.len(), expected.len(), "{differences:?}");
        for (difference, beginning) in differences.iter().zip(expected) {
            assert!(difference.starts_with(beginning), "{difference}");
        }
        server.psql(&name, undo);
    }
    let (_, differences) = migrator.verify(&settings).await.expect("is compared");
    assert_eq!(differences, []);
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'scholarship\\_verify%'";
    assert_eq!(server.psql("postgres", left), "0");
}
