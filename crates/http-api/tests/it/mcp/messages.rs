//! Requests that no client of the protocol would send.

use http_api::ApiSettings;
use serde_json::{Value, json};

use crate::api::{Api, Setup, limits};
use crate::client::Answer;

const JSON: (&str, &str) = ("Content-Type", "application/json");
const ACCEPT: (&str, &str) = ("Accept", "application/json, text/event-stream");

pub(super) async fn send(api: &Api, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![JSON, ACCEPT];
    all.extend(headers);
    api.send("POST", "/mcp", &all, Some(body.as_bytes())).await
}

fn listing() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string()
}

#[actix_web::test]
async fn the_endpoint_is_guarded_as_all_others_are() {
    let api = Api::with(Setup {
        settings: ApiSettings {
            allowed_hosts: vec!["api.example.org".to_owned()],
            cors_origins: vec!["https://app.example.org".to_owned()],
            max_body: 1_000,
            ..ApiSettings::default()
        },
        limits: limits(7),
        ..Setup::default()
    })
    .await;
    const HOST: (&str, &str) = ("Host", "api.example.org");
    let good = send(&api, &[HOST], &listing()).await;
    assert_eq!(good.status, 200);
    assert_eq!(good.header("ratelimit-policy"), Some("\"public\";q=7;w=60"));
    assert_eq!(good.header("content-type"), Some("application/json"));
    assert_eq!(good.header("cache-control"), Some("no-store"));
    assert_eq!(good.header("mcp-session-id"), None);
    let known = [HOST, ("Origin", "https://app.example.org")];
    assert_eq!(send(&api, &known, &listing()).await.status, 200);
    let foreign = [HOST, ("Origin", "https://evil.example.org")];
    let foreign = send(&api, &foreign, &listing()).await;
    assert_eq!(
        (foreign.status, foreign.code().as_str()),
        (403, "ORIGIN_NOT_ALLOWED")
    );
    let elsewhere = send(&api, &[("Host", "evil.example.org")], &listing()).await;
    assert_eq!(
        (elsewhere.status, elsewhere.code().as_str()),
        (421, "MISDIRECTED_REQUEST")
    );
    let large = send(&api, &[HOST], &" ".repeat(1_001)).await;
    assert_eq!(
        (large.status, large.code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    let session = api.send("GET", "/mcp", &[HOST, ACCEPT], None).await;
    assert_eq!(
        (session.status, session.header("allow")),
        (405, Some("POST"))
    );
    let bad = send(&api, &[HOST, ("Authorization", "Bearer x")], &listing()).await;
    assert_eq!((bad.status, bad.code().as_str()), (401, "TOKEN_MALFORMED"));
    assert!(bad.header("www-authenticate").is_some());
    assert_eq!(send(&api, &[HOST], &listing()).await.status, 200);
    let refused = send(&api, &[HOST], &listing()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "RATE_LIMITED")
    );
    assert!(refused.header("retry-after").is_some());
}

/// Valid but for a key that is there twice, deep in the arguments.
pub(super) const TWICE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"check_eligibility","arguments":{"profile":{"gpa":1,"gpa":4}}}}"#;

#[actix_web::test]
async fn hostile_messages_are_refused_and_never_break_anything() {
    let api = Api::start().await;
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let call = |params: Value| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string()
    };
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search_scholarships","arguments":{{"query":{}}}}}}}"#,
        deep(100_000)
    );
    for (body, status, code) in [
        (String::new(), 400, -32700),
        ("{".to_owned(), 400, -32700),
        ("\u{feff}{}".to_owned(), 400, -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#.to_owned(), 400, -32700),
        (deep(100_000), 400, -32700),
        (nested, 400, -32700),
        (TWICE.to_owned(), 400, -32600),
        ("null".to_owned(), 400, -32600),
        ("[]".to_owned(), 400, -32600),
        (format!("[{0},{0}]", listing()), 400, -32600),
        (json!({"jsonrpc": "1.0", "id": 1, "method": "tools/list"}).to_string(), 400, -32600),
        (json!({"id": 1, "method": "tools/list"}).to_string(), 400, -32600),
        (json!({"jsonrpc": "2.0", "id": {"a": 1}, "method": "ping"}).to_string(), 400, -32600),
        (json!({"jsonrpc": "2.0", "id": 1, "result": {}}).to_string(), 400, -32600),
        (json!({"jsonrpc": "2.0", "id": 1, "method": "tools/destroy"}).to_string(), 200, -32601),
        (json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///etc/passwd"}}).to_string(), 200, -32601),
        (call(json!({})), 200, -32602),
        (call(json!({"name": 7})), 200, -32602),
        (call(json!({"name": "search_scholarships", "arguments": [1]})), 200, -32602),
        (call(json!({"name": "x".repeat(10_000)})), 200, -32602),
        (json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}).to_string(), 200, -32602),
        (json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}).to_string(), 200, -32602),
    ] {
        let answer = send(&api, &[], &body).await;
        let shown: String = body.chars().take(100).collect();
        let found = (answer.status, answer.json()["error"]["code"].clone());
        assert_eq!(found, (status, json!(code)), "{shown}: {}", answer.text());
        assert!(answer.body.len() < 1_000, "{shown}");
    }
    for (headers, status) in [
        (vec![("Accept", "text/html")], 200),
        (vec![("Content-Type", "text/plain")], 415),
        (vec![("Content-Encoding", "gzip")], 415),
        (vec![("MCP-Protocol-Version", "1999-01-01")], 400),
        (vec![("MCP-Protocol-Version", "\u{e9}")], 400),
        (
            vec![("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "x")],
            400,
        ),
    ] {
        let mut all = vec![JSON, ACCEPT];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend(&headers);
        let body = listing();
        let answer = api.send("POST", "/mcp", &all, Some(body.as_bytes())).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/whatever"});
    let taken = send(&api, &[], &notification.to_string()).await;
    assert_eq!((taken.status, taken.body.len()), (202, 0));
    assert_eq!(send(&api, &[], &listing()).await.status, 200);
}
