//! The audit log of the file: nothing changes it, and no write goes without it.

use diesel::connection::SimpleConnection as _;
use ports::{AuditLog as _, ScholarshipStore as _};
use testkit::write_at;

use super::{bare, execute, folder, id, named, now, open};

#[tokio::test]
async fn history_cannot_be_rewritten() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    for name in ["a", "b"] {
        let written = store.create(id(name), named(name), None, write_at(now()));
        written.await.expect("is created");
    }
    let before = store.audit(now(), None, 10).await.expect("is read");
    assert_eq!(before.len(), 2);
    for statement in [
        "UPDATE audit_log SET actor = 'nobody'",
        "UPDATE audit_log SET sequence = sequence + 10",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE sequence = 1",
        "REPLACE INTO audit_log (sequence, at, role, action, scholarship_id) VALUES (1, 0, 'system', 'created', 'x')",
    ] {
        let refused = bare(&path).batch_execute(statement);
        let said = refused.expect_err(statement).to_string();
        assert!(said.contains("append-only"), "{said}");
    }
    let after = store.audit(now(), None, 10).await.expect("is read");
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_written() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    let written = store.create(id("a"), named("A"), None, write_at(now()));
    written.await.expect("is created");
    execute(
        &path,
        "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    let head = store.head().await.expect("is read");
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
    assert_eq!(store.head().await.expect("is read"), head);
    assert_eq!(store.count().await.expect("is read"), 1);
    let kept = store.get(&id("a")).await.expect("is read");
    assert_eq!(kept.expect("is there").content, named("A"));
}

#[tokio::test]
async fn what_was_written_past_the_log_is_found() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    for name in ["a", "b", "c"] {
        let written = store.create(id(name), named(name), None, write_at(now()));
        written.await.expect("is created");
    }
    assert!(store.gaps(10).await.expect("is read").is_empty());
    execute(
        &path,
        "UPDATE scholarships SET digest = zeroblob(32) WHERE id = 'a'",
    );
    execute(&path, "DELETE FROM scholarships WHERE id = 'b'");
    let found = store.gaps(10).await.expect("is read");
    assert_eq!(found, [id("a"), id("b")]);
    assert_eq!(store.gaps(1).await.expect("is read"), [id("a")]);
    execute(&path, "UPDATE scholarships SET id = 'd' WHERE id = 'c'");
    let found = store.gaps(10).await.expect("is read");
    assert_eq!(found, ["a", "b", "c", "d"].map(id));
}
