//! `cargo xtask backup` and `restore`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;
use testkit::DatabaseServer;

use crate::{command, database, run};

fn fill(name: &str) {
    DatabaseServer::shared().psql(
        name,
        "INSERT INTO scholarships SELECT 's' || n, 'source', n::text, 1, now(), now(), decode(repeat('0a', 32), 'hex'), '{\"ä\": 1}' \
           FROM generate_series(1, 2000) AS n; \
         INSERT INTO scholarship_changes SELECT 's' || n, 5000000000 + n, n, false, now() FROM generate_series(1, 2000) AS n; \
         SELECT setval('scholarship_change_sequence', 2000); \
         INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
           SELECT 'p' || n % 7, 'i' || n, 'view', 's1', now() - n * interval '1 hour', now() FROM generate_series(1, 3000) AS n; \
         INSERT INTO store_secrets VALUES ('pseudonym_key', decode(repeat('17', 32), 'hex'))",
    );
}

fn backed_up(folder: &TempDir) -> (String, PathBuf) {
    let name = database();
    fill(&name);
    let file = folder.path().join("awards.dump");
    let said = run(
        &DatabaseServer::shared().url(&name),
        &["backup", "--file", file.to_str().expect("UTF-8")],
    )
    .ended(0);
    assert!(
        said.contains("interactions") && said.contains("3000 rows"),
        "{said}"
    );
    (name, file)
}

#[test]
fn what_was_backed_up_is_restored_equal_and_goes_on() {
    let server = DatabaseServer::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let (name, file) = backed_up(&folder);
    for file in [&file, &file.with_extension("dump.json")] {
        let mode = file.metadata().expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    let path = file.to_str().expect("UTF-8");
    // Written after the backup, and not in it.
    server.psql(
        &name,
        "DELETE FROM interactions; DELETE FROM scholarships WHERE id = 's1'",
    );

    let restored = format!("{name}_restored");
    let url = server.url(&restored);
    let said = run(&url, &["restore", path]).ended(0);
    assert!(said.contains("every table equal"), "{said}");
    assert_eq!(
        server.psql(&restored, "SELECT count(*) FROM interactions"),
        "3000"
    );
    assert_eq!(
        server.psql(
            &restored,
            "SELECT document FROM scholarships WHERE id = 's1'"
        ),
        "{\"ä\": 1}"
    );
    run(&url, &["migrate", "status"]).ended(0);
    run(&url, &["migrate", "verify"]).ended(0);
    // New entries of the log come after all that the backup knew.
    let next = "SELECT pg_current_xact_id()::text::bigint + transaction_offset > 5000000000 + 2000 FROM change_feed";
    assert_eq!(server.psql(&restored, next), "t");
    assert_eq!(
        server.psql(&restored, "SELECT nextval('scholarship_change_sequence')"),
        "2001"
    );

    // It is not empty any more.
    let refusal = run(&url, &["restore", path]).ended(4);
    assert!(refusal.contains("not empty"), "{refusal}");
    assert_eq!(
        server.psql(&restored, "SELECT count(*) FROM interactions"),
        "3000"
    );
    // Nor is one in which somebody has made anything.
    let other = server.database();
    server.psql(
        &other,
        "CREATE SCHEMA mine; CREATE TABLE mine.notes (id integer)",
    );
    run(&server.url(&other), &["restore", path]).ended(4);
}

#[test]
fn a_backup_beside_writers_is_restored_equal() {
    let server = DatabaseServer::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let name = database();
    fill(&name);
    let file = folder.path().join("awards.dump");
    let path = file.to_str().expect("UTF-8");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                server.psql(
                    &name,
                    "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
                       VALUES ('p', gen_random_uuid()::text, 'view', 's1', now(), now()); \
                     SELECT nextval('scholarship_change_sequence')",
                );
            }
        });
        let backed_up = run(&server.url(&name), &["backup", "--file", path]);
        is_over.store(true, Ordering::SeqCst);
        backed_up.ended(0);
    });
    let restored = format!("{name}_restored");
    let said = run(&server.url(&restored), &["restore", path]).ended(0);
    assert!(said.contains("every table equal"), "{said}");

    // Numbers that were given before must not be given again.
    let sums = folder.path().join("awards.dump.json");
    let text = std::fs::read_to_string(&sums).expect("is read");
    let mut manifest: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
    manifest["sequences"]["scholarship_change_sequence"] = 1_000_000.into();
    std::fs::write(&sums, manifest.to_string()).expect("is written");
    let said = run(&server.url(&format!("{name}_behind")), &["restore", path]).ended(3);
    assert!(
        said.contains("scholarship_change_sequence: has come to"),
        "{said}"
    );
}

