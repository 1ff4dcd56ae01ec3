//! Bodies that are wrong: each case has its status and code, and a message that names the field or the place.

use serde_json::json;

use crate::api::{Api, id};
use crate::client::{exchange, head};

#[actix_web::test]
async fn bodies_that_are_wrong_are_refused_with_the_field_or_the_place() {
    let api = Api::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_in_key = format!(
        r#"{{"profile":{{"attributes":{{"a":{}1{}}}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let long_query = json!({"query": "a".repeat(10_000)}).to_string();
    let cases: Vec<(&str, &str, u16, &str, &str)> = vec![
        ("/api/v1/search", "", 400, "MALFORMED_JSON", "line 1"),
        ("/api/v1/search", "{", 400, "MALFORMED_JSON", "line 1"),
        ("/api/v1/search", "q=a", 400, "MALFORMED_JSON", "line 1"),
        ("/api/v1/search", "{} {}", 400, "MALFORMED_JSON", "trailing"),
        (
            "/api/v1/search",
            "\u{feff}{}",
            400,
            "MALFORMED_JSON",
            "line 1",
        ),
        (
            "/api/v1/search",
            r#"{"q":"\ud800"}"#,
            400,
            "MALFORMED_JSON",
            "line 1",
        ),
        (
            "/api/v1/search",
            &deep,
            422,
            "VALIDATION_FAILED",
            "invalid type",
        ),
        (
            "/api/v1/eligibility/check",
            &deep_in_key,
            422,
            "VALIDATION_FAILED",
            "must be a word, true, false, or a list of words",
        ),
        ("/api/v1/search", "[]", 422, "VALIDATION_FAILED", ""),
        ("/api/v1/search", "null", 422, "VALIDATION_FAILED", ""),
        (
            "/api/v1/search",
            r#"{"limit":1,"limit":2}"#,
            422,
            "VALIDATION_FAILED",
            "limit: is given more than once",
        ),
        (
            "/api/v1/search",
            r#"{"limt":1}"#,
            422,
            "VALIDATION_FAILED",
            "limt: is not a known key",
        ),
        (
            "/api/v1/search",
            r#"{"limit":"1"}"#,
            422,
            "VALIDATION_FAILED",
            "limit: invalid type",
        ),
        (
            "/api/v1/search",
            r#"{"limit":0}"#,
            422,
            "VALIDATION_FAILED",
            "limit: must be",
        ),
        (
            "/api/v1/search",
            r#"{"limit":-1}"#,
            422,
            "VALIDATION_FAILED",
            "limit: ",
        ),
        (
            "/api/v1/search",
            r#"{"states":"CA"}"#,
            422,
            "VALIDATION_FAILED",
            "states: ",
        ),
        (
            "/api/v1/search",
            r#"{"states":["XX"]}"#,
            422,
            "VALIDATION_FAILED",
            "states",
        ),
        (
            "/api/v1/search",
            r#"{"q":"a","query":"b"}"#,
            422,
            "VALIDATION_FAILED",
            "query: is another name of q",
        ),
        (
            "/api/v1/search",
            r#"{"q":"a\u0000b"}"#,
            422,
            "VALIDATION_FAILED",
            "U+0000",
        ),
        (
            "/api/v1/search",
            r#"{"verdicts":["eligible"]}"#,
            422,
            "VALIDATION_FAILED",
            "verdicts: needs a profile",
        ),
        (
            "/api/v1/search",
            r#"{"profile":{"gpa":4.1}}"#,
            422,
            "VALIDATION_FAILED",
            "profile.gpa: must be a number from 0 to 4",
        ),
        (
            "/api/v1/search",
            r#"{"profile":{"age":7}}"#,
            422,
            "VALIDATION_FAILED",
            "profile.age: must be between 13 and 120",
        ),
        (
            "/api/v1/search",
            &long_query,
            422,
            "VALIDATION_FAILED",
            "query: must have at most 500 characters",
        ),
        (
            "/api/v1/eligibility/check",
            "{}",
            422,
            "VALIDATION_FAILED",
            "profile: is required",
        ),
        (
            "/api/v1/eligibility/check",
            r#"{"profile":{"gpa":1,"gpa":2}}"#,
            422,
            "VALIDATION_FAILED",
            "profile.gpa: is given more than once",
        ),
        (
            "/api/v1/eligibility/check",
            r#"{"profile":{},"scholarship_ids":[]}"#,
            422,
            "VALIDATION_FAILED",
            "scholarship_ids: must have 1 to 50",
        ),
        (
            "/api/v1/eligibility/check",
            r#"{"profile":{"attributes":{"a":1,"a":2}}}"#,
            422,
            "VALIDATION_FAILED",
            "profile.attributes",
        ),
        (
            "/api/v1/eligibility/unlocks",
            r#"{"profile":{},"currency":"XYZ"}"#,
            422,
            "VALIDATION_FAILED",
            "currency: ",
        ),
        (
            "/api/v1/eligibility/unlocks",
            r#"{"profile":{"grade_level":"kindergarten"}}"#,
            422,
            "VALIDATION_FAILED",
            "profile.grade_level: must be one of",
        ),
        (
            "/api/v1/recommendations",
            r#"{"profile":{},"filters":{"q":"x"}}"#,
            422,
            "VALIDATION_FAILED",
            "filters.q: is not a known key",
        ),
        (
            "/api/v1/recommendations",
            r#"{"profile":{},"filters":{"min_amount":2,"max_amount":1}}"#,
            422,
            "VALIDATION_FAILED",
            "filters.min_amount: ",
        ),
    ];
    for (target, body, status, code, part) in cases {
        let answer = api.post_text(target, body).await;
        let shown: String = body.chars().take(80).collect();
        let text = answer.text();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{shown}: {text}"
        );
        let fields = answer.wrong_fields().join("; ");
        assert!(
            text.contains(part) || fields.contains(part),
            "{shown}: {text}"
        );
    }
}

