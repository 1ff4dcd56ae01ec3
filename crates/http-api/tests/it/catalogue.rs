//! Reading and editing single scholarships.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::api::{Api, id};
use crate::client::Answer;

async fn write(
    api: &Api,
    method: &str,
    number: u128,
    tag: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    let token = api.editor();
    let kind = if method == "PATCH" {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    let mut headers = vec![("Authorization", token.as_str()), ("Content-Type", kind)];
    headers.extend(tag.map(|tag| ("If-Match", tag)));
    let body = body.map(Value::to_string);
    let target = format!("/api/v1/scholarships/{}", id(number));
    api.send(
        method,
        &target,
        &headers,
        body.as_ref().map(String::as_bytes),
    )
    .await
}

async fn tag(api: &Api, number: u128) -> String {
    let answer = api
        .get_as(
            &api.editor(),
            &format!("/api/v1/scholarships/{}", id(number)),
        )
        .await;
    answer.header("etag").expect("an ETag").to_owned()
}

#[actix_web::test]
async fn a_scholarship_is_shown_as_it_is_stored() {
    let api = Api::start().await;
    let answer = api.get(&format!("/api/v1/scholarships/{}", id(1))).await;
    assert_eq!(answer.status, 200);
    assert_json_snapshot!(answer.json());
}

#[actix_web::test]
async fn a_known_state_is_not_sent_again() {
    let api = Api::start().await;
    let target = format!("/api/v1/scholarships/{}", id(1));
    let tag = tag(&api, 1).await;
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let answer = api
            .send("GET", &target, &[("If-None-Match", &known)], None)
            .await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    let answer = api
        .send("GET", &target, &[("If-None-Match", "\"x\"")], None)
        .await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn a_new_scholarship_is_found_at_once() {
    let api = Api::start().await;
    let body = json!({"name": "Quasar Fellowship", "organization": "O", "amount": 1500.5, "application_deadline": "2027-05-01"});
    let made = api
        .post_as(&api.editor(), "/api/v1/scholarships", &body)
        .await;
    assert_eq!(made.status, 201);
    let location = made.header("location").unwrap().to_owned();
    assert_eq!(
        location,
        format!(
            "/api/v1/scholarships/{}",
            made.json()["id"].as_str().unwrap()
        )
    );
    assert_eq!(made.json()["status"], "active");
    let read = api.get(&location).await;
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("etag"), made.header("etag"));
    assert_eq!(
        api.get("/api/v1/search?q=quasar").await.json()["page"]["total"],
        1
    );
}

#[actix_web::test]
async fn all_wrong_fields_of_a_new_scholarship_are_named() {
    let api = Api::start().await;
    let body = json!({"name": " ", "organization": "O", "amount": -1, "application_url": "ftp://x", "eligibility_criteria": {"min_gpa": 3.9, "max_gpa": 3.0}});
    let answer = api
        .post_as(&api.editor(), "/api/v1/scholarships", &body)
        .await;
    assert_eq!(answer.status, 422);
    let fields: Vec<String> = answer
        .wrong_fields()
        .iter()
        .map(|field| field.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        fields,
        [
            "amount",
            "eligibility_criteria.min_gpa",
            "name",
            "application_url"
        ]
    );
    let missing = api
        .post_as(&api.editor(), "/api/v1/scholarships", &json!({"name": "N"}))
        .await;
    assert_eq!(missing.wrong_fields(), ["organization: is required"]);
}

#[actix_web::test]
async fn the_same_idempotency_key_makes_nothing_twice() {
    let api = Api::start().await;
    let send = async |token: &str, key: &str, name: &str| {
        let headers = [
            ("Authorization", token),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        let body = json!({"name": name, "organization": "O"}).to_string();
        api.send(
            "POST",
            "/api/v1/scholarships",
            &headers,
            Some(body.as_bytes()),
        )
        .await
    };
    let editor = api.editor();
    let first = send(&editor, "key-1", "A").await;
    let again = send(&editor, "key-1", "A").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    let other = send(&editor, "key-1", "B").await;
    assert_eq!(
        (other.status, other.code().as_str()),
        (409, "IDEMPOTENCY_KEY_REUSED")
    );
    let of_another = api.token_of("another", auth::Role::Admin, "");
    assert_ne!(
        send(&of_another, "key-1", "B").await.json()["id"],
        first.json()["id"]
    );
    for bad in ["a b", "é", "", &"x".repeat(256)] {
        let refused = send(&editor, bad, "A").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "MALFORMED_HEADER"),
            "{bad:?}"
        );
    }
}

