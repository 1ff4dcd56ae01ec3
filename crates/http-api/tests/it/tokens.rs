//! Who may do what, and what a bad token gets.

use auth::Role;
use serde_json::json;

use crate::api::{Api, id};

#[actix_web::test]
async fn a_bad_token_is_refused_on_every_path_but_the_probes() {
    let api = Api::start().await;
    for target in [
        "/",
        "/health",
        "/api/v1/scholarships",
        "/docs/",
        "/nowhere",
        "/openapi.json",
    ] {
        let answer = api.get_as("Bearer invalid", target).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "TOKEN_MALFORMED"),
            "{target}"
        );
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with(
                "Bearer realm=\"scholarship-api\", error=\"invalid_token\", error_description=\""
            ),
            "{challenge}"
        );
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(api.get_as("Bearer invalid", probe).await.status, 200);
    }
}

#[actix_web::test]
async fn each_reason_has_its_code() {
    let api = Api::start().await;
    let token = api.editor();
    assert_eq!(api.get_as(&token, "/").await.status, 200);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(43));
    let refused = [
        ("Basic c29tZTpvbmU=".to_owned(), "TOKEN_MALFORMED"),
        ("Bearer".to_owned(), "TOKEN_MALFORMED"),
        (forged, "TOKEN_SIGNATURE_INVALID"),
        (format!("Bearer {}", "a".repeat(9_000)), "TOKEN_MALFORMED"),
    ];
    for (token, code) in refused {
        let answer = api.get_as(&token, "/").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, code));
    }
    api.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(api.get_as(&token, "/").await.code(), "TOKEN_EXPIRED");
    api.clock.advance(chrono::TimeDelta::minutes(-30));
    assert_eq!(api.get_as(&token, "/").await.code(), "TOKEN_NOT_YET_VALID");
}

#[actix_web::test]
async fn two_tokens_are_not_one() {
    let api = Api::start().await;
    let token = api.editor();
    let headers = [
        ("Authorization", token.as_str()),
        ("Authorization", token.as_str()),
    ];
    assert_eq!(
        api.send("GET", "/", &headers, None).await.code(),
        "TOKEN_MALFORMED"
    );
}

#[actix_web::test]
async fn writes_need_the_scope_and_say_so() {
    let api = Api::start().await;
    let body = json!({"name": "N", "organization": "O"});
    let anonymous = api.post("/api/v1/scholarships", &body).await;
    assert_eq!(
        (anonymous.status, anonymous.code().as_str()),
        (401, "TOKEN_MISSING")
    );
    assert_eq!(
        anonymous.header("www-authenticate"),
        Some("Bearer realm=\"scholarship-api\"")
    );
    let reader = api.token(Role::Student, "scholarships:read");
    let refused = api.post_as(&reader, "/api/v1/scholarships", &body).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "INSUFFICIENT_SCOPE")
    );
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("error=\"insufficient_scope\"")
            && challenge.contains("scope=\"scholarships:write\""),
        "{challenge}"
    );
    for allowed in [api.editor(), api.token(Role::Admin, "")] {
        assert_eq!(
            api.post_as(&allowed, "/api/v1/scholarships", &body)
                .await
                .status,
            201
        );
    }
}

#[actix_web::test]
async fn answers_for_a_bearer_are_not_kept_by_caches() {
    let api = Api::start().await;
    let target = format!("/api/v1/scholarships/{}", id(1));
    assert_eq!(
        api.get(&target).await.header("cache-control"),
        Some("no-cache")
    );
    let answer = api.get_as(&api.editor(), &target).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
