//! Requests that are wrong in their line: each case has its status and code, and a message that names what is wrong.

use crate::api::{Api, id};

/// Refused GETs as (target, status, code, part of the body).
const REFUSED: &[(&str, u16, &str, &str)] = &[
    (
        "/api/v1/search?colour=red",
        422,
        "VALIDATION_FAILED",
        "colour: is not a parameter",
    ),
    (
        "/api/v1/search?field_of_study=law",
        422,
        "VALIDATION_FAILED",
        "did you mean fields_of_study?",
    ),
    (
        "/api/v1/search?fields_of_study=wizardry",
        422,
        "VALIDATION_FAILED",
        "must be one of engineering",
    ),
    (
        "/api/v1/search?sort=best",
        422,
        "VALIDATION_FAILED",
        "must be one of relevance",
    ),
    (
        "/api/v1/search?states=XX",
        422,
        "VALIDATION_FAILED",
        "states: ",
    ),
    (
        "/api/v1/search?facets=colour",
        422,
        "VALIDATION_FAILED",
        "facets: ",
    ),
    (
        "/api/v1/search?limit=0",
        422,
        "VALIDATION_FAILED",
        "limit: must be a whole number from 1 to 100",
    ),
    (
        "/api/v1/search?limit=101",
        422,
        "VALIDATION_FAILED",
        "limit: must be a whole number from 1 to 100",
    ),
    (
        "/api/v1/search?limit=ten",
        422,
        "VALIDATION_FAILED",
        "limit: must be a whole number",
    ),
    (
        "/api/v1/search?limit=99999999999999999999",
        422,
        "VALIDATION_FAILED",
        "limit: ",
    ),
    (
        "/api/v1/search?limit=1&limit=2",
        422,
        "VALIDATION_FAILED",
        "limit: may be given once only",
    ),
    (
        "/api/v1/search?offset=10001",
        422,
        "VALIDATION_FAILED",
        "next_cursor as cursor",
    ),
    (
        "/api/v1/search?offset=-1",
        422,
        "VALIDATION_FAILED",
        "offset: ",
    ),
    (
        "/api/v1/search?min_amount=2000&max_amount=1000",
        422,
        "VALIDATION_FAILED",
        "min_amount: must not be above max_amount",
    ),
    (
        "/api/v1/search?min_amount=-5",
        422,
        "VALIDATION_FAILED",
        "min_amount: must be a number of at least 0",
    ),
    (
        "/api/v1/search?min_amount=1e400",
        422,
        "VALIDATION_FAILED",
        "min_amount: ",
    ),
    (
        "/api/v1/search?min_amount=0.001",
        422,
        "VALIDATION_FAILED",
        "min_amount: must have at most 2 decimals",
    ),
    (
        "/api/v1/search?deadline_after=2027-05-01&deadline_before=2027-04-01",
        422,
        "VALIDATION_FAILED",
        "deadline_after: ",
    ),
    (
        "/api/v1/search?deadline_after=01/05/2027",
        422,
        "VALIDATION_FAILED",
        "deadline_after: must be a date",
    ),
    (
        "/api/v1/search?open_on=2027-02-30",
        422,
        "VALIDATION_FAILED",
        "open_on: must be a date",
    ),
    (
        "/api/v1/search?cursor=garbage",
        422,
        "INVALID_CURSOR",
        "cursor: ",
    ),
    (
        "/api/v1/search?q=a&keyword=b",
        422,
        "VALIDATION_FAILED",
        "keyword: is another name of q",
    ),
    (
        "/api/v1/search?q=a%00b",
        422,
        "VALIDATION_FAILED",
        "q: must not contain the control character U+0000",
    ),
    ("/api/v1/search?q=a%0ab", 422, "VALIDATION_FAILED", "U+000A"),
    ("/api/v1/search?q=%ff", 400, "MALFORMED_URL", "UTF-8"),
    ("/api/v1/search?q=%ED%A0%80", 400, "MALFORMED_URL", "UTF-8"),
    ("/api/v1/search?q=%zz", 400, "MALFORMED_URL", "UTF-8"),
    ("/api/v1/search?q=100%", 400, "MALFORMED_URL", "UTF-8"),
    (
        "/api/v1/search?min_gpa=4.1",
        422,
        "VALIDATION_FAILED",
        "min_gpa: must be a number from 0 to 4",
    ),
    (
        "/api/v1/search?min_gpa=NaN",
        422,
        "VALIDATION_FAILED",
        "min_gpa: ",
    ),
    (
        "/api/v1/search?renewable=yes",
        422,
        "VALIDATION_FAILED",
        "renewable: must be true or false",
    ),
    (
        "/api/v1/search?currency=usd",
        422,
        "VALIDATION_FAILED",
        "currency: must be an ISO 4217",
    ),
    (
        "/api/v1/search?citizenship=ZZ",
        422,
        "VALIDATION_FAILED",
        "citizenship: ",
    ),
    (
        "/api/v1/search?status=open",
        422,
        "VALIDATION_FAILED",
        "must be one of draft, active, archived",
    ),
    (
        "/api/v1/eligibility/check?gpa=4.1",
        422,
        "VALIDATION_FAILED",
        "gpa: must be a number from 0 to 4",
    ),
    (
        "/api/v1/eligibility/check?age=7",
        422,
        "VALIDATION_FAILED",
        "age: must be between 13 and 120 years",
    ),
    (
        "/api/v1/eligibility/check?age=700",
        422,
        "VALIDATION_FAILED",
        "age: must be between 13 and 120 years",
    ),
    (
        "/api/v1/eligibility/check?attributes=veteran",
        422,
        "VALIDATION_FAILED",
        "attributes: ",
    ),
    (
        "/api/v1/eligibility/check?scholarship_ids=a%20b",
        422,
        "VALIDATION_FAILED",
        "scholarship_ids[0]: ",
    ),
    (
        "/api/v1/eligibility/check?scholarship_ids=a&limit=3",
        422,
        "VALIDATION_FAILED",
        "scholarship_ids: goes without",
    ),
    (
        "/api/v1/eligibility/check?cursor=x",
        422,
        "INVALID_CURSOR",
        "cursor: ",
    ),
    (
        "/api/v1/recommendations?limit=101",
        422,
        "VALIDATION_FAILED",
        "limit: ",
    ),
    (
        "/api/v1/scholarships/export?format=xml",
        422,
        "VALIDATION_FAILED",
        "format: must be ndjson or csv",
    ),
    (
        "/api/v1/scholarships/export?updated_since=yesterday",
        422,
        "VALIDATION_FAILED",
        "updated_since: ",
    ),
    (
        "/api/v1/scholarships/export?updated_since=2026-01-01T00:00:00Z&format=csv",
        422,
        "VALIDATION_FAILED",
        "updated_since: ",
    ),
    (
        "/api/v1/scholarships/sch_unknown",
        404,
        "SCHOLARSHIP_NOT_FOUND",
        "",
    ),
    (
        "/api/v1/scholarships/a%20b",
        404,
        "SCHOLARSHIP_NOT_FOUND",
        "",
    ),
    (
        "/api/v1/scholarships/%2e%2e%2f",
        404,
        "SCHOLARSHIP_NOT_FOUND",
        "",
    ),
    ("/api/v1/scholarships/%ff", 400, "MALFORMED_URL", ""),
    ("/api/v1/scholarships/", 404, "NOT_FOUND", ""),
    ("/nowhere", 404, "NOT_FOUND", ""),
    ("/docs/nothing.js", 404, "NOT_FOUND", ""),
];