#[test]
fn a_backup_that_is_damaged_or_alone_is_not_restored() {
    let server = DatabaseServer::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let (name, file) = backed_up(&folder);
    let path = file.to_str().expect("UTF-8");
    let there = run(&server.url(&name), &["backup", "--file", path]).ended(1);
    assert!(there.contains("is there already"), "{there}");

    let url = server.url(&server.database());
    let whole = std::fs::read(&file).expect("is read");
    std::fs::write(&file, &whole[..whole.len() - 1]).expect("is written");
    let said = run(&url, &["restore", path]).ended(1);
    assert!(said.contains("damaged, or cut short"), "{said}");
    std::fs::write(&file, &whole).expect("is written");
    let sums = folder.path().join("awards.dump.json");
    let text = std::fs::read_to_string(&sums).expect("is read");

    // What was restored is compared for real.
    std::fs::write(&sums, text.replace("\"rows\": 3000", "\"rows\": 3001")).expect("is written");
    let said = run(&url, &["restore", path]).ended(3);
    assert!(
        said.contains("interactions: 3000 rows") && said.contains("instead of 3001"),
        "{said}"
    );
    std::fs::remove_file(&sums).expect("is removed");
    run(&url, &["restore", path]).ended(1);
}

/// A folder whose `pg_restore` is the real one, but kills who started it at its end.
fn cut_off_behind_pg_restore() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("pg_restore");
    let script = "#!/bin/sh\nPATH=${PATH#*:}\npg_restore \"$@\" && kill -9 $PPID\n";
    std::fs::write(&program, script).expect("is written");
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("is ours");
    folder
}

#[test]
fn a_restore_that_was_cut_off_is_not_served_until_it_is_finished() {
    let server = DatabaseServer::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let (name, file) = backed_up(&folder);
    let path = file.to_str().expect("UTF-8");
    let sample = folder.path().join("sample.ndjson");
    let records = run("", &["sample", "--count", "3"]).ended(0);
    std::fs::write(&sample, records).expect("is written");
    let sample = sample.to_str().expect("UTF-8");
    let programs = cut_off_behind_pg_restore();
    let path_with = format!(
        "{}:{}",
        programs.path().display(),
        std::env::var("PATH").expect("is set")
    );
    for finish in [vec!["restore", path], vec!["restore", "--finish"]] {
        let restored = server.database();
        let url = server.url(&restored);
        let mut restoring = command(&url, &["restore", path]);
        let ended = restoring.env("PATH", &path_with).output().expect("starts");
        assert_eq!(ended.status.code(), None, "was killed");
        let count = "SELECT count(*) FROM scholarships";
        assert_eq!(server.psql(&restored, count), "2000", "it had filled it");

        let said = run(&url, &["import", sample]).ended(1);
        assert!(said.contains("cargo xtask restore --finish"), "{said}");
        assert_eq!(server.psql(&restored, count), "2000");
        run(&url, &finish).ended(0);
        run(&url, &["import", sample]).ended(0);
        assert_eq!(server.psql(&restored, count), "2003");
        // Once is enough.
        let offset = "SELECT transaction_offset FROM change_feed";
        let finished = server.psql(&restored, offset);
        let said = run(&url, &["restore", "--finish"]).ended(0);
        assert!(said.contains("nothing to do"), "{said}");
        assert_eq!(server.psql(&restored, offset), finished);
    }

    // What only looks like it is left alone.
    let other = server.clone_of(&name);
    server.psql(&other, "DELETE FROM interactions WHERE id = 'i1'");
    let said = run(&server.url(&other), &["restore", path]).ended(4);
    assert!(said.contains("something else than this backup"), "{said}");
    let said = run(&server.url(&other), &["import", sample]).ended(1);
    assert!(said.contains("cargo xtask restore --finish"), "{said}");
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind() {
    let server = DatabaseServer::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.dump");
    let name = database();
    let url = server.url(&name);
    let gone = server.url("nowhere");
    for (url, why) in [
        (gone, "nowhere"),
        (url.replace("postgres@", "nobody@"), "nobody"),
    ] {
        let said = run(&url, &["backup", "--file", file.to_str().expect("UTF-8")]).ended(1);
        assert!(said.contains(why), "{said}");
        let left = std::fs::read_dir(folder.path()).expect("is read").count();
        assert_eq!(left, 0);
    }
}
