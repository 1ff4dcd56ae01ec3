//! The commands in front of a PgBouncer that lends connections for one transaction, when nobody told them of it.

use testkit::{PrivatePgBouncer, PrivatePostgres};

use crate::{private_database, run};

#[test]
fn commands_that_need_a_connection_to_themselves_refuse_a_pooler_and_leave_no_lock() {
    let server = PrivatePostgres::shared();
    let name = private_database();
    let pooler = PrivatePgBouncer::start(server, 3);
    let url = pooler.url(&name);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.dump");
    let file = file.to_str().expect("UTF-8");
    for command in [
        vec!["migrate", "up"],
        vec!["migrate", "down"],
        vec!["migrate", "verify"],
        vec!["backup", "--file", file],
        vec!["restore", "--finish"],
    ] {
        let said = run(&url, &command).ended(1);
        assert!(said.contains("not PgBouncer"), "{command:?}: {said}");
    }
    // Of this database: others on the same server are migrated at the same time.
    let locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                 WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(server.psql(&name, locks), "0");
    let left = std::fs::read_dir(folder.path()).expect("is read").count();
    assert_eq!(left, 0);
    run(&server.url(&name), &["migrate", "up"]).ended(0);
}

#[test]
fn the_other_commands_work_through_it() {
    let server = PrivatePostgres::shared();
    let name = private_database();
    // Few connections: whatever stayed prepared on one would be in the next command's way. `retention` needs two.
    let pooler = PrivatePgBouncer::start(server, 2);
    let url = pooler.url(&name);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sample.ndjson");
    let records = run("", &["sample", "--count", "1500"]).ended(0);
    std::fs::write(&file, records).expect("is written");
    let file = file.to_str().expect("UTF-8");
    server.psql(
        &name,
        "INSERT INTO interactions (pseudonym, id, kind, scholarship_id, occurred_at, recorded_at) \
         SELECT 'p', n::text, 'view', 's1', now() - interval '500 days', now() FROM generate_series(1, 2500) AS n",
    );
    for (created, old) in [(1500, 2500), (0, 0)] {
        let said = run(&url, &["import", file]).ended(0);
        assert!(said.contains(&format!("{created} created")), "{said}");
        let said = run(
            &url,
            &[
                "retention",
                "--dry-run",
                "--folder",
                folder.path().to_str().expect("UTF-8"),
            ],
        )
        .ended(0);
        assert!(said.starts_with(&format!("{old} interactions")), "{said}");
        let archive = folder.path().join("old");
        let archive = archive.to_str().expect("UTF-8");
        run(&url, &["retention", "--folder", archive]).ended(0);
        assert_eq!(server.psql(&name, "SELECT count(*) FROM interactions"), "0");
    }
}
