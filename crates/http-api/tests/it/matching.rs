//! Eligibility, unlocks and recommendations.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::api::{Api, id};

const NURSE: &str = "gpa=3.5&state_of_residence=NV&field_of_study=medicine";

fn nurse() -> Value {
    json!({"gpa": 3.5, "state_of_residence": "NV", "field_of_study": "medicine"})
}

fn without_time(mut body: Value) -> Value {
    body["took_ms"] = Value::Null;
    body
}

#[actix_web::test]
async fn a_check_explains_every_criterion_in_the_order_of_the_ids() {
    let api = Api::start().await;
    let ids = [id(1), "sch_unknown".to_owned(), id(4), id(5), id(3)];
    let answer = api
        .post(
            "/api/v1/eligibility/check",
            &json!({"profile": nurse(), "scholarship_ids": ids}),
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_json_snapshot!(answer.json(), { ".took_ms" => "[ms]" });
}

#[actix_web::test]
async fn both_forms_of_the_check_give_the_same_answer() {
    let api = Api::start().await;
    let (first, second) = (id(1), id(2));
    let by_query = api
        .get(&format!(
            "/api/v1/eligibility/check?{NURSE}&scholarship_ids={first},{second}"
        ))
        .await;
    let body = json!({"profile": nurse(), "scholarship_ids": [first, second]});
    let by_body = api.post("/api/v1/eligibility/check", &body).await;
    assert_eq!(by_query.status, 200);
    assert_eq!(without_time(by_query.json()), without_time(by_body.json()));
}

#[actix_web::test]
async fn attributes_are_read_from_the_query() {
    let api = Api::start().await;
    let by_query = api.get("/api/v1/eligibility/check?attributes=military:veteran,first_generation:true&attributes=gender:").await;
    let profile =
        json!({"attributes": {"military": ["veteran"], "first_generation": true, "gender": []}});
    let by_body = api
        .post("/api/v1/eligibility/check", &json!({"profile": profile}))
        .await;
    assert_eq!(by_query.status, 200);
    assert_eq!(without_time(by_query.json()), without_time(by_body.json()));
}

#[actix_web::test]
async fn without_ids_the_whole_catalogue_is_checked_in_pages() {
    let api = Api::start().await;
    let first = api
        .post(
            "/api/v1/eligibility/check",
            &json!({"profile": nurse(), "limit": 2}),
        )
        .await
        .json();
    assert_eq!(first["page"]["total"], 3);
    assert_eq!(
        first["verdicts"],
        json!({"eligible": 1, "possible": 0, "ineligible": 2})
    );
    assert_eq!(first["data"][0]["verdict"], "eligible");
    let cursor = first["page"]["next_cursor"]
        .as_str()
        .expect("a further page");
    let body = json!({"profile": nurse(), "limit": 2, "cursor": cursor});
    let second = api.post("/api/v1/eligibility/check", &body).await.json();
    assert_eq!(second["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["page"]["has_next"], false);
}

#[actix_web::test]
async fn unlocks_add_up() {
    let api = Api::start().await;
    let answer = api
        .post("/api/v1/eligibility/unlocks", &json!({"profile": nurse()}))
        .await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let unlocks = body["unlocks"].as_array().unwrap();
    let to_california = unlocks
        .iter()
        .find(|unlock| unlock["to"] == "CA")
        .expect("a move helps");
    assert_json_snapshot!(to_california);
    for unlock in unlocks {
        let number = |key: &str| unlock[key].as_u64().unwrap();
        assert_eq!(number("opens"), number("eligible") + number("possible"));
        assert!(number("opens") <= body["verdicts"]["ineligible"].as_u64().unwrap());
        let mut profile = nurse();
        profile[unlock["profile_key"].as_str().unwrap()] = unlock["to"].clone();
        let after = api
            .post("/api/v1/eligibility/unlocks", &json!({"profile": profile}))
            .await
            .json();
        assert!(
            after["verdicts"]["ineligible"].as_u64() < body["verdicts"]["ineligible"].as_u64(),
            "{unlock}"
        );
    }
}

#[actix_web::test]
async fn recommendations_are_ranked_with_reasons() {
    let api = Api::start().await;
    let by_body = api
        .post("/api/v1/recommendations", &json!({"profile": nurse()}))
        .await
        .json();
    let by_query = api
        .get(&format!("/api/v1/recommendations?{NURSE}"))
        .await
        .json();
    assert_eq!(without_time(by_body.clone()), without_time(by_query));
    let names = |body: &Value| -> Vec<String> {
        body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&by_body), ["Open Door Scholarship"]);
    let recommendation = &by_body["data"][0]["recommendation"];
    let components = recommendation["components"].as_array().unwrap();
    assert_eq!(components.len(), 6);
    assert!(
        components
            .iter()
            .all(|component| component["reason"].is_string())
    );
    let number = |value: &Value| value.as_f64().unwrap();
    let sum: f64 = components
        .iter()
        .map(|component| number(&component["value"]) * number(&component["weight"]))
        .sum();
    assert!(
        (number(&recommendation["score"]) - sum).abs() < 0.001,
        "{recommendation}"
    );
    let wider = api
        .post(
            "/api/v1/recommendations",
            &json!({"profile": nurse(), "include_ineligible": true, "limit": 2}),
        )
        .await
        .json();
    assert_eq!(wider["data"].as_array().map(Vec::len), Some(2));
    // Of all candidates the best come, and no further page can be asked for.
    assert_eq!(
        wider["page"],
        json!({"total": 3, "limit": 2, "offset": 0, "has_next": false, "next_cursor": null})
    );
    assert_eq!(by_body["page"]["total"], 1);
    let filtered = json!({"profile": nurse(), "include_ineligible": true, "filters": {"states": ["CA"], "states_only": true}});
    assert_eq!(
        names(&api.post("/api/v1/recommendations", &filtered).await.json()),
        ["Golden Coast Nursing Grant"]
    );
    let drafts = json!({"profile": nurse(), "filters": {"status": ["draft"]}});
    assert_eq!(
        api.post("/api/v1/recommendations", &drafts).await.status,
        403
    );
}
