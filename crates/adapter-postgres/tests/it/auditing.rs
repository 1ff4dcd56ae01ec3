//! The audit log in Postgres: nothing changes it, and no write goes without it.

use ports::{AuditLog as _, ScholarshipStore as _};
use testkit::{DatabaseServer, PrivatePostgres, write_at};

use super::{database, id, named, now, open};

/// Tells what a statement fails with; panics when it does not.
fn refusal(database: &str, statement: &str) -> String {
    let server = DatabaseServer::shared();
    let caught = format!(
        "CREATE FUNCTION pg_temp.refusal() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; \
         EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $$; SELECT coalesce(pg_temp.refusal(), 'it was done')"
    );
    server.psql(database, &caught)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_cannot_be_rewritten() {
    let name = database().await;
    let store = open(&DatabaseServer::shared().url(&name));
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
    let server = DatabaseServer::shared();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_past_the_log_is_found() {
    let server = DatabaseServer::shared();
    let name = database().await;
    let store = open(&server.url(&name));
    let insert = |own_id: &str, digest: u8| {
        server.psql(
            &name,
            &format!(
                "INSERT INTO scholarships (id, version, created_at, updated_at, digest, document) \
                 SELECT '{own_id}', 1, now(), now(), decode(repeat('{digest:02x}', 32), 'hex'), '{{}}'"
            ),
        );
    };
    for own_id in ["a", "b", "c", "d"] {
        let written = store.create(id(own_id), named(own_id), None, write_at(now()));
        written.await.expect("is created");
    }
    let deleted = store.delete(&id("d"), None, write_at(now())).await;
    deleted.expect("is deleted");
    assert!(store.gaps(10).await.expect("is read").is_empty());

    server.psql(
        &name,
        "UPDATE scholarships SET digest = sha256('other') WHERE id = 'a'; DELETE FROM scholarships WHERE id = 'b'",
    );
    insert("d", 1);
    insert("e", 2);
    let found = store.gaps(10).await.expect("is read");
    assert_eq!(found, [id("a"), id("b"), id("d"), id("e")]);
    assert_eq!(store.gaps(1).await.expect("is read"), [id("a")]);
    server.psql(
        &name,
        "UPDATE scholarships SET updated_at = 'epoch', created_at = 'epoch' WHERE id = 'e'",
    );
    let found = store.gaps(10).await.expect("is read");
    assert_eq!(found, [id("a"), id("b"), id("d")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_the_documentation_serves_and_cannot_change_history() {
    let server = PrivatePostgres::shared();
    let name = super::private_database().await;
    let guide = include_str!("../../../../docs/operations.md");
    let recipe = guide
        .split("```sql")
        .find(|block| block.contains("REVOKE UPDATE, DELETE ON audit_log"))
        .and_then(|block| block.split("```").next())
        .expect("the recipe is there");
    let role = format!("server_of_{name}");
    let recipe = recipe.replace("scholarship_server", &role);
    server.psql(&name, &format!("CREATE ROLE {role} LOGIN"));
    let url = server.url(&name).replace("postgres@", &format!("{role}@"));
    let store = open(&url);
    store.verify().await.expect_err("it has no rights");
    server.psql(&name, &recipe);
    store.verify().await.expect("it has all that it needs");
    let written = store.create(id("a"), named("A"), None, write_at(now()));
    written.await.expect("is created");
    let deleted = store.delete(&id("a"), None, write_at(now())).await;
    deleted.expect("is deleted");
    assert_eq!(
        store.audit(now(), None, 10).await.expect("is read").len(),
        2
    );
    server.psql(&name, &format!("REVOKE INSERT ON audit_log FROM {role}"));
    let refused = store.verify().await.expect_err("no write would go");
    let said = super::explained(&refused);
    assert!(said.contains("INSERT on audit_log"), "{said}");
}
