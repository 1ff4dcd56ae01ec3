//! What is right is said to be, and what is wrong as well.

use std::collections::BTreeMap;
use std::time::Duration;

use auth::{MintRequest, Minter, Role, ScopeSet};
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn key() -> TokenKey {
    TokenKey::new("kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE".into()).unwrap()
}

fn watch() -> Watch {
    Watch::new(&TokenSettings::default(), &key())
}

/// As a server signs it.
fn call(kind: CallKind, idempotency_key: Option<&str>, token_id: &str, body: &Value) -> Call {
    let ours = TokenSettings::default();
    let settings = TokenSettings {
        issuer: ours.audience.clone(),
        audience: ours.issuer.clone(),
        ..ours
    };
    let request = MintRequest {
        subject: "scholarship_api".to_owned(),
        role: Role::Agent,
        scopes: ScopeSet::EMPTY,
        lifetime: Duration::from_secs(60),
        token_id: token_id.to_owned(),
    };
    let body = body.to_string().into_bytes();
    let token = Minter::new(settings, &key()).mint_for_body(&request, &body, NOW);
    let mut headers = BTreeMap::new();
    headers.insert(
        "authorization".to_owned(),
        format!("Bearer {}", token.unwrap()),
    );
    if let Some(key) = idempotency_key {
        headers.insert("idempotency-key".to_owned(), key.to_owned());
    }
    Call {
        kind,
        method: "POST".to_owned(),
        path: "/callback".to_owned(),
        headers,
        body,
    }
}

fn notice(sequence: u64, status: &str) -> Value {
    json!({"task_id": "a", "sequence": sequence, "status": status})
}

fn callback(key: &str, token_id: &str, body: &Value) -> Call {
    call(CallKind::Callback, Some(key), token_id, body)
}

#[test]
fn a_task_is_followed_to_its_end() {
    let mut watch = watch();
    watch.expect(&["a".to_owned()]);
    let accepted = watch.hear(&callback("a.1", "1", &notice(1, "accepted")), NOW);
    assert_eq!(accepted, ["callback  a.1 accepted [signature valid]"]);
    assert!(watch.is_waiting() && !watch.is_well());
    let mut succeeded = notice(2, "succeeded");
    succeeded["execution_time_ms"] = json!(12);
    succeeded["result"] = json!({"total": 3});
    let line = watch.hear(&callback("a.2", "2", &succeeded), NOW);
    assert_eq!(
        line,
        [r#"callback  a.2 succeeded in 12 ms: {"total":3} [signature valid]"#]
    );
    assert!(!watch.is_waiting() && watch.is_well());
}

#[test]
fn a_task_may_end_before_it_is_expected() {
    let mut watch = watch();
    watch.hear(&callback("a.2", "1", &notice(2, "succeeded")), NOW);
    watch.expect(&["a".to_owned()]);
    assert!(watch.is_well());
}

#[test]
fn a_task_that_fails_is_no_success() {
    let mut watch = watch();
    watch.expect(&["a".to_owned()]);
    let mut failed = notice(2, "failed");
    failed["error"] = json!({"code": "TIMEOUT", "message": "too\u{1b} slow"});
    let line = watch.hear(&callback("a.2", "1", &failed), NOW);
    assert_eq!(
        line,
        ["callback  a.2 failed: TIMEOUT too slow [signature valid]"]
    );
    assert!(!watch.is_waiting() && !watch.is_well());
    assert!(
        watch
            .summary()
            .contains("0 faulty; 1 tasks without success")
    );
}

#[test]
fn a_task_that_was_refused_is_no_success() {
    let mut watch = watch();
    watch.count_refused(2);
    assert!(!watch.is_waiting() && !watch.is_well());
    assert!(watch.summary().ends_with("2 tasks without success"));
}

#[test]
fn repetitions_are_told_from_contradictions() {
    let mut watch = watch();
    watch.hear(&callback("a.1", "1", &notice(1, "accepted")), NOW);
    let again = watch.hear(&callback("a.1", "2", &notice(1, "accepted")), NOW);
    assert!(
        again[0].ends_with("[signature valid, repeated in the same words]"),
        "{again:?}"
    );
    assert!(watch.is_well());
    let other = watch.hear(&callback("a.1", "3", &notice(1, "in_progress")), NOW);
    assert!(
        other[0].contains("came before with another body"),
        "{other:?}"
    );
    assert!(!watch.is_well());
}

#[test]
fn whatever_is_wrong_is_said() {
    let body = notice(1, "accepted");
    let mut unsigned = callback("a.1", "1", &body);
    unsigned.headers.remove("authorization");
    let mut altered = callback("a.1", "2", &body);
    altered.body = notice(1, "succeeded").to_string().into_bytes();
    let keyless = call(CallKind::Callback, None, "3", &body);
    for (call, complaint) in [
        (unsigned, "there is no token"),
        (altered, "is that of another body"),
        (keyless, "there is no idempotency key"),
        (callback("a.2", "4", &body), "not that of the notice"),
    ] {
        let mut watch = watch();
        let line = watch.hear(&call, NOW);
        assert!(
            line[0].contains("WRONG") && line[0].contains(complaint),
            "{line:?}"
        );
        assert!(!watch.is_well());
    }
    let mut watch = watch();
    let late = NOW + chrono::TimeDelta::seconds(100);
    assert!(watch.hear(&callback("a.1", "1", &body), late)[0].contains("has expired"));
}

#[test]
fn a_token_is_good_once() {
    let mut watch = watch();
    watch.hear(&callback("a.1", "1", &notice(1, "accepted")), NOW);
    let line = watch.hear(&callback("a.2", "1", &notice(2, "in_progress")), NOW);
    assert!(line[0].contains("the token was used before"), "{line:?}");
}

#[test]
fn signs_of_life_and_events_have_a_line_each() {
    let mut watch = watch();
    let mut hear = |kind, token_id: &str, body: &Value| {
        watch.hear(&call(kind, Some("k"), token_id, body), NOW)
    };
    let registration = json!({
        "agent_id": "x", "version": "1", "capabilities": ["a", "b"], "max_concurrent": 4,
    });
    assert_eq!(
        hear(CallKind::Registration, "1", &registration),
        ["register  x 1, 2 actions, 4 tasks at once [signature valid]"]
    );
    let heartbeat = json!({"agent_id": "x", "status": "healthy", "busy": 1, "workers": 4});
    assert_eq!(
        hear(CallKind::Heartbeat, "2", &heartbeat),
        ["heartbeat x is healthy, 1 of 4 busy [signature valid]"]
    );
    let events = json!({"events": [
        {"kind": "task_received", "task_id": "a"}, {"kind": "error_occurred", "error_code": "E"},
    ]});
    assert_eq!(
        hear(CallKind::Events, "3", &events),
        [
            "event     task_received a [signature valid]",
            "event     error_occurred E [signature valid]"
        ]
    );
}

#[test]
fn long_texts_are_cut() {
    assert_eq!(text(&"é".repeat(200)).chars().count(), LONGEST_TEXT + 1);
}
