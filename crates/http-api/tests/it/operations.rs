//! Probes, health, and what every answer carries.

use insta::assert_json_snapshot;

use crate::api::{Api, Setup};

#[actix_web::test]
async fn the_probes_answer_as_the_rollout_plan_wants() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/healthz").await.text(),
        r#"{"status":"healthy","version":"1.2.3"}"#
    );
    let ready = api.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.text(),
        r#"{"status":"ready","checks":{"index":"up"},"degraded":[]}"#
    );
    let health = api.get("/health").await;
    assert_eq!(
        health.text(),
        r#"{"status":"healthy","dependencies":{"index":"up"},"version":"1.2.3"}"#
    );
}

#[actix_web::test]
async fn before_the_index_is_filled_nothing_is_ready_but_the_process_lives() {
    let api = Api::with(Setup {
        load: false,
        ..Setup::default()
    })
    .await;
    assert_eq!(api.get("/healthz").await.status, 200);
    let ready = api.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.json()["status"].as_str()),
        (503, Some("not_ready"))
    );
    assert_eq!(ready.header("retry-after"), Some("1"));
    assert_eq!(api.get("/health").await.json()["status"], "unhealthy");
    let search = api.get("/api/v1/search?q=award").await;
    assert_eq!((search.status, search.code().as_str()), (503, "NOT_READY"));
    assert_eq!(search.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn the_service_card_and_the_database_status_tell_what_is_there() {
    let api = Api::start().await;
    assert_json_snapshot!(api.get("/").await.json());
    let status = api.get("/db/status").await;
    assert_eq!(status.status, 200);
    let usage = status.json()["pool_usage"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&usage));
}

#[actix_web::test]
async fn the_ai_service_says_truthfully_that_there_is_none() {
    let api = Api::start().await;
    assert_json_snapshot!(api.get("/ai/status").await.json());
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers_of_the_plan() {
    let api = Api::start().await;
    let policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'";
    for target in [
        "/",
        "/healthz",
        "/api/v1/search",
        "/nowhere",
        "/api/v1/search?limit=0",
    ] {
        let answer = api.get(target).await;
        assert_eq!(
            answer.header("strict-transport-security"),
            Some("max-age=31536000; includeSubDomains; preload")
        );
        assert_eq!(answer.header("content-security-policy"), Some(policy));
        assert_eq!(
            answer.header("referrer-policy"),
            Some("strict-origin-when-cross-origin")
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
            assert_eq!(answer.header(name), Some("same-origin"));
        }
        let permissions = answer.header("permissions-policy").unwrap();
        assert!(permissions.contains("geolocation=()"), "{permissions}");
        assert_eq!(answer.header("server"), None);
        assert!(answer.header("cache-control").is_some());
    }
    let documentation = api.get("/docs/").await;
    assert_eq!(
        documentation.header("content-security-policy"),
        Some(format!("{policy}; img-src 'self' data:").as_str())
    );
}

#[actix_web::test]
async fn a_request_keeps_its_id_and_its_trace() {
    let api = Api::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    let headers = [
        ("X-Request-Id", "abc-1.2_3"),
        ("traceparent", traceparent.as_str()),
    ];
    let answer = api.send("GET", "/nowhere", &headers, None).await;
    assert_eq!(answer.header("x-request-id"), Some("abc-1.2_3"));
    assert_eq!(answer.json()["trace_id"], trace);
    let answer = api
        .send("GET", "/nowhere", &[("X-Request-Id", "a b")], None)
        .await;
    assert_eq!(answer.header("x-request-id").map(str::len), Some(36));
    assert_eq!(answer.json()["trace_id"].as_str().map(str::len), Some(32));
}

#[actix_web::test]
async fn whatever_answers_get_answers_head() {
    let api = Api::start().await;
    for target in ["/", "/healthz", "/api/v1/scholarships", "/openapi.json"] {
        let get = api.get(target).await;
        let head = api.send("HEAD", target, &[], None).await;
        assert_eq!(head.status, 200, "{target}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{target}"
        );
    }
    assert_eq!(api.send("HEAD", "/nowhere", &[], None).await.status, 404);
}

#[actix_web::test]
async fn hosts_that_are_not_ours_are_refused_but_for_probes() {
    let mut setup = Setup::default();
    setup.settings.allowed_hosts = vec!["api.example.org".to_owned()];
    let api = Api::with(setup).await;
    let to = async |host: &str, target: &str| {
        api.send("GET", target, &[("Host", host)], None)
            .await
            .status
    };
    assert_eq!(to("api.example.org", "/").await, 200);
    assert_eq!(to("API.example.org:5000", "/").await, 200);
    assert_eq!(to("evil.example.org", "/").await, 421);
    assert_eq!(to("evil.example.org", "/healthz").await, 200);
    assert_eq!(to("evil.example.org", "/readyz").await, 200);
}