#[actix_web::test]
async fn a_key_whose_scholarship_is_gone_is_not_answered_with_nothing() {
    let api = Api::start().await;
    let editor = api.editor();
    let headers = [
        ("Authorization", editor.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "k"),
    ];
    let body = Some(br#"{"name":"A","organization":"O"}"#.as_slice());
    let made = api
        .send("POST", "/api/v1/scholarships", &headers, body)
        .await;
    let location = made.header("location").unwrap();
    let delete = [("Authorization", editor.as_str()), ("If-Match", "*")];
    assert_eq!(
        api.send("DELETE", location, &delete, None).await.status,
        204
    );
    let again = api
        .send("POST", "/api/v1/scholarships", &headers, body)
        .await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "IDEMPOTENCY_KEY_REUSED")
    );
}

#[actix_web::test]
async fn an_update_needs_the_state_that_it_changes() {
    let api = Api::start().await;
    let patch = json!({"max_awards": 3});
    let put = json!({"name": "New Name", "organization": "O"});
    for (method, body) in [
        ("PUT", Some(&put)),
        ("PATCH", Some(&patch)),
        ("DELETE", None),
    ] {
        let answer = write(&api, method, 1, None, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (428, "PRECONDITION_REQUIRED"),
            "{method}"
        );
        let first = tag(&api, 1).await;
        for stale in [
            "\"x\"",
            "\"99-x\"",
            &format!("W/{first}"),
            &tag(&api, 2).await,
        ] {
            let answer = write(&api, method, 1, Some(stale), body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (412, "PRECONDITION_FAILED"),
                "{method} {stale}"
            );
        }
    }
    let first = tag(&api, 1).await;
    let patched = write(&api, "PATCH", 1, Some(&first), Some(&patch)).await;
    assert_eq!(
        (patched.status, &patched.json()["max_awards"]),
        (200, &json!(3))
    );
    assert_eq!(patched.json()["amount"], 5000);
    assert_eq!(
        write(&api, "PATCH", 1, Some(&first), Some(&patch))
            .await
            .status,
        412
    );
    let second = patched.header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    let replaced = write(&api, "PUT", 1, Some(&second), Some(&put)).await;
    assert_eq!(
        (replaced.status, &replaced.json()["amount"]),
        (200, &Value::Null)
    );
    assert_eq!(replaced.json()["version"], 3);
    let tags = format!("\"x\", {}", replaced.header("etag").unwrap());
    assert_eq!(
        write(&api, "DELETE", 1, Some(&tags), None).await.status,
        204
    );
    assert_eq!(
        api.get(&format!("/api/v1/scholarships/{}", id(1)))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn any_state_will_do_for_a_star_but_there_must_be_one() {
    let api = Api::start().await;
    let patch = json!({"max_awards": 3});
    assert_eq!(
        write(&api, "PATCH", 1, Some("*"), Some(&patch))
            .await
            .status,
        200
    );
    for (method, body) in [
        ("PUT", Some(json!({"name": "N", "organization": "O"}))),
        ("PATCH", Some(patch)),
        ("DELETE", None),
    ] {
        let answer = write(&api, method, 77, Some("*"), body.as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "SCHOLARSHIP_NOT_FOUND"),
            "{method}"
        );
    }
}

#[actix_web::test]
async fn a_patch_must_be_a_merge_patch_that_leaves_a_valid_record() {
    let api = Api::start().await;
    let tag = tag(&api, 1).await;
    let token = api.editor();
    let target = format!("/api/v1/scholarships/{}", id(1));
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/json"),
        ("If-Match", tag.as_str()),
    ];
    let answer = api.send("PATCH", &target, &headers, Some(b"{}")).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/merge-patch+json"),
        ("If-Match", tag.as_str()),
    ];
    for (patch, field) in [
        (r#"{"nmae":"x"}"#, "nmae"),
        (r#"{"name":null}"#, "name"),
        ("[]", ""),
        (r#"{"status":"open"}"#, "status"),
    ] {
        let answer = api
            .send("PATCH", &target, &headers, Some(patch.as_bytes()))
            .await;
        assert_eq!(answer.status, 422, "{patch}");
        assert!(
            answer.wrong_fields()[0].starts_with(field),
            "{patch}: {}",
            answer.text()
        );
    }
}

#[actix_web::test]
async fn a_source_record_exists_once() {
    let api = Api::start().await;
    let body =
        json!({"name": "A", "organization": "O", "provenance": {"source": "s", "source_id": "1"}});
    let first = api
        .post_as(&api.editor(), "/api/v1/scholarships", &body)
        .await;
    assert_eq!(first.status, 201);
    let second = api
        .post_as(&api.editor(), "/api/v1/scholarships", &body)
        .await;
    assert_eq!(
        (second.status, second.code().as_str()),
        (409, "SCHOLARSHIP_EXISTS")
    );
    assert!(second.text().contains(first.json()["id"].as_str().unwrap()));
}