#[actix_web::test]
async fn a_wrong_request_is_refused_with_its_code_and_says_what_is_wrong() {
    let api = Api::start().await;
    for (target, status, code, part) in REFUSED {
        let answer = api.get(target).await;
        let text = answer.text();
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{target}"
        );
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (*status, *code),
            "{target}: {text}"
        );
        let fields = answer.wrong_fields().join("; ");
        assert!(
            text.contains(part) || fields.contains(part),
            "{target}: {text}"
        );
    }
}

#[actix_web::test]
async fn all_that_is_wrong_with_a_query_is_said_at_once() {
    let api = Api::start().await;
    let answer = api
        .get("/api/v1/search?limit=0&states=XX&limt=3&min_amount=2&max_amount=1&sort=x")
        .await;
    assert_eq!(answer.wrong_fields().len(), 5, "{}", answer.text());
}

#[actix_web::test]
async fn a_problem_document_is_complete() {
    let api = Api::start().await;
    let answer = api.get("/api/v1/search?limit=0").await;
    insta::assert_json_snapshot!(answer.json(), { ".trace_id" => "[trace]" });
}

#[actix_web::test]
async fn every_endpoint_refuses_parameters_that_it_does_not_know() {
    let api = Api::start().await;
    let admin = api.token(auth::Role::Admin, "");
    let paths = crate::conformance::DOCUMENT["paths"].as_object().unwrap();
    let mut asked = 0;
    for (template, item) in paths {
        let path = template
            .replace("{id}", &id(1))
            .replace("{file}", "index.css");
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let target = format!("{path}?no_such_parameter=1");
            let headers = [
                ("Authorization", admin.as_str()),
                (
                    "Content-Type",
                    if method == "PATCH" {
                        "application/merge-patch+json"
                    } else {
                        "application/json"
                    },
                ),
            ];
            let body = (method != "GET").then_some(b"{}".as_slice());
            let answer = api.send(&method, &target, &headers, body).await;
            let wrong = answer.wrong_fields();
            assert_eq!(answer.status, 422, "{method} {target}: {}", answer.text());
            assert!(
                wrong
                    .iter()
                    .any(|field| field.starts_with("no_such_parameter: ")),
                "{method} {target}"
            );
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked} operations");
}

