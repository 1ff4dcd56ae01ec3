//! Tools for language models over HTTP, by a client of the protocol.

mod messages;

use std::sync::atomic::Ordering;

use auth::Role;
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorCode, Tool};
use rmcp::service::{RoleClient, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

use self::messages::{TWICE, send};
use crate::api::{Api, Setup, id};
use crate::conformance::violations;

type Client = RunningService<RoleClient, ()>;

/// A client; `token` without the word Bearer.
async fn client(api: &Api, token: Option<&str>) -> Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut settings =
        StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", api.address));
    if let Some(token) = token {
        settings = settings.auth_header(token);
    }
    let transport = StreamableHttpClientTransport::from_config(settings);
    ().serve(transport).await.expect("the server answers")
}

async fn call(client: &Client, tool: &str, arguments: Value) -> CallToolResult {
    let call = CallToolRequestParams::new(tool.to_owned());
    let arguments = arguments.as_object().expect("an object").clone();
    let answer = client.call_tool(call.with_arguments(arguments)).await;
    answer.expect("an answer")
}

fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    let texts: Vec<&str> = texts.map(|block| block.text.as_str()).collect();
    texts.join("\n")
}

/// A call's answer, held against the schema that the tool promises.
async fn good(client: &Client, tools: &[Tool], name: &str, arguments: Value) -> (Value, String) {
    let result = call(client, name, arguments).await;
    assert_ne!(result.is_error, Some(true), "{name}: {}", text(&result));
    let tool = tools.iter().find(|tool| tool.name == name).expect(name);
    let schema = serde_json::to_value(tool.output_schema.as_ref().expect("a schema"));
    let schema = schema.expect("JSON");
    let answer = result
        .structured_content
        .clone()
        .expect("structured content");
    let wrong = violations(&answer, &schema, &schema, "$");
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    (answer, text(&result))
}

/// What the endpoint says, and the tool with it, but for the time that it took and a cursor's random part.
fn lasting(mut answer: Value) -> Value {
    if let Some(object) = answer.as_object_mut() {
        object.remove("took_ms");
    }
    if let Some(page) = answer.get_mut("page").and_then(Value::as_object_mut) {
        page.remove("next_cursor");
    }
    answer
}

#[actix_web::test]
async fn each_tool_is_described_and_safe() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let tools = client.list_all_tools().await.expect("a list");
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(
        names,
        [
            "search_scholarships",
            "get_scholarship",
            "check_eligibility",
            "recommend_scholarships",
            "find_unlocks"
        ]
    );
    for tool in &tools {
        let hints = tool.annotations.as_ref().expect("annotations");
        let said = (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        );
        let safe = (Some(true), Some(false), Some(true), Some(false));
        assert_eq!(said, safe, "{}", tool.name);
        let output = tool.output_schema.as_ref().expect("a schema of answers");
        for schema in [&tool.input_schema, output] {
            let schema = serde_json::to_string(schema).expect("JSON");
            assert!(
                schema.contains(r#""type":"object""#) && !schema.contains("#/components"),
                "{}",
                tool.name
            );
        }
        assert_eq!(tool.input_schema["additionalProperties"], false);
        // Command lines and forms of clients know neither references nor types that may be null.
        let input = serde_json::to_string(&tool.input_schema).expect("JSON");
        for unknown in ["$ref", "$defs", "\"null\""] {
            assert!(!input.contains(unknown), "{}: {input}", tool.name);
        }
    }
    let check = json!(tools[2].input_schema);
    let properties = &check["properties"];
    assert_eq!(properties["profile"]["type"], "object");
    assert_eq!(properties["profile"]["properties"]["gpa"]["type"], "number");
    assert_eq!(properties["limit"]["type"], "integer");
    assert_eq!(properties["scholarship_ids"]["type"], "array");
    assert_eq!(
        properties["profile"]["properties"]["grade_level"]["type"],
        "string"
    );
    assert_eq!(check["required"], json!(["profile"]));
    let server = client.peer_info().expect("known").clone();
    let about = server.server_info.as_ref().expect("a name");
    assert_eq!(about.version, "1.2.3");
    assert!(server.capabilities.tools.is_some() && server.capabilities.prompts.is_none());
}

