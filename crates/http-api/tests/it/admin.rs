//! The private listener.

use crate::api::Api;
use crate::client::{exchange, head};

#[actix_web::test]
async fn metrics_count_requests_by_route_and_are_not_public() {
    let api = Api::start().await;
    api.get("/api/v1/scholarships/sch_unknown").await;
    api.get("/some/unknown/path").await;
    api.get("/api/v1/search?q=engineering").await;
    let answer = exchange(api.admin, "GET", &head("GET", "/metrics", &[], None), b"").await;
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text();
    let has = |part: &str| assert!(text.contains(part), "{part} is not in\n{text}");
    has(r#"route="/api/v1/scholarships/{id}",status="404""#);
    has(r#"route="unmatched",status="404""#);
    has(r#"search_requests_total{version="1.2.3"} 1"#);
    assert!(!text.contains("/some/unknown/path"));
    assert_eq!(api.get("/metrics").await.status, 404);
    let alive = exchange(api.admin, "GET", &head("GET", "/healthz", &[], None), b"").await;
    assert_eq!(alive.text(), r#"{"status":"healthy","version":"1.2.3"}"#);
}

#[actix_web::test]
async fn the_status_page_is_there_for_operators_only() {
    let api = Api::start().await;
    api.get("/api/v1/scholarships/sch_unknown").await;
    let answer = exchange(api.admin, "GET", &head("GET", "/status", &[], None), b"").await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text();
    for part in ["Scholarship API 1.2.3", "All is well", "<td>requests</td>"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert_eq!(api.get("/status").await.status, 404);
}
