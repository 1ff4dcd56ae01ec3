//! Search, list, suggestions and similar scholarships.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::api::{Api, Setup, catalogue, id};
use crate::client::Answer;

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let hits = body["data"].as_array().cloned().unwrap_or_default();
    hits.iter()
        .map(|hit| hit["name"].as_str().unwrap_or("").to_owned())
        .collect()
}

#[actix_web::test]
async fn the_list_shows_open_scholarships_only() {
    let api = Api::start().await;
    let answer = api.get("/api/v1/scholarships").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["page"]["total"], 3);
    assert!(
        !names(&answer)
            .iter()
            .any(|name| name.contains("Yesterday") || name.contains("Unfinished"))
    );
    let everything = api.get("/api/v1/scholarships?include_expired=true").await;
    assert_eq!(everything.json()["page"]["total"], 4);
}

#[actix_web::test]
async fn a_search_result_is_the_scholarship_with_what_the_search_adds() {
    let api = Api::start().await;
    let answer = api
        .get("/api/v1/search?q=enginering&facets=states&highlight=true&min_amount=1000")
        .await;
    assert_eq!(answer.status, 200);
    assert_json_snapshot!(answer.json(), { ".took_ms" => "[ms]" });
}

#[actix_web::test]
async fn both_forms_of_search_give_the_same_results() {
    let api = Api::start().await;
    let strip = |answer: Answer| {
        let mut body = answer.json();
        body["took_ms"] = Value::Null;
        body
    };
    let by_query = api.get("/api/v1/search?keyword=award&states=NV,CA&fields_of_study=engineering&sort=-amount&limit=5").await;
    let by_list = api.get("/api/v1/scholarships?q=award&states=NV&states=CA&fields_of_study=engineering&sort=-amount&limit=5").await;
    let body = json!({"query": "award", "states": ["NV", "CA"], "fields_of_study": ["engineering"], "sort": "-amount", "limit": 5});
    let by_body = api.post("/api/v1/search", &body).await;
    assert_eq!(names(&by_query), ["Silver State Engineering Award"]);
    let by_query = strip(by_query);
    assert_eq!(by_query, strip(by_list));
    assert_eq!(by_query, strip(by_body));
}