#[actix_web::test]
async fn methods_that_do_not_exist_are_refused_with_those_that_do() {
    let api = Api::start().await;
    for (method, target, allow) in [
        ("DELETE", "/healthz", "GET, HEAD"),
        ("PUT", "/api/v1/scholarships", "GET, HEAD, POST"),
        (
            "POST",
            "/api/v1/scholarships/sch_1",
            "GET, HEAD, PUT, PATCH, DELETE",
        ),
        ("PATCH", "/api/v1/search", "GET, HEAD, POST"),
        ("GET", "/api/v1/interactions/bulk", "POST"),
        ("TRACE", "/", "GET, HEAD"),
    ] {
        let answer = api.send(method, target, &[], None).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (405, "METHOD_NOT_ALLOWED"),
            "{method} {target}"
        );
        assert_eq!(answer.header("allow"), Some(allow), "{method} {target}");
    }
}

#[actix_web::test]
async fn urls_have_a_length_limit() {
    let api = Api::start().await;
    let longest = format!("/api/v1/search?q={}", "a".repeat(500));
    assert_eq!(api.get(&longest).await.status, 200);
    let fitting = format!("/api/v1/search?q={}", "a".repeat(2_048 - 17));
    assert_eq!(
        api.get(&fitting).await.wrong_fields(),
        ["q: must have at most 500 characters"]
    );
    let long = format!("/api/v1/search?q={}", "a".repeat(2_049 - 17));
    let answer = api.get(&long).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (414, "URL_TOO_LONG")
    );
    let three_thousand = format!("/{}", "a".repeat(2_999));
    assert_eq!(api.get(&three_thousand).await.status, 414);
    let ten_thousand = format!("/api/v1/search?q={}", "a".repeat(10_000));
    assert_eq!(api.get(&ten_thousand).await.status, 414);
}
