//! What callers see when something behind the API fails.

use std::sync::atomic::Ordering;
use std::time::Duration;

use auth::Role;
use serde_json::json;

use crate::api::{Api, Setup, id};

#[actix_web::test]
async fn without_the_store_reads_go_on_and_writes_say_when_to_come_back() {
    let api = Api::start().await;
    api.interruption.begin();
    assert_eq!(api.get("/api/v1/search?q=engineering").await.status, 200);
    assert_eq!(
        api.get(&format!("/api/v1/scholarships/{}", id(1)))
            .await
            .status,
        200
    );
    assert_eq!(
        api.post("/api/v1/recommendations", &json!({"profile": {}}))
            .await
            .status,
        200
    );
    let editor = api.editor();
    let student = api.token(Role::Student, "");
    let analyst = api.token(Role::Admin, "");
    for answer in [
        api.post_as(
            &editor,
            "/api/v1/scholarships",
            &json!({"name": "N", "organization": "O"}),
        )
        .await,
        api.post_as(
            &student,
            "/api/v1/interactions",
            &json!({"kind": "view", "scholarship_id": id(1)}),
        )
        .await,
        api.get_as(&analyst, "/api/v1/analytics/summary").await,
        api.get_as(&analyst, "/api/v1/analytics/interactions").await,
        api.get("/api/v1/scholarships/export").await,
        api.get("/db/status").await,
    ] {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (503, "STORE_UNAVAILABLE")
        );
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.text().contains("interrupted"), "{}", answer.text());
    }
    api.interruption.end();
    assert_eq!(api.get("/db/status").await.status, 200);
}

#[actix_web::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let mut setup = Setup::default();
    setup.settings.request_timeout = Duration::from_millis(200);
    let api = Api::with(setup).await;
    let headers = [
        ("Content-Type", "application/json"),
        ("Origin", "https://example.org"),
        ("Content-Length", "100"),
    ];
    let answer = api.send("POST", "/api/v1/search", &headers, None).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "TIMEOUT"));
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("x-request-id").is_some());
    let encoded = api.metrics.encode();
    assert!(
        encoded.contains("route=\"/api/v1/search\",status=\"504\""),
        "{encoded}"
    );
}

#[actix_web::test]
async fn more_heavy_work_than_allowed_is_refused() {
    let mut setup = Setup::default();
    setup.settings.max_heavy_requests = 0;
    let api = Api::with(setup).await;
    let answer = api
        .post("/api/v1/eligibility/unlocks", &json!({"profile": {}}))
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "OVERLOADED"));
    let similar = format!("/api/v1/scholarships/{}/similar", id(1));
    assert_eq!(api.get(&similar).await.status, 503);
    assert_eq!(api.get("/api/v1/search").await.status, 200);
}

#[actix_web::test]
async fn a_panic_is_a_problem_and_the_server_goes_on() {
    let api = Api::start().await;
    api.panicking.store(true, Ordering::SeqCst);
    let in_the_worker = api.get("/api/v1/search?q=award").await;
    let beside_it = api
        .post("/api/v1/eligibility/unlocks", &json!({"profile": {}}))
        .await;
    for answer in [in_the_worker, beside_it] {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (500, "INTERNAL_ERROR")
        );
        assert!(!answer.text().contains("clock"), "{}", answer.text());
        assert!(answer.header("strict-transport-security").is_some());
    }
    api.panicking.store(false, Ordering::SeqCst);
    assert_eq!(api.get("/api/v1/search?q=award").await.status, 200);
}