#[actix_web::test]
async fn pages_follow_by_cursor_and_by_offset() {
    let api = Api::start().await;
    let all = names(&api.get("/api/v1/scholarships?sort=name").await);
    let first = api.get("/api/v1/scholarships?sort=name&limit=2").await;
    let page = first.json()["page"].clone();
    assert_eq!(
        (&page["has_next"], &page["offset"]),
        (&json!(true), &json!(0))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let second = api
        .get(&format!(
            "/api/v1/scholarships?sort=name&limit=2&cursor={cursor}"
        ))
        .await;
    assert_eq!(second.json()["page"]["offset"], Value::Null);
    assert_eq!(second.json()["page"]["has_next"], false);
    assert_eq!([names(&first), names(&second)].concat(), all);
    for (target, body) in [
        (
            "/api/v1/search",
            json!({"sort": "name", "offset": 2, "cursor": cursor}),
        ),
        (
            "/api/v1/eligibility/check",
            json!({"profile": {}, "offset": 2, "cursor": cursor}),
        ),
    ] {
        let both = api.post(target, &body).await;
        let wrong = both.wrong_fields().concat();
        assert!(
            wrong.starts_with("offset: goes without"),
            "{target}: {wrong}"
        );
    }
    let by_offset = api
        .get("/api/v1/scholarships?sort=name&limit=2&offset=2")
        .await;
    assert_eq!(names(&by_offset), names(&second));
}

#[actix_web::test]
async fn results_that_are_known_are_not_sent_again() {
    let api = Api::start().await;
    let target = "/api/v1/search?q=engineering&facets=states&limit=1&include_expired=true";
    let first = api.get(target).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    api.clock.advance(chrono::TimeDelta::seconds(1));
    let second = api.get(target).await;
    assert_eq!(second.header("etag"), Some(tag.as_str()));
    let cursor = |answer: &Answer| answer.json()["page"]["next_cursor"].clone();
    assert_ne!(cursor(&first), cursor(&second), "it holds the time");
    for known in [tag.as_str(), tag.trim_start_matches("W/"), "\"x\", *"] {
        let headers = [("If-None-Match", known)];
        let answer = api.send("GET", target, &headers, None).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
    }
    for other in [
        target.replace("facets=states", "facets=renewable"),
        target.replace("engineering", "enginering"),
        target.replace("limit=1", "limit=2"),
        target.replace("q=engineering&", ""),
    ] {
        let headers = [("If-None-Match", tag.as_str())];
        let answer = api.send("GET", &other, &headers, None).await;
        assert_eq!(answer.status, 200, "{other}");
        assert_ne!(answer.header("etag"), Some(tag.as_str()), "{other}");
    }
}

#[actix_web::test]
async fn known_results_never_keep_a_cursor_that_has_expired() {
    let api = Api::start().await;
    let target = "/api/v1/scholarships?sort=name&limit=2&include_expired=true";
    let first = api.get(target).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let headers = [("If-None-Match", tag.as_str())];
    api.clock.advance(chrono::TimeDelta::hours(25));
    let second = api.send("GET", target, &headers, None).await;
    assert_eq!(
        second.status, 200,
        "the cursor of the first one has expired"
    );
    assert_eq!(names(&second), names(&first));
    let next = |answer: &Answer| {
        let cursor = answer.json()["page"]["next_cursor"].clone();
        format!("{target}&cursor={}", cursor.as_str().expect("a cursor"))
    };
    assert_eq!(api.get(&next(&first)).await.status, 422);
    assert_eq!(api.get(&next(&second)).await.status, 200);
}

#[actix_web::test]
async fn suggestions_and_similar_ones_that_are_known_are_not_sent_again() {
    let api = Api::with(with_similar_ones()).await;
    let similar = format!("/api/v1/scholarships/{}/similar?limit=2", id(1));
    for (target, other) in [
        (
            "/api/v1/search/suggestions?q=engin",
            "/api/v1/search/suggestions?q=nurs",
        ),
        (
            similar.as_str(),
            similar.replace("limit=2", "limit=1").as_str(),
        ),
    ] {
        let first = api.get(target).await;
        let tag = first.header("etag").expect("a tag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        api.clock.advance(chrono::TimeDelta::hours(2));
        let headers = [("If-None-Match", tag.as_str())];
        let known = api.send("GET", target, &headers, None).await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{target}");
        assert_eq!(known.header("etag"), Some(tag.as_str()));
        let answer = api.send("GET", other, &headers, None).await;
        assert_eq!(answer.status, 200, "{other}");
    }
}

#[actix_web::test]
async fn the_tag_of_results_tells_of_changes() {
    let api = Api::start().await;
    let target = "/api/v1/search?q=engineering";
    let before = api.get(target).await.header("etag").map(str::to_owned);
    let made = json!({"name": "Further Engineering Award", "organization": "Example"});
    let answer = api
        .post_as(&api.editor(), "/api/v1/scholarships", &made)
        .await;
    assert_eq!(answer.status, 201);
    let after = api.get(target).await;
    assert_ne!(after.header("etag"), before.as_deref());
}

#[actix_web::test]
async fn a_search_with_a_profile_shows_nothing_that_the_student_is_ineligible_for() {
    let api = Api::start().await;
    let profile = json!({"gpa": 3.5, "state_of_residence": "NV", "field_of_study": "engineering"});
    let answer = api
        .post(
            "/api/v1/search",
            &json!({"profile": profile, "sort": "name"}),
        )
        .await;
    assert_eq!(
        names(&answer),
        ["Open Door Scholarship", "Silver State Engineering Award"]
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    for hit in body["data"].as_array().unwrap() {
        assert_eq!(hit["match"]["verdict"], "eligible");
    }
    assert_eq!(
        body["verdicts"],
        json!({"eligible": 2, "possible": 0, "ineligible": 1})
    );
    let wider = json!({"profile": profile, "verdicts": ["ineligible"]});
    let answer = api.post("/api/v1/search", &wider).await;
    assert_eq!(names(&answer), ["Golden Coast Nursing Grant"]);
    assert_eq!(answer.json()["data"][0]["match"]["verdict"], "ineligible");
}

#[actix_web::test]
async fn drafts_are_for_editors() {
    let api = Api::start().await;
    let refused = api.get("/api/v1/search?status=draft").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "INSUFFICIENT_SCOPE")
    );
    let found = api
        .get_as(&api.editor(), "/api/v1/search?status=draft")
        .await;
    assert_eq!(names(&found), ["Unfinished Engineering Fund"]);
    let body = json!({"status": ["draft"]});
    assert_eq!(api.post("/api/v1/search", &body).await.status, 403);
    assert_eq!(
        api.get(&format!("/api/v1/scholarships/{}", id(5)))
            .await
            .status,
        404
    );
    assert_eq!(
        api.get(&format!("/api/v1/scholarships/{}/similar", id(5)))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn suggestions_complete_what_was_typed() {
    let api = Api::start().await;
    let answer = api.get("/api/v1/search/suggestions?q=engin&limit=3").await;
    assert_eq!(answer.status, 200);
    let texts = answer.json()["data"].to_string().to_lowercase();
    assert!(texts.contains("engineering"), "{texts}");
    for wrong in ["", "?q=", "?q=a&limit=21", "?q=a&limit=0"] {
        let answer = api.get(&format!("/api/v1/search/suggestions{wrong}")).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
}

/// Two more that are like the first one.
fn with_similar_ones() -> Setup {
    let mut scholarships = catalogue();
    for name in [
        "Bronze State Engineering Award",
        "Copper State Engineering Award",
    ] {
        let award = testkit::scholarship(name).fields(&[domain::FieldOfStudy::Engineering]);
        scholarships.push(award.content());
    }
    Setup {
        catalogue: scholarships,
        ..Setup::default()
    }
}

#[actix_web::test]
async fn similar_scholarships_do_not_name_the_one_asked_for() {
    let api = Api::with(with_similar_ones()).await;
    let answer = api
        .get(&format!("/api/v1/scholarships/{}/similar?limit=2", id(1)))
        .await;
    assert_eq!(answer.status, 200);
    assert!(names(&answer).contains(&"Bronze State Engineering Award".to_owned()));
    assert!(!names(&answer).contains(&"Silver State Engineering Award".to_owned()));
    let first = api
        .get(&format!("/api/v1/scholarships/{}/similar?limit=1", id(1)))
        .await;
    let page = first.json()["page"].clone();
    assert!(page["total"].as_u64() > Some(1), "{page}");
    assert_eq!(
        (&page["has_next"], &page["next_cursor"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        api.get("/api/v1/scholarships/sch_unknown/similar")
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn answers_are_compressed_on_request() {
    let api = Api::start().await;
    let plain = api.get("/openapi.json").await;
    let vary = plain.header("vary").unwrap_or("").to_lowercase();
    assert!(vary.contains("accept-encoding"), "{vary}");
    for encoding in ["gzip", "br", "zstd"] {
        let answer = api
            .send(
                "GET",
                "/openapi.json",
                &[("Accept-Encoding", encoding)],
                None,
            )
            .await;
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        assert!(answer.body.len() * 2 < plain.body.len());
    }
    let refused = api
        .send(
            "GET",
            "/",
            &[("Accept-Encoding", "compress, identity;q=0")],
            None,
        )
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (406, "NOT_ACCEPTABLE")
    );
}
