//! What logs have of traces, and their level, which the same listener changes.

use std::net::SocketAddr;

use serde_json::{Value, json};
use testkit::collector_stub::CollectorStub;

use super::{CALLER, TRACE, Traced, span};
use crate::client::get;

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_name_the_trace_of_their_request() {
    let stub = CollectorStub::start();
    let traced = Traced::start(&stub.endpoint(), &[("LOG_LEVEL", "info")]);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let answer = traced
        .with_context("/api/v1/scholarships/sch_no", &parent, "")
        .await;
    assert_eq!(answer.json()["trace_id"], TRACE);
    let request = span(&stub, "GET /api/v1/scholarships/{id}").await;
    let log = traced.log().await;
    let line = log.lines().find(|line| line.contains("http_api::access"));
    let line: Value = serde_json::from_str(line.expect("is logged")).expect("JSON");
    assert_eq!(line["trace_id"], TRACE);
    assert_eq!(line["span_id"], request.span_id);
    assert_eq!(line["version"], "1.2.3");
    assert_eq!(line["request_id"].as_str().map(str::len), Some(36));
    assert!(
        line.get("http.route").is_none(),
        "spans for traces are not logged: {line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_level_is_shown_and_changed_on_the_private_listener_only() {
    let traced = Traced::start("", &[("LOG_LEVEL", "warn")]);
    let (public, admin) = (traced.address(), traced.process.admin_address);
    let logged = async || traced.log().await.matches("http_api::access").count();
    let put = async |address: SocketAddr, level: &str| {
        let request = format!(
            "PUT /log-level HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{level}",
            level.len()
        );
        crate::client::say(address, &request)
            .await
            .expect("answered")
    };
    let shown = get(admin, "/log-level").await.json();
    assert_eq!(shown, json!({"level": "warn", "configured": "warn"}));
    get(public, "/api/v1/search?q=a").await;
    assert_eq!(logged().await, 0);
    let changed = put(admin, "info\n").await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(
        changed.json(),
        json!({"level": "info", "configured": "warn"})
    );
    get(public, "/api/v1/search?q=a").await;
    assert_eq!(logged().await, 1);
    for (wrong, word) in [
        ("loud", "loud"),
        ("info,http_api=loud", "http_api=loud"),
        ("", "no level"),
    ] {
        let refused = put(admin, wrong).await;
        assert_eq!(refused.status, 422, "{wrong}");
        let error = refused.json()["error"].as_str().expect("a text").to_owned();
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(put(admin, &"info,".repeat(2_000)).await.status, 413);
    assert_eq!(get(admin, "/log-level").await.json()["level"], "info");
    assert_eq!(put(public, "trace").await.status, 404);
    assert_eq!(get(public, "/log-level").await.status, 404);
    assert!(traced.log().await.contains("the log level was changed"));
}