#[actix_web::test]
async fn tools_answer_what_the_endpoints_answer() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let tools = client.list_all_tools().await.expect("a list");
    let profile = json!({"gpa": 3.5, "field_of_study": "engineering", "state_of_residence": "CA"});
    for (tool, path, arguments) in [
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"query": "enginering", "facets": ["states"], "highlight": true, "limit": 1}),
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"profile": profile}),
        ),
        (
            "check_eligibility",
            "/api/v1/eligibility/check",
            json!({"profile": profile, "scholarship_ids": [id(1), "sch_unknown"]}),
        ),
        (
            "check_eligibility",
            "/api/v1/eligibility/check",
            json!({"profile": profile, "limit": 2, "offset": 1}),
        ),
        (
            "recommend_scholarships",
            "/api/v1/recommendations",
            json!({"profile": profile, "include_ineligible": true}),
        ),
        (
            "find_unlocks",
            "/api/v1/eligibility/unlocks",
            json!({"profile": profile}),
        ),
    ] {
        let (answer, text) = good(&client, &tools, tool, arguments.clone()).await;
        let same = api.post(path, &arguments).await;
        assert_eq!(same.status, 200);
        assert_eq!(lasting(answer), lasting(same.json()), "{tool}");
        assert!(!text.contains("null") && text.len() < 2_000, "{text}");
    }
    let (answer, text) = good(&client, &tools, "get_scholarship", json!({"id": id(1)})).await;
    let same = api.get(&format!("/api/v1/scholarships/{}", id(1))).await;
    assert_eq!(answer, same.json());
    assert_eq!(
        text.lines().next(),
        Some(
            format!(
                "Silver State Engineering Award (Nevada Example Foundation), up to 5000 USD, due 2027-03-01: {}",
                id(1)
            )
            .as_str()
        )
    );
}

#[actix_web::test]
async fn null_is_as_good_as_nothing() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let tools = client.list_all_tools().await.expect("a list");
    let arguments = json!({"query": null, "limit": null, "profile": null});
    let (nulls, _) = good(&client, &tools, "search_scholarships", arguments).await;
    let (nothing, _) = good(&client, &tools, "search_scholarships", json!({})).await;
    assert_eq!(lasting(nulls), lasting(nothing));
}

#[actix_web::test]
async fn checks_say_amounts_with_their_currency_and_deadlines() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let arguments = json!({"profile": {}, "scholarship_ids": [id(1), "sch_unknown"]});
    let result = call(&client, "check_eligibility", arguments).await;
    let text = text(&result);
    assert!(
        text.contains(", up to 5000 USD, due 2027-03-01, "),
        "{text}"
    );
    assert!(
        text.ends_with("unknown scholarship, not found: sch_unknown"),
        "{text}"
    );
}

#[actix_web::test]
async fn errors_of_the_protocol_name_the_field() {
    let api = Api::start().await;
    let call = |method: &str, params: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
    };
    for (body, message) in [
        (call("tools/call", json!({})), "params.name: is required"),
        (
            call("tools/call", json!({"name": 7})),
            "params.name: invalid type",
        ),
        (
            call(
                "tools/call",
                json!({"name": "find_unlocks", "arguments": [1]}),
            ),
            "params.arguments: invalid type",
        ),
        (
            call("tools/call", json!({"name": "x"})),
            "params.name: there is no tool",
        ),
        (
            call("tools/list", json!({"cursor": "x"})),
            "params.cursor: ",
        ),
        (
            call("initialize", json!({"capabilities": {}})),
            "params.protocolVersion: is required",
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call"}).to_string(),
            "params.name: is required",
        ),
        (
            json!({"jsonrpc": "2", "id": 1, "method": "ping"}).to_string(),
            "jsonrpc: ",
        ),
        (
            json!({"jsonrpc": "2.0", "id": [], "method": "ping"}).to_string(),
            "id: ",
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1}).to_string(),
            "method: is required",
        ),
        (
            TWICE.to_owned(),
            "params.arguments.profile.gpa: is given more than once",
        ),
    ] {
        let answer = send(&api, &[], &body).await.json();
        let said = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(said.starts_with(message), "{body}: {answer}");
        assert_eq!(answer["id"] == 1, !body.contains("[]"), "{body}: {answer}");
    }
}

#[actix_web::test]
async fn results_go_on_from_page_to_page() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let tools = client.list_all_tools().await.expect("a list");
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = json!({"limit": 1, "sort": "name"});
        if let Some(cursor) = &cursor {
            arguments["cursor"] = json!(cursor);
        }
        let (answer, text) = good(&client, &tools, "search_scholarships", arguments).await;
        found.push(
            answer["data"][0]["name"]
                .as_str()
                .expect("a name")
                .to_owned(),
        );
        cursor = answer["page"]["next_cursor"].as_str().map(str::to_owned);
        match &cursor {
            Some(cursor) => assert!(text.contains(cursor.as_str()), "{text}"),
            None => break,
        }
    }
    assert_eq!(
        found,
        [
            "Golden Coast Nursing Grant",
            "Open Door Scholarship",
            "Silver State Engineering Award"
        ]
    );
}

