//! Which files are opened, and what is said of those that are not.

use std::fs;

use adapter_sqlite::{OpenError, SqliteSettings, SqliteStore};
use ports::{Health, HealthProbe as _, InteractionStore as _, ScholarshipStore as _};

use super::{execute, explained, folder, id, named, now, open};

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let (_folder, path) = folder();
    let first = open(&path).expect("opens");
    let written = first
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await;
    let written = written.expect("is created");
    let key = first.pseudonym_key().await.expect("is read");
    first.close().await;
    let second = open(&path).expect("opens");
    let found = second.get(&id("a")).await.expect("is read");
    assert_eq!(found, Some(written.scholarship));
    assert_eq!(second.head().await.expect("is read"), written.position);
    assert_eq!(second.pseudonym_key().await.expect("is read"), key);
}

#[tokio::test]
async fn sequence_numbers_are_not_given_again_after_a_restart() {
    let (_folder, path) = folder();
    let first = open(&path).expect("opens");
    first
        .create(id("a"), named("A"), None, testkit::write_at(now()))
        .await
        .expect("is created");
    let deleted = first
        .delete(&id("a"), None, testkit::write_at(now()))
        .await
        .expect("is deleted");
    first.close().await;
    let second = open(&path).expect("opens");
    let created = second
        .create(id("b"), named("B"), None, testkit::write_at(now()))
        .await;
    assert!(created.expect("is created").position > deleted);
}

#[tokio::test]
async fn the_key_of_the_pseudonyms_differs_between_files() {
    let ((_one, one), (_other, other)) = (folder(), folder());
    let one = open(&one).expect("opens").pseudonym_key().await;
    let other = open(&other).expect("opens").pseudonym_key().await;
    assert_ne!(one.expect("is read"), other.expect("is read"));
}

#[tokio::test]
async fn folders_are_made_and_the_store_tells_its_health() {
    let (folder, _) = folder();
    let store = open(&folder.path().join("var/data/store.db")).expect("opens");
    let health = store.health().await.expect("is well");
    assert!(health.migration.ends_with("turns_of_owners"), "{health:?}");
    assert_eq!((store.name(), store.check().await), ("store", Health::Up));
    store.close().await;
    assert!(matches!(store.check().await, Health::Down(why) if why.contains("closed")));
}

#[test]
fn odd_names_are_paths_like_any_other() {
    let (folder, _) = folder();
    for name in [
        "file:x.db",
        "sp ace?mode=memory.db",
        "Ünïcode.db",
        ":memory:",
    ] {
        let path = folder.path().join(name);
        drop(open(&path).expect("opens"));
        assert!(path.exists(), "{name}");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let (_folder, path) = folder();
    for (readers, write_queue) in [(0, 1), (65, 1), (1, 0), (1, 65_537)] {
        let settings = SqliteSettings {
            path: path.clone(),
            readers,
            write_queue,
        };
        assert!(matches!(
            SqliteStore::open(settings),
            Err(OpenError::Settings)
        ));
    }
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    for content in [
        "id,name\n1,A scholarship\n",
        "x",
        "SQLite format 4\0........",
    ] {
        fs::write(&path, content).expect("is written");
        let refused = open(&path).expect_err("is no database");
        assert!(
            matches!(refused, OpenError::NotADatabase { .. }),
            "{refused:?}"
        );
        assert_eq!(fs::read_to_string(&path).expect("is read"), content);
    }
    let header_only = b"SQLite format 3\0";
    fs::write(&path, header_only).expect("is written");
    let refused = open(&path).expect_err("is no database");
    assert!(
        matches!(refused, OpenError::NotADatabase { .. }),
        "{refused:?}"
    );
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (_folder, path) = folder();
    fs::write(&path, "").expect("is written");
    open(&path).expect("opens");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    for theirs in [
        "CREATE TABLE songs (title TEXT)",
        "PRAGMA application_id = 77",
    ] {
        let (_folder, path) = folder();
        execute(&path, theirs);
        let before = fs::read(&path).expect("is read");
        let refused = open(&path).expect_err("is another program's");
        assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
        assert_eq!(fs::read(&path).expect("is read"), before);
    }
}

#[test]
fn a_file_of_a_newer_format_is_refused() {
    let (_folder, path) = folder();
    drop(open(&path).expect("opens"));
    execute(&path, "PRAGMA user_version = 2");
    let refused = open(&path).expect_err("is too new");
    assert!(
        matches!(
            refused,
            OpenError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_truncated_file_is_called_damaged() {
    let (_folder, path) = folder();
    open(&path).expect("opens").close().await;
    let whole = fs::read(&path).expect("is read");
    for length in [whole.len() / 2, whole.len() / 2 + 100, 4_096] {
        fs::write(&path, &whole[..length]).expect("is written");
        let refused = open(&path).expect_err("is damaged");
        let why = explained(&refused);
        assert!(
            matches!(refused, OpenError::Corrupt { .. }),
            "{length} bytes: {why}"
        );
        assert!(why.contains("restore it from a backup"));
    }
}

#[test]
fn a_path_that_cannot_be_a_file_is_refused() {
    let (folder, path) = folder();
    let refused = open(folder.path()).expect_err("is a folder");
    assert!(
        matches!(refused, OpenError::Inaccessible { .. }),
        "{refused:?}"
    );
    fs::write(&path, "").expect("is written");
    let refused = open(&path.join("below/store.db")).expect_err("lies below a file");
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused:?}");
}

#[test]
#[cfg(unix)]
fn a_folder_without_permission_to_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = folder();
    let allow = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
    allow(0o555).expect("is set");
    let may_write_anyway = fs::write(folder.path().join("probe"), "").is_ok();
    let refused = open(&path);
    allow(0o755).expect("is set");
    if may_write_anyway {
        // The superuser may.
        refused.expect("opens");
    } else {
        let refused = refused.expect_err("may not be written");
        assert!(
            matches!(
                refused,
                OpenError::Connection { .. } | OpenError::NotWritable { .. }
            ),
            "{refused:?}"
        );
    }
}
