//! The stub takes whatever comes, remembers it, and misbehaves as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::command_center_stub::{Behaviour, CallKind, CommandCenterStub};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

/// The answer to these words; empty when the connection was reset.
async fn send(
    stub: &CommandCenterStub,
    method: &str,
    path: &str,
    key: &str,
    body: &Value,
) -> String {
    let mut stream = TcpStream::connect(stub.address()).await.expect("listens");
    let body = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: stub\r\nConnection: close\r\nIdempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("is read");
    let mut answer = String::new();
    let read = timeout(LONG, stream.read_to_string(&mut answer)).await;
    let _ = read.expect("does not hang");
    answer
}

async fn notify(stub: &CommandCenterStub, task: &str, sequence: u64, body: &str) -> String {
    let message = json!({"task_id": task, "sequence": sequence, "body": body});
    let path = format!("/orchestrator/tasks/{task}/callback");
    send(stub, "POST", &path, &format!("{task}.{sequence}"), &message).await
}

#[tokio::test]
async fn requests_are_told_apart_by_their_paths() {
    let stub = CommandCenterStub::start();
    for (method, path, kind) in [
        ("POST", "/orchestrator/register", CallKind::Registration),
        (
            "POST",
            "/center/orchestrator/heartbeat",
            CallKind::Heartbeat,
        ),
        ("POST", "/orchestrator/events", CallKind::Events),
        ("POST", "/orchestrator/tasks/a/callback", CallKind::Callback),
        ("POST", "/elsewhere", CallKind::Callback),
    ] {
        let answer = send(&stub, method, path, "k", &json!({"a": 1})).await;
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
        let call = stub.calls().pop().expect("was remembered");
        assert_eq!((call.kind, call.path.as_str()), (kind, path));
        assert_eq!(
            (call.json(), call.header("idempotency-key")),
            (json!({"a": 1}), Some("k"))
        );
    }
    let answer = send(&stub, "GET", "/orchestrator/register", "", &json!({})).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert_eq!(
        (stub.count(), stub.calls_of(CallKind::Callback).len()),
        (6, 2)
    );
}

#[tokio::test]
async fn orders_are_met_in_turn_and_then_the_rest() {
    let stub = CommandCenterStub::start();
    stub.always(Behaviour::status(503));
    stub.enqueue(Behaviour::redirect("http://elsewhere/"));
    stub.enqueue(Behaviour::rate_limited(Duration::from_secs(7)));
    stub.enqueue(Behaviour::Reset);
    let moved = notify(&stub, "a", 1, "").await;
    assert!(moved.starts_with("HTTP/1.1 302") && moved.contains("location: http://elsewhere/"));
    let limited = notify(&stub, "a", 1, "").await;
    assert!(limited.starts_with("HTTP/1.1 429") && limited.contains("retry-after: 7"));
    assert_eq!(notify(&stub, "a", 1, "").await, "");
    assert!(notify(&stub, "a", 1, "").await.starts_with("HTTP/1.1 503"));
    assert_eq!(stub.notices().unaccepted(), ["a.1"]);
    stub.always(Behaviour::Accept);
    assert!(notify(&stub, "a", 1, "").await.starts_with("HTTP/1.1 202"));
    assert_eq!(stub.notices().by_key["a.1"].times, 5);
    assert_eq!(stub.notices().unaccepted(), Vec::<&str>::new());
}

#[tokio::test]
async fn contradictions_and_disorder_are_seen() {
    let stub = CommandCenterStub::start();
    for (task, sequence, body) in [
        ("a", 1, "x"),
        ("a", 2, "x"),
        ("a", 1, "x"),
        ("b", 2, "x"),
        ("b", 1, "x"),
        ("b", 2, "y"),
    ] {
        notify(&stub, task, sequence, body).await;
    }
    let notices = stub.notices();
    assert_eq!(notices.contradictions(), ["b.2"]);
    assert_eq!(notices.out_of_order(), ["b"]);
    assert_eq!(notices.order["a"], [1, 2]);
}

async fn failures(seed: u64) -> Vec<String> {
    let stub = CommandCenterStub::start();
    stub.fail_callbacks(30, seed);
    let mut outcomes = Vec::new();
    for at in 0..200 {
        let answer = notify(&stub, "a", at, "").await;
        outcomes.push(answer.chars().skip(9).take(3).collect());
        let other = send(&stub, "POST", "/orchestrator/heartbeat", "", &json!({})).await;
        assert!(other.starts_with("HTTP/1.1 202"), "only callbacks fail");
    }
    assert_eq!(stub.notices().by_key.len(), 200, "all are remembered");
    outcomes
}

#[tokio::test]
async fn the_seed_decides_which_callbacks_fail() {
    let outcomes = failures(7).await;
    assert_eq!(outcomes, failures(7).await);
    let failed = outcomes.iter().filter(|status| *status != "202").count();
    assert!((40..=80).contains(&failed), "{failed} of 200");
    for kind in ["500", "429", ""] {
        assert!(outcomes.iter().any(|status| status == kind), "{kind}");
    }
}

#[tokio::test]
async fn whoever_listens_hears_of_every_request() {
    let stub = CommandCenterStub::start();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    stub.on_call(move |call| hears.lock().expect("is free").push(call.kind));
    notify(&stub, "a", 1, "").await;
    assert_eq!(*heard.lock().expect("is free"), [CallKind::Callback]);
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let stub = CommandCenterStub::start();
    assert!(CommandCenterStub::start_on(stub.address().port()).is_err());
    assert!(CommandCenterStub::start_on(0).is_ok());
}