#[actix_web::test]
async fn what_is_wrong_is_named_as_by_the_endpoints() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    for (tool, path, arguments, field) in [
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"limit": 0, "offset": 20_000}),
            "limit: ",
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"stats": ["CA"]}),
            "stats: is not a known key",
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"states": ["ZZ"]}),
            "states",
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"profile": {"gpa": 9}}),
            "profile.gpa: ",
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"status": ["draft"]}),
            "scholarships:write",
        ),
        (
            "search_scholarships",
            "/api/v1/search",
            json!({"cursor": "x"}),
            "cursor: ",
        ),
        (
            "check_eligibility",
            "/api/v1/eligibility/check",
            json!({}),
            "profile: is required",
        ),
        (
            "check_eligibility",
            "/api/v1/eligibility/check",
            json!({"profile": {}, "scholarship_ids": []}),
            "scholarship_ids: ",
        ),
        (
            "recommend_scholarships",
            "/api/v1/recommendations",
            json!({"profile": {"age": "old"}}),
            "profile.age: ",
        ),
        (
            "find_unlocks",
            "/api/v1/eligibility/unlocks",
            json!({"profile": {}, "currency": "dollars"}),
            "currency: ",
        ),
    ] {
        let result = call(&client, tool, arguments.clone()).await;
        assert_eq!(result.is_error, Some(true), "{tool} {arguments}");
        assert_eq!(result.structured_content, None);
        let text = text(&result);
        assert!(text.contains(field), "{tool} {arguments}: {text}");
        let document = result.content.last().and_then(|block| block.as_text());
        let document = &document.expect("a document").text;
        let document: Value = serde_json::from_str(document).expect("JSON");
        let same = api.post(path, &arguments).await.json();
        for key in ["type", "status", "code", "detail", "errors"] {
            assert_eq!(document.get(key), same.get(key), "{tool} {arguments}");
        }
    }
    let result = call(&client, "get_scholarship", json!({"id": "sch_none"})).await;
    assert!(text(&result).contains("SCHOLARSHIP_NOT_FOUND"));
    let missing = call(&client, "get_scholarship", json!({})).await;
    assert!(text(&missing).contains("id: is required"));
}

#[actix_web::test]
async fn a_tool_that_is_not_there_is_an_error_of_the_protocol() {
    let api = Api::start().await;
    let client = client(&api, None).await;
    let refused = client
        .call_tool(CallToolRequestParams::new("delete_everything"))
        .await;
    let Err(ServiceError::McpError(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert!(error.message.contains("delete_everything") && error.message.contains("find_unlocks"));
}

#[actix_web::test]
async fn drafts_show_to_editors_only() {
    let api = Api::start().await;
    let draft = json!({"id": id(5)});
    let anonymous = call(&client(&api, None).await, "get_scholarship", draft.clone()).await;
    assert!(text(&anonymous).contains("SCHOLARSHIP_NOT_FOUND"));
    let student = api.token(Role::Student, "scholarships:read");
    let student = client(&api, student.strip_prefix("Bearer ")).await;
    let hidden = call(&student, "get_scholarship", draft.clone()).await;
    assert!(text(&hidden).contains("SCHOLARSHIP_NOT_FOUND"));
    let editor = api.editor();
    let editor = client(&api, editor.strip_prefix("Bearer ")).await;
    let shown = call(&editor, "get_scholarship", draft).await;
    let shown = shown.structured_content.expect("the draft");
    assert_eq!(shown["status"], "draft");
}

#[actix_web::test]
async fn a_tool_that_breaks_says_so_and_gives_nothing_away() {
    let api = Api::start().await;
    let ask = async |api: &Api, tool: &str| {
        let params = json!({"name": tool, "arguments": {"profile": {}}});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let answer = send(api, &[], &body.to_string()).await;
        assert_eq!(answer.status, 200);
        let result = answer.json()["result"].clone();
        let text = result["content"][0]["text"].as_str().expect("a text");
        (result["isError"] == true, text.to_owned())
    };
    assert!(!ask(&api, "search_scholarships").await.0);
    api.panicking.store(true, Ordering::SeqCst);
    for tool in ["search_scholarships", "find_unlocks"] {
        let (is_error, text) = ask(&api, tool).await;
        assert!(is_error && text.contains("INTERNAL_ERROR"), "{text}");
        assert!(!text.contains("clock"), "{text}");
    }
    api.panicking.store(false, Ordering::SeqCst);
    assert!(!ask(&api, "find_unlocks").await.0);
    let unready = Api::with(Setup {
        load: false,
        ..Setup::default()
    })
    .await;
    let (is_error, text) = ask(&unready, "find_unlocks").await;
    assert!(is_error && text.contains("NOT_READY"), "{text}");
}
