//! `cargo xtask token revoke`.

use testkit::DatabaseServer;

use crate::{database, run};

#[test]
fn what_is_revoked_stands_in_the_store_without_a_name() {
    let server = DatabaseServer::shared();
    let name = database();
    let url = server.url(&name);
    let said = run(&url, &["token", "revoke", "--jti", "one-token"]).ended(0);
    assert!(
        said.contains("\"one-token\"") && said.contains("within a second"),
        "{said}"
    );
    let said = run(&url, &["token", "revoke", "--subject", "lou"]).ended(0);
    assert!(said.contains("\"lou\"") && said.contains("until"), "{said}");
    let rows = server.psql(
        &name,
        "SELECT kind, digest = sha256('one-token'), digest = sha256('lou'), revoked_at > now() - interval '1 minute', \
           expires_at - revoked_at FROM revocations ORDER BY kind DESC",
    );
    assert_eq!(
        rows,
        "token|t|f|t|1 day 00:10:00\nsubject|f|f|t|1 day 00:10:00"
    );
}

#[test]
fn a_sqlite_file_is_written_and_never_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let url = format!("sqlite://{}", path.display());
    let revoke = ["token", "revoke", "--jti", "one"];
    let said = run(&url, &revoke).ended(1);
    assert!(said.contains("there is no store"), "{said}");
    assert!(!path.exists());
    let nothing = folder.path().join("nothing.json");
    std::fs::write(&nothing, "[]").expect("is written");
    run(&url, &["import", nothing.to_str().expect("UTF-8")]).ended(1);
    run(&url, &revoke).ended(0);
}

#[test]
fn what_cannot_be_revoked_is_said() {
    let server = DatabaseServer::shared();
    let url = server.url(&database());
    let either = ["token", "revoke", "--jti", "one", "--subject", "lou"];
    let said = run(&url, &either).ended(2);
    assert!(said.contains("cannot be used with"), "{said}");
    let said = run(&url, &["token", "revoke"]).ended(2);
    assert!(
        said.contains("--jti") && said.contains("--subject"),
        "{said}"
    );
    let said = run(&url, &["token", "revoke", "--jti", ""]).ended(1);
    assert!(said.contains("empty"), "{said}");
    let said = run(&url, &["token", "revoke", "--subject", "l\nou"]).ended(1);
    assert!(said.contains("control characters"), "{said}");
    let empty = server.url(&server.database());
    let said = run(&empty, &["token", "revoke", "--jti", "one"]).ended(1);
    assert!(said.contains("cargo xtask migrate up"), "{said}");
    let away = "postgresql://ann:hidden-word@127.0.0.1:1/x?sslmode=disable";
    let said = run(away, &["token", "revoke", "--jti", "one"]).ended(1);
    assert!(
        said.contains("Postgres") && !said.contains("hidden-word"),
        "{said}"
    );
}
