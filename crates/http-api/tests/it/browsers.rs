//! What browsers ask across origins, and the documentation pages.

use crate::api::{Api, Setup};

const ORIGIN: (&str, &str) = ("Origin", "https://app.example.org");

#[actix_web::test]
async fn by_default_any_origin_may_read_without_credentials() {
    let api = Api::start().await;
    let answer = api.send("GET", "/api/v1/search", &[ORIGIN], None).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap()
        .to_lowercase();
    assert!(
        exposed.contains("etag") && exposed.contains("x-request-id"),
        "{exposed}"
    );
    let problem = api
        .send("GET", "/api/v1/search?limit=0", &[ORIGIN], None)
        .await;
    assert_eq!(
        (
            problem.status,
            problem.header("access-control-allow-origin")
        ),
        (422, Some("*"))
    );
    let refused = api
        .send("GET", "/", &[ORIGIN, ("Authorization", "Bearer x")], None)
        .await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (401, Some("*"))
    );
}

#[actix_web::test]
async fn preflights_are_answered() {
    let api = Api::start().await;
    let ask = async |method: &str| {
        let headers = [
            ORIGIN,
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "content-type"),
        ];
        api.send("OPTIONS", "/api/v1/search", &headers, None).await
    };
    let answer = ask("POST").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    assert_ne!(ask("DELETE").await.status, 200);
}

#[actix_web::test]
async fn configured_origins_may_write_and_others_are_not_told() {
    let mut setup = Setup::default();
    setup.settings.cors_origins = vec![ORIGIN.1.to_owned()];
    let api = Api::with(setup).await;
    let known = api.send("GET", "/", &[ORIGIN], None).await;
    assert_eq!(known.header("access-control-allow-origin"), Some(ORIGIN.1));
    let unknown = api
        .send("GET", "/", &[("Origin", "https://evil.example.org")], None)
        .await;
    assert_eq!(unknown.header("access-control-allow-origin"), None);
    let headers = [ORIGIN, ("Access-Control-Request-Method", "DELETE")];
    assert_eq!(
        api.send("OPTIONS", "/api/v1/scholarships/x", &headers, None)
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn the_documentation_has_no_scripts_of_its_own_and_needs_no_other_host() {
    let api = Api::start().await;
    let redirect = api.get("/docs").await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (308, Some("/docs/"))
    );
    let page = api.get("/docs/").await.text();
    assert!(
        !page.contains("<script>") && !page.contains("http:") && !page.contains("https:"),
        "{page}"
    );
    for (file, kind) in [
        ("swagger-ui-bundle.js", "javascript"),
        ("swagger-ui.css", "text/css"),
        ("index.css", "text/css"),
        ("swagger-initializer.js", "javascript"),
    ] {
        assert!(page.contains(file), "{file}");
        let answer = api.get(&format!("/docs/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(
            answer.header("content-type").unwrap().contains(kind),
            "{file}"
        );
    }
    assert!(
        api.get("/docs/swagger-initializer.js")
            .await
            .text()
            .contains("/openapi.json")
    );
}
