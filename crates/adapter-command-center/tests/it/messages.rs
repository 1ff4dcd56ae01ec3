//! What is sent, and where.

use adapter_command_center::CommandCenterSettings;
use domain::task::PlainText;
use ports::{CommandCenter as _, Delivery};
use serde_json::json;
use testkit::command_center_stub::{Call, CallKind, CommandCenterStub};

use crate::world::{
    TRACE, center, center_with, delivery, event, failed_delivery, heartbeat, registration, settings,
};

fn only_call(stub: &CommandCenterStub) -> Call {
    let mut calls = stub.calls();
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[tokio::test]
async fn a_notice_is_the_result_envelope() {
    let stub = CommandCenterStub::start();
    let delivery = delivery(&stub);
    center(&stub).deliver(&delivery).await.expect("is taken");
    let call = only_call(&stub);
    assert_eq!(call.method, "POST");
    assert_eq!(call.path, "/orchestrator/tasks/task-1/callback");
    assert_eq!(call.header("content-type"), Some("application/json"));
    assert_eq!(call.header("idempotency-key"), Some("task-1.3"));
    assert_eq!(call.header("x-trace-id"), Some(TRACE));
    let parent = call.header("traceparent").expect("is there");
    assert!(parent.starts_with(&format!("00-{TRACE}-")), "{parent}");
    let version = concat!("scholarship-api/", env!("CARGO_PKG_VERSION"));
    assert_eq!(call.header("user-agent"), Some(version));
    assert_eq!(
        call.json(),
        json!({
            "task_id": "task-1", "status": "succeeded",
            "result": {"z": 1, "a": "hidden result", "n": 1.1},
            "trace_id": TRACE, "execution_time_ms": 12, "sequence": 3, "at": "2026-11-26T12:00:00Z",
        })
    );
}

#[tokio::test]
async fn a_result_stays_as_it_was_written() {
    let stub = CommandCenterStub::start();
    let delivery = delivery(&stub);
    center(&stub).deliver(&delivery).await.expect("is taken");
    let body = String::from_utf8(only_call(&stub).body).expect("is text");
    assert!(body.contains(r#""result":{"z": 1, "a":  "hidden result", "n": 1.10}"#));
}

#[tokio::test]
async fn a_notice_of_a_failure_says_why() {
    let stub = CommandCenterStub::start();
    let delivery = failed_delivery(&stub);
    center(&stub).deliver(&delivery).await.expect("is taken");
    let call = only_call(&stub);
    assert_eq!(call.header("x-trace-id"), None);
    assert_eq!(
        call.json(),
        json!({
            "task_id": "task-1", "status": "failed",
            "error": {
                "code": "VALIDATION_FAILED", "message": "the payload is wrong",
                "details": {"field": "query"},
            },
            "sequence": 3, "at": "2026-11-26T12:00:00Z",
        })
    );
}

#[tokio::test]
async fn another_attempt_says_the_same_in_the_same_bytes() {
    let stub = CommandCenterStub::start();
    let (center, first) = (center(&stub), delivery(&stub));
    let second = Delivery {
        attempts: 2,
        ..first.clone()
    };
    center.deliver(&first).await.expect("is taken");
    center.deliver(&second).await.expect("is taken");
    let notices = stub.notices();
    assert_eq!(notices.by_key["task-1.3"].times, 2);
    assert_eq!(notices.contradictions(), Vec::<&str>::new());
    let calls = stub.calls();
    assert_ne!(calls[0].token(), calls[1].token());
}

#[tokio::test]
async fn a_trace_id_that_is_no_word_stands_in_the_body_only() {
    let stub = CommandCenterStub::start();
    let delivery = Delivery {
        trace_id: Some(PlainText::parse("two words é").expect("is short")),
        ..delivery(&stub)
    };
    center(&stub).deliver(&delivery).await.expect("is taken");
    let call = only_call(&stub);
    assert_eq!(
        (call.header("x-trace-id"), call.header("traceparent")),
        (None, None)
    );
    assert_eq!(call.json()["trace_id"], "two words é");
}

#[tokio::test]
async fn an_agent_registers_with_what_it_can_do() {
    let stub = CommandCenterStub::start();
    let registration = registration();
    center(&stub)
        .register(&registration)
        .await
        .expect("is taken");
    let call = only_call(&stub);
    assert_eq!(call.path, "/orchestrator/register");
    assert_eq!(
        call.json(),
        json!({
            "agent_id": "scholarship_api", "version": "1.2.3",
            "capabilities": ["scholarship_api.search", "scholarship_api.analytics"],
            "max_concurrent": 8, "started_at": "2026-11-26T12:00:00Z",
        })
    );
}

#[tokio::test]
async fn a_heartbeat_says_how_the_agent_is() {
    let stub = CommandCenterStub::start();
    center(&stub)
        .heartbeat(&heartbeat())
        .await
        .expect("is taken");
    let call = only_call(&stub);
    assert_eq!(call.path, "/orchestrator/heartbeat");
    assert_eq!(
        call.json(),
        json!({
            "agent_id": "scholarship_api", "status": "degraded", "at": "2026-11-26T12:00:00Z",
            "workers": 8, "busy": 3,
        })
    );
}

#[tokio::test]
async fn events_go_together_under_a_key_of_their_ids() {
    let stub = CommandCenterStub::start();
    let center = center(&stub);
    for ids in [["a", "b"], ["a", "b"], ["b", "a"], ["ab", ""]] {
        let events = ids.map(event);
        center.send_events(&events).await.expect("is taken");
    }
    center.send_events(&[]).await.expect("nothing is nothing");
    let calls = stub.calls_of(CallKind::Events);
    assert_eq!(calls.len(), 4);
    assert_eq!(calls[0].path, "/orchestrator/events");
    assert_eq!(
        calls[0].json()["events"][1],
        json!({
            "id": "b", "kind": "task_completed", "at": "2026-11-26T12:00:00Z",
            "agent_id": "scholarship_api", "task_id": "task-1", "action": "scholarship_api.search",
            "execution_ms": 12, "results": 7,
        })
    );
    let keys: Vec<Option<&str>> = calls
        .iter()
        .map(|call| call.header("idempotency-key"))
        .collect();
    assert_eq!(keys[0].map(str::len), Some(64));
    assert_eq!(keys[0], keys[1]);
    assert!(keys[1] != keys[2] && keys[2] != keys[3] && keys[1] != keys[3]);
}

#[tokio::test]
async fn the_base_url_may_have_a_path_of_its_own() {
    let stub = CommandCenterStub::start();
    for path in ["/", "/center", "/center/"] {
        let settings = CommandCenterSettings {
            base_url: format!("{}{path}", stub.url()),
            ..settings(&stub.url())
        };
        let center = center_with(&settings);
        center.heartbeat(&heartbeat()).await.expect("is taken");
        let expected = format!("{}/orchestrator/heartbeat", path.trim_end_matches('/'));
        assert_eq!(stub.calls().pop().expect("was told").path, expected);
    }
}
