//! `cargo xtask tasks notices` and `redeliver`.

use testkit::DatabaseServer;

use crate::{database, run};

/// A task, and its notice that was given up after five attempts.
const BURIED: &str = "INSERT INTO tasks (id, digest, action, payload, reply_to, owner, requested_by, priority, timeout_ms, retry, \
       turn, state, attempts, created_at, not_before, told) \
     VALUES ('a', sha256(''), 'scholarship_api.search', '{}', 'https://center.example/', 'o', 'r', 5, 1000, 0, 0, 'queued', 0, \
       now(), now(), 'accepted'); \
     INSERT INTO task_notices (task, kind, created_at, due_at, attempts, delivery_error, buried_at) \
     SELECT sequence, 'accepted', now(), now(), 5, 'the Command Center refused the request with 404', now() FROM tasks";
const WAITING: &str =
    "SELECT attempts FROM task_notices WHERE buried_at IS NULL AND due_at <= now()";

#[test]
fn notices_that_were_given_up_are_shown_and_tried_again() {
    let server = DatabaseServer::shared();
    let name = database();
    let url = server.url(&name);
    assert_eq!(run(&url, &["tasks", "notices", "--buried"]).ended(0), "");
    server.psql(&name, BURIED);
    let shown = run(&url, &["tasks", "notices", "--buried"]).ended(0);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("one line of JSON");
    assert_eq!(shown["status"], "accepted");
    assert_eq!(shown["attempts"], 5);
    assert!(
        shown["error"]
            .as_str()
            .is_some_and(|error| error.ends_with("with 404"))
    );
    let key = shown["key"].as_str().expect("a key");
    assert!(key.starts_with("a."), "{key}");
    let done = run(&url, &["tasks", "redeliver", key]).ended(0);
    assert_eq!(done, format!("{key}: tried again\n1 notices\n"));
    assert_eq!(server.psql(&name, WAITING), "0");
    let again = run(&url, &["tasks", "redeliver", key]).ended(1);
    assert!(again.contains("nothing changed"), "{again}");
    server.psql(&name, "UPDATE task_notices SET buried_at = now()");
    let all = run(&url, &["tasks", "redeliver", "--all-buried"]).ended(0);
    assert!(all.ends_with("1 notices\n"), "{all}");
    let wrong = run(&url, &["tasks", "redeliver", "a"]).ended(2);
    assert!(wrong.contains("TASK_ID.NUMBER"), "{wrong}");
    let unsaid = run(&url, &["tasks", "notices"]).ended(1);
    assert!(unsaid.contains("--buried"), "{unsaid}");
}
