//! The audit log in Postgres: nothing changes it, and no write goes without it.

use ports::ScholarshipStore as _;
use testkit::{PrivatePostgres, write_at};

use super::{database, id, named, now, open};

/// Tells what a statement fails with; panics when it does not.
fn refusal(database: &str, statement: &str) -> String {
    let server = PrivatePostgres::shared();
    let caught = format!(
        "CREATE FUNCTION pg_temp.refusal() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; \
         EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $$; SELECT coalesce(pg_temp.refusal(), 'it was done')"
    );
    server.psql(database, &caught)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_cannot_be_rewritten() {
    let name = database().await;
    let store = open(&PrivatePostgres::shared().url(&name));
    for own_id in ["a", "b"] {
        let written = store.create(id(own_id), named(own_id), None, write_at(now()));
        written.await.expect("is created");
    }
    let before = store.audit(now(), None, 10).await.expect("is read");
    assert_eq!(before.len(), 2);
    for statement in [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE sequence = 1",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log OVERRIDING SYSTEM VALUE VALUES (1, now(), NULL, 'system', 'created', 'x') \
         ON CONFLICT (sequence) DO UPDATE SET role = 'system'",
    ] {
        assert_eq!(
            refusal(&name, statement),
            "the audit log is append-only",
            "{statement}"
        );
    }
    let after = store.audit(now(), None, 10).await.expect("is read");
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_audited_is_not_written() {
    let server = PrivatePostgres::shared();
    let name = database().await;
    let store = open(&server.url(&name));
    let written = store.create(id("a"), named("A"), None, write_at(now()));
    written.await.expect("is created");
    server.psql(
        &name,
        "ALTER TABLE audit_log ADD CONSTRAINT is_full CHECK (sequence < 2)",
    );
    let create = store.create(id("b"), named("B"), None, write_at(now()));
    create.await.expect_err("is refused");
    let replace = store
        .replace(&id("a"), named("B"), None, write_at(now()))
        .await;
    replace.expect_err("is refused");
    let delete = store.delete(&id("a"), None, write_at(now())).await;
    delete.expect_err("is refused");
    let items = vec![ports::UpsertItem {
        id: id("c"),
        content: named("C"),
    }];
    let import = store.upsert_many(items, write_at(now()));
    import.await.expect_err("is refused");
    assert_eq!(
        server.psql(&name, "SELECT id, version FROM scholarships"),
        "a|1"
    );
    assert_eq!(
        server.psql(&name, "SELECT count(*) FROM scholarship_changes"),
        "1"
    );
    assert_eq!(server.psql(&name, "SELECT count(*) FROM audit_log"), "1");
}
