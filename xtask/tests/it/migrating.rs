//! `cargo xtask migrate`.

use std::time::Duration;

use adapter_postgres::PostgresSettings;
use adapter_postgres::migrations::Migrator;
use testkit::{DatabaseServer, PrivatePgBouncer, PrivatePostgres};

use crate::{Ran, command, database, run};

fn empty() -> (String, String) {
    let server = DatabaseServer::shared();
    let name = server.database();
    let url = server.url(&name);
    (name, url)
}

#[test]
fn a_schema_is_shown_made_verified_and_taken_back() {
    let server = DatabaseServer::shared();
    let (name, url) = empty();
    let status = run(&url, &["migrate", "status"]).ended(3);
    assert!(status.lines().all(|line| line.starts_with("missing")));
    let steps = status.lines().count();
    assert!(
        run(&url, &["migrate", "verify"])
            .ended(3)
            .contains("missing: column scholarships.id text")
    );

    let shown = run(&url, &["migrate", "up", "--dry-run"]).ended(0);
    assert!(shown.contains("CREATE TABLE scholarships (") && shown.contains("nothing was changed"));
    run(&url, &["migrate", "status"]).ended(3);

    assert_eq!(
        run(&url, &["migrate", "up"]).ended(0).lines().count(),
        steps
    );
    assert_eq!(run(&url, &["migrate", "up"]).ended(0), "nothing to do\n");
    run(&url, &["migrate", "status"]).ended(0);
    run(&url, &["migrate", "verify"]).ended(0);
    server.psql(&name, "ALTER TABLE scholarships ADD COLUMN by_hand text");
    let differences = run(&url, &["migrate", "verify"]).ended(3);
    assert!(differences.contains("made by no migration: column scholarships.by_hand text"));
    assert!(differences.contains("not in schema.rs: scholarships.by_hand -> Nullable<Text>"));
    server.psql(&name, "ALTER TABLE scholarships DROP COLUMN by_hand");

    let shown = run(&url, &["migrate", "down", "--dry-run"]).ended(0);
    assert!(
        shown.contains("DROP INDEX tasks_of_requester"),
        "the newest step: {shown}"
    );
    run(&url, &["migrate", "status"]).ended(0);
    run(&url, &["migrate", "down"]).ended(0);
    let status = run(&url, &["migrate", "status"]).ended(3);
    assert_eq!(status.matches("missing").count(), 1);
}

const LOOKING: [(&[&str], i32); 3] = [
    (&["migrate", "status"], 3),
    (&["migrate", "up", "--dry-run"], 0),
    (&["migrate", "down", "--dry-run"], 0),
];

#[test]
fn looking_changes_nothing_and_waits_for_nobody() {
    let server = PrivatePostgres::shared();
    let name = server.database();
    let url = server.url(&name);
    let pooler = PrivatePgBouncer::start(server, 2);
    let things = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    // Somebody else migrates, for as long as `Migrator` lives.
    let runtime = tokio::runtime::Runtime::new().expect("starts");
    let settings = PostgresSettings::new(url.as_str());
    let connecting = Migrator::connect(&settings, Duration::from_secs(10));
    let migrator = runtime.block_on(connecting).expect("connects");
    for (arguments, code) in LOOKING {
        for url in [&url, &pooler.url(&name)] {
            let arguments = [arguments, &["--wait", "0"]].concat();
            run(url, &arguments).ended(code);
            assert_eq!(server.psql(&name, things), "0", "{arguments:?}");
        }
    }
    drop(migrator);
    run(&url, &["migrate", "up"]).ended(0);
    // Who may only read may look.
    let only_reads = url.replace('?', "?options=-c%20default_transaction_read_only%3Don&");
    run(&only_reads, &["migrate", "status"]).ended(0);
    let shown = run(&only_reads, &["migrate", "up", "--dry-run"]).ended(0);
    assert!(shown.contains("0 steps are missing"), "{shown}");
}

#[test]
fn taking_back_refuses_to_destroy_rows_unless_told_to() {
    let server = DatabaseServer::shared();
    let name = database();
    let url = server.url(&name);
    server.psql(
        &name,
        "INSERT INTO tasks (id, digest, action, payload, owner, requested_by, priority, timeout_ms, retry, turn, state, \
           attempts, created_at, not_before, told) \
         VALUES ('a', sha256(''), 'scholarship_api.search', '{}', 'o', 'r', 5, 1000, 0, 0, 'queued', 0, now(), now(), 'accepted')",
    );
    // An index holds no rows.
    run(&url, &["migrate", "down"]).ended(0);
    let refusal = run(&url, &["migrate", "down", "--steps", "3"]).ended(4);
    assert!(
        refusal.contains("tasks (1 rows)") && refusal.contains("--yes"),
        "{refusal}"
    );
    assert_eq!(server.psql(&name, "SELECT id FROM tasks"), "a");
    run(&url, &["migrate", "down", "--steps", "3", "--yes"]).ended(0);
    run(&url, &["migrate", "up"]).ended(0);
    // No rows, no question.
    run(&url, &["migrate", "down", "--steps", "5"]).ended(0);
}

#[test]
fn the_steps_are_rehearsed_on_a_server_of_its_own() {
    // Whatever the variable names is left alone.
    let (_, url) = empty();
    let said = run(&url, &["migrate", "rehearse"]).ended(0);
    assert!(
        said.contains("steps were made, taken back and made again\nthe schema is what"),
        "{said}"
    );
    let status = run(&url, &["migrate", "status"]).ended(3);
    assert!(status.lines().all(|line| line.starts_with("missing")));
}

#[test]
fn two_at_once_are_safe() {
    let (_, url) = empty();
    let both: Vec<_> = (0..3)
        .map(|_| {
            let mut up = command(&url, &["migrate", "up"]);
            up.stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            up.spawn().expect("starts")
        })
        .collect();
    let idle = both
        .into_iter()
        .map(|up| Ran::of(up.wait_with_output().expect("ends")).ended(0))
        .filter(|output| output == "nothing to do\n")
        .count();
    assert_eq!(idle, 2, "one of them made all steps");
    run(&url, &["migrate", "verify"]).ended(0);
}

#[test]
fn what_cannot_be_done_is_said_without_the_password() {
    let said = run("", &["migrate", "status"]).ended(1);
    assert!(said.contains("Set DATABASE_URL"), "{said}");
    let said = run("sqlite://var/x.db", &["migrate", "status"]).ended(1);
    assert!(said.contains("for Postgres"), "{said}");
    let secret = "postgresql://ann:hidden-word@127.0.0.1:1/x?sslmode=disable";
    for arguments in [
        vec!["migrate", "status"],
        vec!["migrate", "--help"],
        vec!["backup", "--file", "/nonexistent/x/y.dump"],
        vec!["import", "--help"],
    ] {
        let said = run(secret, &arguments).output;
        assert!(!said.is_empty() && !said.contains("hidden-word"), "{said}");
    }
    let help = run("", &["migrate", "--help"]).ended(0);
    assert!(help.contains("Exit codes:") && help.contains("Examples:"));
}