#[actix_web::test]
async fn more_than_fifty_ids_in_one_check_are_refused() {
    let api = Api::start().await;
    let ids: Vec<String> = (0..51).map(|number| format!("sch_{number}")).collect();
    let answer = api
        .post(
            "/api/v1/eligibility/check",
            &json!({"profile": {}, "scholarship_ids": ids}),
        )
        .await;
    assert_eq!(
        answer.wrong_fields(),
        ["scholarship_ids: must have 1 to 50 ids"]
    );
    let fifty = json!({"profile": {}, "scholarship_ids": ids[..50]});
    assert_eq!(
        api.post("/api/v1/eligibility/check", &fifty).await.status,
        200
    );
}

#[actix_web::test]
async fn bodies_of_another_media_type_are_refused() {
    let api = Api::start().await;
    for (headers, status) in [
        (vec![], 415),
        (vec![("Content-Type", "text/plain")], 415),
        (
            vec![("Content-Type", "application/x-www-form-urlencoded")],
            415,
        ),
        (
            vec![("Content-Type", "application/json; charset=latin-1")],
            415,
        ),
        (
            vec![
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"),
            ],
            415,
        ),
        (
            vec![("Content-Type", "application/json; charset=UTF-8")],
            200,
        ),
        (vec![("Content-Type", "Application/JSON")], 200),
    ] {
        let answer = api
            .send("POST", "/api/v1/search", &headers, Some(b"{}"))
            .await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
        if status == 415 {
            assert_eq!(answer.code(), "UNSUPPORTED_MEDIA_TYPE");
            assert!(answer.text().contains("application/json"));
        }
    }
}

#[actix_web::test]
async fn latin_1_in_json_is_not_json() {
    let api = Api::start().await;
    let headers = [("Content-Type", "application/json")];
    let answer = api
        .send(
            "POST",
            "/api/v1/search",
            &headers,
            Some(b"{\"q\":\"caf\xe9\"}"),
        )
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "MALFORMED_JSON")
    );
}

#[actix_web::test]
async fn bodies_have_a_size_limit() {
    let api = Api::start().await;
    let body = |bytes: usize| format!("{{\"q\":\"a\"{}}}", " ".repeat(bytes - 9));
    let mebibyte = body(1024 * 1024);
    assert_eq!(api.post_text("/api/v1/search", &mebibyte).await.status, 200);
    let answer = api
        .post_text("/api/v1/search", &body(2 * 1024 * 1024))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    // The same without an announced length.
    let mut chunked = format!("{:x}\r\n", 2 * 1024 * 1024).into_bytes();
    chunked.extend_from_slice(body(2 * 1024 * 1024).as_bytes());
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let headers = [
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
    ];
    let head = head("POST", "/api/v1/search", &headers, None);
    let answer = exchange(api.address, "POST", &head, &chunked).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
}

#[actix_web::test]
async fn json_that_is_nested_too_deeply_is_refused() {
    let api = Api::start().await;
    let token = api.editor();
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/merge-patch+json"),
        ("If-Match", "*"),
    ];
    let deep = format!("{{\"tags\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let target = format!("/api/v1/scholarships/{}", id(1));
    let answer = api
        .send("PATCH", &target, &headers, Some(deep.as_bytes()))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "MALFORMED_JSON")
    );
    assert!(answer.text().contains("recursion"), "{}", answer.text());
}

#[actix_web::test]
async fn an_array_is_no_object_at_any_depth() {
    let api = Api::start().await;
    for (body, field) in [(r#"["x"]"#, ""), (r#"{"profile":[3.5]}"#, "profile")] {
        let answer = api.post_text("/api/v1/search", body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "VALIDATION_FAILED"),
            "{body}"
        );
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
    }
}
