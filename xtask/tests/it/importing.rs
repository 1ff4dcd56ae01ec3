//! Importing into Postgres.

use testkit::DatabaseServer;

use super::{command, database, run};

#[test]
fn records_go_into_postgres_and_a_dry_run_writes_nothing() {
    let server = DatabaseServer::shared();
    let name = database();
    let url = server.url(&name);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sample.ndjson");
    let mut sample = command("", &["sample", "--seed", "1", "--count", "2500"]);
    let sample = sample.output().expect("starts");
    std::fs::write(&file, sample.stdout).expect("is written");
    let file = file.to_str().expect("UTF-8");
    let count = || server.psql(&name, "SELECT count(*) FROM scholarships");

    run(&url, &["import", "--dry-run", file]).ended(0);
    assert_eq!(count(), "0");
    let text = run(&url, &["import", file]).ended(0);
    assert!(text.contains("2500 created"), "{text}");
    assert_eq!(count(), "2500");
    let text = run(&url, &["import", file]).ended(0);
    assert!(text.contains("2500 unchanged"), "{text}");

    let empty = server.url(&server.database());
    let text = run(&empty, &["import", file]).ended(1);
    assert!(text.contains("cargo xtask migrate up"), "{text}");
}
