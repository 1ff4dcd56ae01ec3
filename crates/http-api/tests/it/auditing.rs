//! Who wrote what over HTTP is in the store beside it.

use auth::Role;
use domain::ScholarshipId;
use ports::{Actor, ActorRole, AuditAction, AuditEntry, AuditLog as _};
use serde_json::json;
use testkit::instant;

use crate::api::{Api, NOW};

/// Oldest first, of what was not there at the start.
async fn entries(api: &Api) -> Vec<AuditEntry> {
    let mut entries = api
        .store
        .audit(instant(NOW), None, 1_000)
        .await
        .expect("is read");
    entries.retain(|entry| entry.actor.name.as_deref() != Some("tester"));
    entries.reverse();
    entries
}

#[actix_web::test]
async fn writes_name_the_subject_and_the_role_of_their_token() {
    let api = Api::start().await;
    let partner = api.token_of("partner-7", Role::Partner, "scholarships:write");
    let admin = api.token_of("editor-1", Role::Admin, "");
    let body = json!({"name": "N", "organization": "O"});
    let made = api.post_as(&partner, "/api/v1/scholarships", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/scholarships/{id}");
    let change = async |method: &str, token: &str, kind: &str, body: &str| {
        let headers = [
            ("Content-Type", kind),
            ("Authorization", token),
            ("If-Match", "*"),
        ];
        let body = (!body.is_empty()).then_some(body.as_bytes());
        let answer = api.send(method, &path, &headers, body).await;
        assert!(answer.status < 300, "{method}: {}", answer.text());
    };
    let other = r#"{"name":"M","organization":"O"}"#;
    change("PUT", &admin, "application/json", other).await;
    let patch = r#"{"amount":100}"#;
    change("PATCH", &partner, "application/merge-patch+json", patch).await;
    change("DELETE", &admin, "application/json", "").await;
    let records = json!([{"name": "I", "organization": "O"}]);
    let path = "/api/v1/scholarships/import";
    let imported = api.post_as(&partner, path, &records).await;
    assert_eq!(imported.status, 200, "{}", imported.text());

    let partner = Actor::named("partner-7", ActorRole::Partner);
    let admin = Actor::named("editor-1", ActorRole::Admin);
    let found = entries(&api).await;
    let said: Vec<_> = found
        .iter()
        .map(|entry| (&entry.actor, entry.action))
        .collect();
    assert_eq!(
        said,
        [
            (&partner, AuditAction::Created),
            (&admin, AuditAction::Replaced),
            (&partner, AuditAction::Replaced),
            (&admin, AuditAction::Deleted),
            (&partner, AuditAction::Imported),
        ]
    );
    let id = ScholarshipId::parse(&id).expect("an id");
    assert!(found[..4].iter().all(|entry| entry.scholarship_id == id));
}

#[actix_web::test]
async fn what_is_refused_or_repeated_is_not_listed() {
    let api = Api::start().await;
    let editor = api.editor();
    let body = json!({"name": "N", "organization": "O"}).to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", editor.as_str()),
        ("Idempotency-Key", "once"),
    ];
    for _ in 0..2 {
        let target = "/api/v1/scholarships";
        let made = api.send("POST", target, &headers, Some(body.as_bytes()));
        assert_eq!(made.await.status, 201);
    }
    let reader = api.token(Role::Student, "scholarships:read");
    let body = json!({"name": "N", "organization": "O"});
    let refused = api.post_as(&reader, "/api/v1/scholarships", &body).await;
    assert_eq!(refused.status, 403);
    let wrong = json!({"name": "N"});
    let refused = api.post_as(&editor, "/api/v1/scholarships", &wrong).await;
    assert_eq!(refused.status, 422);
    assert_eq!(entries(&api).await.len(), 1);
}
