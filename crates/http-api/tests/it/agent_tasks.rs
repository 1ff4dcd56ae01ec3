//! Tasks of agents over HTTP: taken in once, for one token, answered to their sender only.

use std::time::Duration;

use auth::Role;
use serde_json::{Value, json};

use crate::api::{Api, Setup, id};

const SCOPE: &str = "agent:tasks";

fn search(task_id: &str) -> Value {
    json!({
        "task_id": task_id,
        "action": "scholarship_api.search",
        "payload": {"query": "engineering", "filters": {"states": ["NV"]}, "pagination": {"page": 1, "size": 2}},
        "trace_id": "trace-1",
        "requested_by": "planner",
        "resources": {"priority": 7, "timeout_ms": 5000, "retry": 1},
    })
}

/// What became of a task, once it has ended.
async fn ended(api: &Api, token: &str, task_id: &str) -> Value {
    for _ in 0..500 {
        let answer = api.get_as(token, &format!("/agent/tasks/{task_id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let answer = answer.json();
        if answer["status"] != "accepted" && answer["status"] != "in_progress" {
            return answer;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the task {task_id} does not end");
}

#[actix_web::test]
async fn a_task_is_taken_in_done_and_answered() {
    let api = Api::start().await;
    let token = api.token(Role::Agent, SCOPE);
    for _ in 0..2 {
        let taken = api.post_as(&token, "/agent/task", &search("task-1")).await;
        assert_eq!(taken.status, 202, "{}", taken.json());
        assert_eq!(
            taken.json(),
            json!({"task_id": "task-1", "status": "accepted", "trace_id": "trace-1"})
        );
        assert_eq!(taken.header("location"), Some("/agent/tasks/task-1"));
    }
    let done = ended(&api, &token, "task-1").await;
    assert_eq!(done["status"], "succeeded");
    assert_eq!(done["trace_id"], "trace-1");
    let rest = api
        .get("/api/v1/search?q=engineering&states=NV&limit=2&offset=0")
        .await;
    assert_eq!(done["result"]["data"], rest.json()["data"]);
    assert_eq!(
        done["result"]["page"]["total"],
        rest.json()["page"]["total"]
    );
    // Taking it in once more begins nothing.
    let again = api.post_as(&token, "/agent/task", &search("task-1")).await;
    assert_eq!(again.status, 202);
    assert_eq!(ended(&api, &token, "task-1").await, done);
}

#[actix_web::test]
async fn every_action_answers_as_its_endpoint_does() {
    let api = Api::start().await;
    let profile = json!({"gpa": 3.5, "state_of_residence": "NV", "field_of_study": "engineering"});
    let cases = [
        (
            "check",
            "scholarship_api.eligibility_check",
            json!({"profile": profile, "scholarship_ids": [id(1), id(5), "sch_unknown"]}),
            "/api/v1/eligibility/check",
        ),
        (
            "recommend",
            "scholarship_api.recommendations",
            json!({"profile": profile, "limit": 3}),
            "/api/v1/recommendations",
        ),
    ];
    for (task_id, action, payload, endpoint) in cases {
        let token = api.token_with_id(task_id, "someone", Role::Agent, SCOPE);
        let task = json!({"task_id": task_id, "action": action, "payload": payload});
        let taken = api.post_as(&token, "/agent/task", &task).await;
        assert_eq!(taken.status, 202, "{}", taken.json());
        let done = ended(&api, &token, task_id).await;
        let rest = api.post(endpoint, &payload).await.json();
        assert_eq!(done["result"]["data"], rest["data"], "{action}");
        assert!(!rest["data"].as_array().expect("a list").is_empty());
    }
    let task =
        json!({"task_id": "days", "action": "scholarship_api.analytics", "payload": {"days": 3}});
    let token = api.token_with_id("no-days", "someone", Role::Agent, SCOPE);
    let refused = api.post_as(&token, "/agent/task", &task).await;
    assert_eq!(
        (refused.status, refused.json()["code"].clone()),
        (403, json!("INSUFFICIENT_SCOPE"))
    );
    let scopes = format!("{SCOPE} analytics:read");
    let token = api.token_with_id("days", "someone", Role::Agent, &scopes);
    assert_eq!(api.post_as(&token, "/agent/task", &task).await.status, 202);
    let done = ended(&api, &token, "days").await;
    assert_eq!(done["result"]["scholarships"], 5);
}

#[actix_web::test]
async fn a_token_is_good_for_one_task() {
    let api = Api::start().await;
    let token = api.token(Role::Agent, SCOPE);
    let send = async |token: &str, task: &Value| {
        let answer = api.post_as(token, "/agent/task", task).await;
        (answer.status, answer.json()["code"].clone())
    };
    assert_eq!(send(&token, &search("task-1")).await.0, 202);
    let replayed = (401, json!("TOKEN_REPLAYED"));
    assert_eq!(send(&token, &search("task-2")).await, replayed);
    let mut other = search("task-1");
    other["payload"]["query"] = json!("nursing");
    assert_eq!(send(&token, &other).await, replayed);
    // What was refused before it was looked at binds nothing.
    let fresh = api.token_with_id("token-2", "someone", Role::Agent, SCOPE);
    let mut wrong = search("task-3");
    wrong["payload"]["pagination"]["size"] = json!(0);
    assert_eq!(send(&fresh, &wrong).await.0, 422);
    assert_eq!(send(&fresh, &other).await, (409, json!("TASK_EXISTS")));
    let third = api.token_with_id("token-3", "someone", Role::Agent, SCOPE);
    assert_eq!(send(&third, &search("task-1")).await.0, 202);
}

#[actix_web::test]
async fn a_stranger_learns_nothing_of_a_task() {
    let api = Api::start().await;
    let owner = api.token(Role::Agent, SCOPE);
    let stranger = api.token_with_id("token-2", "stranger", Role::Agent, SCOPE);
    let admin = api.token_with_id("token-3", "admin", Role::Admin, "");
    assert_eq!(
        api.post_as(&owner, "/agent/task", &search("task-1"))
            .await
            .status,
        202
    );
    let same = api
        .post_as(&stranger, "/agent/task", &search("task-1"))
        .await;
    assert_eq!(same.json()["code"], "TASK_EXISTS");
    for path in [
        "/agent/tasks/task-1",
        "/agent/tasks/task-none",
        "/agent/tasks/a.b",
    ] {
        let answer = api.get_as(&stranger, path).await;
        assert_eq!(
            (answer.status, answer.json()["code"].clone()),
            (404, json!("TASK_NOT_FOUND"))
        );
    }
    let headers = [("Authorization", stranger.as_str())];
    let cancelled = api
        .send("POST", "/agent/tasks/task-1/cancel", &headers, None)
        .await;
    assert_eq!(cancelled.status, 404);
    assert_eq!(ended(&api, &admin, "task-1").await["status"], "succeeded");
    assert_eq!(api.get_as(&stranger, "/agent/tasks").await.status, 403);
    let listed = api
        .get_as(&admin, "/agent/tasks?requested_by=planner")
        .await
        .json();
    assert_eq!(listed["data"][0]["task_id"], "task-1");
    let none = api.get_as(&admin, "/agent/tasks?state=dead").await.json();
    assert_eq!(none, json!({"data": [], "next_before": null}));
}

#[actix_web::test]
async fn what_has_ended_is_neither_cancelled_nor_queued_again() {
    let api = Api::start().await;
    let owner = api.token(Role::Agent, SCOPE);
    let admin = api.token_with_id("token-3", "admin", Role::Admin, "");
    assert_eq!(
        api.post_as(&owner, "/agent/task", &search("task-1"))
            .await
            .status,
        202
    );
    ended(&api, &owner, "task-1").await;
    for (token, order) in [(&owner, "cancel"), (&admin, "requeue")] {
        let headers = [("Authorization", token.as_str())];
        let path = format!("/agent/tasks/task-1/{order}");
        let answer = api.send("POST", &path, &headers, None).await;
        let code = answer.json()["code"].clone();
        assert_eq!(
            (answer.status, code),
            (409, json!("TASK_STATE_CONFLICT")),
            "{order}"
        );
    }
    let headers = [("Authorization", owner.as_str())];
    let refused = api
        .send("POST", "/agent/tasks/task-1/requeue", &headers, None)
        .await;
    assert_eq!(refused.json()["code"], "ROLE_NOT_ALLOWED");
}

#[actix_web::test]
async fn everything_that_is_wrong_is_named() {
    let api = Api::start().await;
    let token = api.token(Role::Agent, SCOPE);
    let fields = async |task: Value| {
        let answer = api.post_as(&token, "/agent/task", &task).await;
        assert_eq!(answer.status, 422, "{}", answer.json());
        let errors = answer.json()["errors"].clone();
        let fields = errors.as_array().expect("a list").iter();
        fields
            .map(|error| error["field"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let wrong = json!({
        "task_id": "not an id",
        "action": "scholarship_api.search",
        "payload": {"filters": {"min_amount": -1}, "pagination": {"page": 0, "size": 101}},
        "trace_id": "",
        "requested_by": "a\nb",
        "resources": {"priority": 0, "timeout_ms": 1, "retry": 11},
    });
    let expected = [
        "task_id",
        "resources.priority",
        "resources.timeout_ms",
        "resources.retry",
        "payload.filters.min_amount",
        "payload.pagination.size",
        "payload.pagination.page",
        "trace_id",
        "requested_by",
    ];
    assert_eq!(fields(wrong).await, expected);
    let with = |key: &str, value: Value| {
        let mut task = search("task-1");
        task[key] = value;
        task
    };
    assert_eq!(
        fields(with("action", json!("delete_all"))).await,
        ["action"]
    );
    assert_eq!(fields(with("more", json!(1))).await, ["more"]);
    assert_eq!(
        fields(with("payload", json!({"quer": "a"}))).await,
        ["payload.quer"]
    );
    let deep = with("payload", json!({"query": "a".repeat(65_536)}));
    assert_eq!(fields(deep).await, ["payload", "payload.query"]);
}

#[actix_web::test]
async fn notices_go_nowhere_that_was_not_configured() {
    let api = Api::start().await;
    let token = api.token(Role::Agent, SCOPE);
    for reply_to in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "https://center.example/",
        "file:///etc/passwd",
        "nonsense",
    ] {
        let mut task = search("task-1");
        task["reply_to"] = json!(reply_to);
        let answer = api.post_as(&token, "/agent/task", &task).await;
        assert_eq!(answer.status, 422, "{reply_to}");
        assert_eq!(answer.json()["errors"][0]["field"], "reply_to");
        let detail = "reply_to: is not on an origin that this service was configured to answer to";
        assert_eq!(answer.json()["detail"], detail, "{reply_to}");
    }
}

#[actix_web::test]
async fn keys_that_are_given_twice_are_refused_as_in_the_body_of_an_endpoint() {
    let api = Api::start().await;
    let token = api.token(Role::Agent, SCOPE);
    for (field, payload) in [
        ("payload.query", r#"{"query": "nursing", "query": "law"}"#),
        (
            "payload.filters.states",
            r#"{"filters": {"states": ["NV"], "states": ["TX"]}}"#,
        ),
    ] {
        let body = format!(
            r#"{{"task_id": "twice", "action": "scholarship_api.search", "payload": {payload}}}"#
        );
        let headers = [
            ("Authorization", token.as_str()),
            ("Content-Type", "application/json"),
        ];
        let answer = api
            .send("POST", "/agent/task", &headers, Some(body.as_bytes()))
            .await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["errors"][0]["field"], field, "{answer}");
    }
}

#[actix_web::test]
async fn tasks_wait_for_their_turn_where_callers_are_refused() {
    let mut setup = Setup::default();
    setup.settings.max_heavy_requests = 1;
    let api = Api::with(setup).await;
    let ids: Vec<String> = (0..12).map(|number| format!("check-{number}")).collect();
    for id in &ids {
        let token = api.token_with_id(id, "someone", Role::Agent, SCOPE);
        let body = json!({
            "task_id": id,
            "action": "scholarship_api.recommendations",
            "payload": {"profile": {"gpa": 3.5}},
            "resources": {"retry": 0},
        });
        let taken = api.post_as(&token, "/agent/task", &body).await;
        assert_eq!(taken.status, 202, "{}", taken.json());
    }
    let token = api.token(Role::Agent, SCOPE);
    for id in &ids {
        let done = ended(&api, &token, id).await;
        assert_eq!(done["status"], "succeeded", "{done}");
    }
}

#[actix_web::test]
async fn an_owner_with_too_many_unfinished_tasks_is_told_the_limit() {
    let mut setup = Setup::default();
    setup.settings.max_heavy_requests = 0;
    setup.tasks.per_owner = 1;
    let api = Api::with(setup).await;
    let send = async |id: &str, subject: &str| {
        let token = api.token_with_id(id, subject, Role::Agent, SCOPE);
        let body = json!({
            "task_id": id,
            "action": "scholarship_api.recommendations",
            "payload": {"profile": {"gpa": 3.5}},
        });
        api.post_as(&token, "/agent/task", &body).await
    };
    assert_eq!(send("first", "ann").await.status, 202);
    let refused = send("second", "ann").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "TOO_MANY_TASKS")
    );
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert!(
        refused.text().contains("1 tasks of yours"),
        "{}",
        refused.text()
    );
    assert_eq!(send("first", "ann").await.status, 202);
    assert_eq!(send("third", "bob").await.status, 202);
}

#[actix_web::test]
async fn only_agents_with_the_scope_may_send() {
    let api = Api::start().await;
    assert_eq!(api.post("/agent/task", &search("task-1")).await.status, 401);
    let without = api.token(Role::Agent, "scholarships:read");
    let refused = api
        .post_as(&without, "/agent/task", &search("task-1"))
        .await;
    assert_eq!(refused.json()["code"], "INSUFFICIENT_SCOPE");
}

#[actix_web::test]
async fn capabilities_hold_schemas_that_stand_alone() {
    let api = Api::start().await;
    let answer = api.get("/agent/capabilities").await.json();
    let capabilities = answer["capabilities"].as_array().expect("a list");
    assert_eq!(capabilities.len(), 4);
    for capability in capabilities {
        for schema in ["payload_schema", "result_schema"] {
            let schema = &capability[schema];
            assert_eq!(schema["type"], "object", "{capability}");
            let text = schema.to_string();
            assert!(!text.contains("#/components"), "{text}");
            for reference in text.split("\"#/$defs/").skip(1) {
                let name = reference.split('"').next().expect("a text");
                assert!(schema["$defs"].get(name).is_some(), "{name}");
            }
        }
    }
    let health = api.get("/agent/health").await.json();
    assert_eq!(health["command_center"], "not_configured");
}
