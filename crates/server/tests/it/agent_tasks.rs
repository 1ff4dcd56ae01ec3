//! Tasks of agents behind real servers and a Command Center that fails: whatever is killed, every task is done as it was sent,
//! and its sender is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use auth::{Role, TokenKey, TokenSettings, Verifier};
use serde_json::{Value, json};
use testkit::PrivatePostgres;
use testkit::command_center_stub::{CallKind, CommandCenterStub};

use crate::client::{ask, get};
use crate::process::{Process, SECRET, command, token};
use crate::replica::{Replica, database, eventually};

fn task(id: &str, reply_to: Option<String>) -> Value {
    let mut task = json!({
        "task_id": id,
        "action": "scholarship_api.search",
        "payload": {"query": "", "pagination": {"page": 1, "size": 1}},
        "resources": {"priority": 5, "timeout_ms": 10_000, "retry": 10},
    });
    if let Some(reply_to) = reply_to {
        task["reply_to"] = json!(reply_to);
    }
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_center_hears_of_a_task_and_of_us() {
    let stub = CommandCenterStub::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(folder.path());
    let mut process = Process::spawn(command.env("COMMAND_CENTER_URL", stub.url()));
    let address = process.address;
    let sent = task("task-1", Some(stub.callback_url("task-1")));
    let agent = token(Role::Agent, "planner");
    let taken = ask(address, "POST", "/agent/task", Some(&agent), Some(&sent)).await;
    assert_eq!(taken.expect("answered").status, 202);
    let statuses = || {
        let calls = stub.calls_of(CallKind::Callback);
        let bodies = calls.iter().map(|call| call.json()["status"].clone());
        bodies.collect::<Vec<_>>()
    };
    eventually("all notices", async || statuses().len() == 3).await;
    assert_eq!(statuses(), ["accepted", "in_progress", "succeeded"]);
    // What we say is signed, with the body.
    let settings = TokenSettings {
        issuer: "scholar-sync-agents".to_owned(),
        audience: "auto-com-center".to_owned(),
        ..TokenSettings::default()
    };
    let key = TokenKey::new(SECRET.into()).expect("a secret");
    let verifier = Verifier::new(settings, &[key]);
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has the system's clock"
    )]
    let now = chrono::Utc::now();
    for call in stub.calls() {
        let token = call.token().expect("a token");
        let verified = verifier.verify_with_body(token, &call.body, now);
        verified.expect("it is signed for this body");
        // Nobody can send it back to us as an order.
        let back = ask(address, "GET", "/agent/tasks/task-1", Some(token), None).await;
        assert_eq!(back.expect("answered").status, 401);
    }
    eventually("a registration, a sign of life and events", async || {
        [
            CallKind::Registration,
            CallKind::Heartbeat,
            CallKind::Events,
        ]
        .iter()
        .all(|kind| !stub.calls_of(*kind).is_empty())
    })
    .await;
    let health = get(address, "/agent/health").await.json();
    assert_eq!(health["command_center"], "up");
    process.signal("TERM");
    assert!(process.ended(Duration::from_secs(20)).await.success());
    let last = stub.calls_of(CallKind::Heartbeat).pop().expect("was sent");
    assert_eq!(last.json()["status"], "draining");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_survives_kill_and_is_done_by_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = Process::start(folder.path());
    let agent = token(Role::Agent, "planner");
    let sent = task("task-1", None);
    let taken = ask(
        first.address,
        "POST",
        "/agent/task",
        Some(&agent),
        Some(&sent),
    )
    .await;
    assert_eq!(taken.expect("answered").status, 202);
    first.kill();
    let second = Process::start(folder.path());
    let path = "/agent/tasks/task-1";
    let done = async || {
        let answer = ask(second.address, "GET", path, Some(&agent), None).await;
        answer.expect("answered").json()["status"] == "succeeded"
    };
    // It may have been under way: then its lease of thirty seconds runs out first.
    let begun = Instant::now();
    while !done().await {
        assert!(
            begun.elapsed() < Duration::from_secs(90),
            "it is never done"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Three replicas that are killed again and again, a store that is restarted, a Command Center that fails three of ten
/// callbacks for a while. `SOAK_TASKS` says how many tasks.
#[tokio::test(flavor = "multi_thread")]
async fn every_task_is_done_and_told_whatever_is_killed() {
    let count: usize =
        std::env::var("SOAK_TASKS").map_or(150, |text| text.parse().expect("a number"));
    let stub = CommandCenterStub::start();
    stub.fail_callbacks(30, 7);
    let server = PrivatePostgres::start();
    let url = database(&server).await;
    let center = stub.url();
    let start = || {
        let variables = [
            ("COMMAND_CENTER_URL", center.as_str()),
            ("RATE_LIMIT_AGENT", "1000000/second"),
            ("LOG_LEVEL", "error"),
        ];
        Replica::start_with(&url, "session", &variables)
    };
    let mut replicas = vec![start(), start(), start()];
    let made = replicas[0].created("The One Scholarship").await;
    let begun = Instant::now();
    let mut number = 0;
    for at in 0..count {
        send(&replicas, at, &stub).await;
        // Some eight kills and two restarts of the store, spread over all tasks.
        if at % (count / 8).max(1) == count / 16 {
            replicas[number % 3].process.kill();
            replicas[number % 3] = start();
            number += 1;
        }
        if at == count / 3 || at == 2 * count / 3 {
            server.kill();
            server.restart();
        }
    }
    println!("{count} tasks are taken in after {:?}", begun.elapsed());
    let within = Duration::from_secs(180 + count as u64 / 20);
    // In three of a hundred runs some notice fails eight times in a row, and waits for minutes then.
    let heals = begun.elapsed() + Duration::from_secs(45 + count as u64 / 40);
    let told = loop {
        if begun.elapsed() > heals {
            stub.fail_callbacks(0, 7);
        }
        let told = finished(&stub);
        if told.len() == count && stub.notices().unaccepted().is_empty() {
            break told;
        }
        let left = || {
            let database = url
                .rsplit('/')
                .next()
                .and_then(|rest| rest.split('?').next());
            let left = "SELECT t.id, t.state, t.worker, t.lease_until, t.not_before, n.* FROM tasks t LEFT JOIN task_notices n \
                ON n.task = t.sequence WHERE n.task IS NOT NULL OR t.finished_at IS NULL";
            server.psql(database.expect("a name"), left)
        };
        assert!(
            begun.elapsed() < within,
            "{} of {count} are told; left: {}",
            told.len(),
            left()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    println!("all are told after {:?}", begun.elapsed());
    for (id, callback) in &told {
        assert_eq!(callback["status"], "succeeded", "{id}: {callback}");
        let found = &callback["result"]["data"][0]["id"];
        assert_eq!(*found, json!(made), "{id}: {callback}");
    }
    let notices = stub.notices();
    assert_eq!(notices.contradictions(), Vec::<&str>::new());
    assert_eq!(notices.out_of_order(), Vec::<&str>::new());
    assert_eq!(notices.by_key.len(), 3 * count, "each is told three things");
}

/// Until some replica has taken the task in; the same token and body go to the next one.
async fn send(replicas: &[Replica], at: usize, stub: &CommandCenterStub) {
    let id = format!("task-{at}");
    let sent = task(&id, Some(stub.callback_url(&id)));
    let agent = token(Role::Agent, "planner");
    for attempt in 0..600 {
        let address = replicas[(at + attempt) % 3].process.address;
        let answer = ask(address, "POST", "/agent/task", Some(&agent), Some(&sent)).await;
        match answer.map(|answer| (answer.status, answer.body)) {
            Ok((202, _)) => return,
            Ok((503 | 504, _)) | Err(_) => {}
            Ok((status, body)) => panic!("{id}: {status} {body}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody takes {id} in");
}

/// The last callback of each task that has ended.
fn finished(stub: &CommandCenterStub) -> BTreeMap<String, Value> {
    let notices = stub.notices();
    let bodies = notices.by_key.values().flat_map(|record| &record.bodies);
    let bodies = bodies.filter_map(|body| serde_json::from_slice::<Value>(body).ok());
    bodies
        .filter(|body| body["status"] != "accepted" && body["status"] != "in_progress")
        .map(|body| {
            (
                body["task_id"].as_str().unwrap_or_default().to_owned(),
                body,
            )
        })
        .collect()
}
