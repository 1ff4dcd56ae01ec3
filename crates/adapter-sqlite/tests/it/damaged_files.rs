//! Rows and pages that somebody else wrote or the disk changed: errors that name the record, never a panic.

use std::fs;
use std::sync::Arc;

use ports::{
    FeedPosition, Health, HealthProbe as _, InteractionStore as _, ScholarshipStore as _,
    UpsertItem,
};

use super::{execute, explained, folder, id, named, now, open};

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    for (damage, reason) in [
        ("document = '{\"name\":'", "JSON"),
        ("document = '[]'", "JSON"),
        (
            "document = '{\"name\":\"\",\"organization\":\"O\"}'",
            "must not be empty",
        ),
        ("document = json_set(document, '$.surprise', 1)", "JSON"),
        ("updated_at = 9223372036854775807", "updated_at"),
        ("version = 9223372036854775807, document = '{'", "JSON"),
    ] {
        let (_folder, path) = folder();
        let store = open(&path).expect("opens");
        for own_id in ["fine", "hurt"] {
            let created = store
                .create(id(own_id), named(own_id), None, testkit::write_at(now()))
                .await;
            created.expect("is created");
        }
        execute(
            &path,
            &format!("UPDATE scholarships SET {damage} WHERE id = 'hurt'"),
        );
        let errors = [
            store.get(&id("hurt")).await.map(|_| ()),
            store.page(None, 10).await.map(|_| ()),
            store
                .changes_since(FeedPosition::default(), 10)
                .await
                .map(|_| ()),
            store.changed_since(now(), None, 10).await.map(|_| ()),
        ];
        for outcome in errors {
            let error = explained(&outcome.expect_err("cannot be read"));
            assert!(
                error.contains("hurt") && error.contains(reason),
                "{damage}: {error}"
            );
        }
        assert!(store.get(&id("fine")).await.expect("is read").is_some());
        let replaced = store
            .replace(&id("fine"), named("Fine"), None, testkit::write_at(now()))
            .await;
        replaced.expect("others can be written");
    }
}

#[tokio::test]
async fn a_damaged_record_can_be_written_anew() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    store
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await
        .expect("is created");
    execute(&path, "UPDATE scholarships SET document = '{'");
    let replaced = store
        .replace(&id("a"), named("A2"), None, testkit::write_at(now()))
        .await;
    replaced.expect("is replaced");
    let found = store
        .get(&id("a"))
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!((found.content.name.as_str(), found.version), ("A2", 2));
}

#[tokio::test]
async fn an_unknown_kind_of_interaction_is_an_error() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    execute(
        &path,
        "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
         VALUES ('ann', 'i-1', 'dance', 'a', 0, 0)",
    );
    let refused = store
        .of_pseudonym("ann", 10)
        .await
        .expect_err("cannot be read");
    assert!(
        explained(&refused).contains("i-1"),
        "{}",
        explained(&refused)
    );
}

#[tokio::test]
async fn pages_overwritten_by_the_disk_are_errors_for_what_lies_on_them() {
    let (_folder, path) = folder();
    let store = open(&path).expect("opens");
    let items = (0..500)
        .map(|at| UpsertItem {
            id: id(&format!("r{at:03}")),
            content: named(&"long name ".repeat(20)),
        })
        .collect();
    store
        .upsert_many(items, testkit::write_at(now()))
        .await
        .expect("is written");
    store.close().await;
    let mut bytes = fs::read(&path).expect("is read");
    let (from, to) = (bytes.len() / 2, bytes.len());
    bytes[from..to].fill(0xA5);
    fs::write(&path, bytes).expect("is written");
    // Whether it opens depends on what was hit; what must not happen is a panic, or wrong data.
    let Ok(store) = open(&path) else { return };
    let refused = store
        .page(None, 1_000)
        .await
        .expect_err("half of it is gone");
    assert!(
        explained(&refused).contains("malformed"),
        "{}",
        explained(&refused)
    );
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_file_is_gone_or_another() {
    for replaced in [false, true] {
        let (folder, path) = folder();
        let store = open(&path).expect("opens");
        store
            .create(id("a"), named("A"), None, testkit::write_at(now()))
            .await
            .expect("is created");
        let aside = folder.path().join("aside.db");
        std::fs::rename(&path, &aside).expect("is moved");
        if replaced {
            std::fs::copy(&aside, &path).expect("is copied");
        }
        let refused = store
            .create(id("b"), named("B"), None, testkit::write_at(now()))
            .await;
        let text = explained(&refused.expect_err("must not be acknowledged"));
        assert!(text.contains("deleted, moved or replaced"), "{text}");
        assert!(matches!(store.check().await, Health::Down(reason) if reason.contains("deleted")));
        std::fs::rename(&aside, &path).expect("is put back");
        store
            .create(id("c"), named("C"), None, testkit::write_at(now()))
            .await
            .expect("is created");
        assert_eq!(store.check().await, Health::Up);
    }
}

#[tokio::test]
async fn tasks_that_cannot_be_read_keep_nobody_from_theirs() {
    let (_folder, path) = folder();
    let store = Arc::new(open(&path).expect("opens"));
    let damage = async |sql: &str| execute(&path, sql);
    let check = testkit::task_store_contract::tasks_that_cannot_be_read_keep_nobody_from_theirs;
    check(store, damage).await;
}
