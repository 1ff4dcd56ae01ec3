//! Interactions and the analytics made of them.

use auth::Role;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::api::{Api, id};

#[actix_web::test]
async fn what_is_recorded_is_shown_to_its_student_and_forgotten_on_request() {
    let api = Api::start().await;
    let student = api.token_of("s-1", Role::Student, "");
    let other = api.token_of("s-2", Role::Student, "");
    let one = json!({"id": "i-1", "kind": "view", "scholarship_id": id(1)});
    let first = api.post_as(&student, "/api/v1/interactions", &one).await;
    assert_eq!(
        (first.status, first.json()),
        (202, json!({"accepted": 1, "duplicates": 0, "ids": ["i-1"]}))
    );
    let again = api.post_as(&student, "/api/v1/interactions", &one).await;
    assert_eq!(
        again.json(),
        json!({"accepted": 0, "duplicates": 1, "ids": ["i-1"]})
    );
    let mine = api.get_as(&student, "/api/v1/interactions/mine").await;
    assert_json_snapshot!(mine.json(), { ".took_ms" => "[ms]" });
    assert_eq!(mine.header("cache-control"), Some("no-store"));
    assert_eq!(
        api.get_as(&other, "/api/v1/interactions/mine").await.json()["data"],
        json!([])
    );
    let headers = [("Authorization", student.as_str())];
    let forgotten = api
        .send("DELETE", "/api/v1/interactions/mine", &headers, None)
        .await;
    assert_eq!(forgotten.json(), json!({"deleted": 1}));
    assert_eq!(
        api.get_as(&student, "/api/v1/interactions/mine")
            .await
            .json()["page"]["total"],
        0
    );
}

#[actix_web::test]
async fn an_interaction_without_an_id_gets_one_that_its_key_decides() {
    let api = Api::start().await;
    let student = api.token(Role::Student, "");
    let body = json!({"interactions": [
        {"kind": "save", "scholarship_id": id(1)},
        {"kind": "apply_click", "scholarship_id": id(2), "occurred_at": "2026-11-20T10:00:00Z"},
    ]});
    let text = body.to_string();
    let headers = [
        ("Authorization", student.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "k-1"),
    ];
    let first = api
        .send(
            "POST",
            "/api/v1/interactions/bulk",
            &headers,
            Some(text.as_bytes()),
        )
        .await;
    let again = api
        .send(
            "POST",
            "/api/v1/interactions/bulk",
            &headers,
            Some(text.as_bytes()),
        )
        .await;
    assert_eq!(first.json()["accepted"], 2);
    assert_eq!(again.json()["duplicates"], 2);
    assert_eq!(first.json()["ids"], again.json()["ids"]);
    let without_key = api
        .post_as(&student, "/api/v1/interactions/bulk", &body)
        .await;
    assert_eq!(without_key.json()["accepted"], 2);
}

#[actix_web::test]
async fn a_wrong_entry_is_named_and_nothing_is_recorded() {
    let api = Api::start().await;
    let student = api.token(Role::Student, "");
    let body = json!({"interactions": [
        {"kind": "view", "scholarship_id": id(1)},
        {"id": "a b", "kind": "view", "scholarship_id": "sch_unknown", "occurred_at": "2027-01-01T00:00:00Z"},
    ]});
    let answer = api
        .post_as(&student, "/api/v1/interactions/bulk", &body)
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
            "interactions[1].occurred_at",
            "interactions[1].id",
            "interactions[1].scholarship_id"
        ]
    );
    let single = json!({"kind": "view", "scholarship_id": "sch_unknown"});
    let answer = api.post_as(&student, "/api/v1/interactions", &single).await;
    assert_eq!(
        answer.wrong_fields(),
        ["scholarship_id: names no scholarship of the catalogue"]
    );
    let unknown_kind = json!({"kind": "like", "scholarship_id": id(1)});
    assert!(
        api.post_as(&student, "/api/v1/interactions", &unknown_kind)
            .await
            .wrong_fields()[0]
            .starts_with("kind: ")
    );
    let too_many: Vec<_> = (0..501)
        .map(|_| json!({"kind": "view", "scholarship_id": id(1)}))
        .collect();
    for list in [json!([]), json!(too_many)] {
        let answer = api
            .post_as(
                &student,
                "/api/v1/interactions/bulk",
                &json!({"interactions": list}),
            )
            .await;
        assert_eq!(
            answer.wrong_fields(),
            ["interactions: must have 1 to 500 entries"]
        );
    }
    assert_eq!(
        api.get_as(&student, "/api/v1/interactions/mine")
            .await
            .json()["page"]["total"],
        0
    );
}

#[actix_web::test]
async fn interactions_are_not_for_agents() {
    let api = Api::start().await;
    let agent = api.token(Role::Agent, "agent:tasks");
    let answer = api.get_as(&agent, "/api/v1/interactions/mine").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "ROLE_NOT_ALLOWED")
    );
}

#[actix_web::test]
async fn analytics_count_what_happened() {
    let api = Api::start().await;
    let student = api.token_of("s-1", Role::Student, "");
    for (kind, number) in [("view", 1), ("view", 1), ("save", 1), ("apply_click", 2)] {
        let body = json!({"kind": kind, "scholarship_id": id(number)});
        assert_eq!(
            api.post_as(&student, "/api/v1/interactions", &body)
                .await
                .status,
            202
        );
    }
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let analyst = api.token(Role::Partner, "analytics:read");
    assert_eq!(
        api.get_as(&student, "/api/v1/analytics/summary")
            .await
            .status,
        403
    );
    let summary = api
        .get_as(&analyst, "/api/v1/analytics/summary?days=7")
        .await;
    assert_json_snapshot!(summary.json());
    let popular = api
        .get_as(&analyst, "/api/v1/analytics/popular-scholarships?limit=1")
        .await
        .json();
    assert_eq!(
        popular["data"],
        json!([{"scholarship_id": id(1), "name": "Silver State Engineering Award", "views": 2, "saves": 1, "recommendation_clicks": 0, "apply_clicks": 0}])
    );
    let recent = api
        .get_as(&analyst, "/api/v1/analytics/interactions?limit=2")
        .await;
    assert_eq!(recent.json()["data"].as_array().map(Vec::len), Some(2));
    assert!(!recent.text().contains("pseudonym"));
    assert_eq!(
        api.get_as(&analyst, "/api/v1/analytics/search-trends")
            .await
            .json()["data"],
        json!([])
    );
    for wrong in ["days=0", "days=401", "days=x", "limit=0"] {
        let target = format!("/api/v1/analytics/popular-scholarships?{wrong}");
        assert_eq!(api.get_as(&analyst, &target).await.status, 422, "{wrong}");
    }
}
