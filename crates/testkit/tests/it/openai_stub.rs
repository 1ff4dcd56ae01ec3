//! The stub takes what the service would take, refuses the rest, and misbehaves as it is told.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::openai_stub::{Behaviour, OpenAiStub};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

fn question() -> Value {
    json!({
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Sum up."},
            {"role": "user", "content": "{}"},
        ],
        "max_completion_tokens": 100,
        "response_format": {"type": "json_schema", "json_schema": {
            "name": "summary",
            "strict": true,
            "schema": {
                "type": "object",
                "properties": {
                    "scholarship_id": {"type": "string"},
                    "summary": {"type": "string"},
                    "level": {"type": "string", "enum": ["low", "high"]},
                    "score": {"type": "integer", "minimum": 3},
                    "items": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["scholarship_id", "summary", "level", "score", "items"],
                "additionalProperties": false,
            },
        }},
    })
}

/// The status and the body of an answer to these bytes.
async fn send(stub: &OpenAiStub, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(stub.address()).await.expect("listens");
    stream.write_all(request.as_bytes()).await.expect("is read");
    let mut answer = String::new();
    let read = timeout(LONG, stream.read_to_string(&mut answer)).await;
    read.expect("does not hang").expect("is text");
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").expect("has a body");
    let body = serde_json::from_str(body).expect("is JSON");
    (status.expect("has a status"), body)
}

fn post(path: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: stub\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

const HEADERS: &str = "Authorization: Bearer key\r\nContent-Type: application/json\r\n";

async fn ask(stub: &OpenAiStub, body: &Value) -> (u16, Value) {
    send(stub, &post("/v1/chat/completions", HEADERS, body)).await
}

fn output_of(body: &Value) -> Value {
    let text = body["choices"][0]["message"]["content"].as_str();
    serde_json::from_str(text.expect("says something")).expect("is JSON")
}

#[tokio::test]
async fn a_valid_request_gets_the_smallest_thing_that_fits() {
    let stub = OpenAiStub::start();
    let (status, body) = ask(&stub, &question()).await;
    assert_eq!(status, 200);
    let expected = json!({
        "scholarship_id": "Sample text.", "summary": "Sample text.", "level": "low", "score": 3, "items": [],
    });
    assert_eq!(output_of(&body), expected);
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["usage"]["prompt_tokens"], 2);
    let call = stub.calls().pop().expect("was asked");
    assert_eq!(call.body, question());
    assert_eq!(
        call.headers.get("authorization").map(String::as_str),
        Some("Bearer key")
    );
}

#[tokio::test]
async fn a_request_without_a_key_is_refused() {
    let stub = OpenAiStub::start();
    for headers in [
        "Content-Type: application/json\r\n",
        "Content-Type: application/json\r\nAuthorization: Basic key\r\n",
        "Content-Type: application/json\r\nAuthorization: Bearer \r\n",
    ] {
        let request = post("/v1/chat/completions", headers, &question());
        let (status, body) = send(&stub, &request).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (401, &json!("invalid_api_key"))
        );
    }
    assert_eq!(stub.count(), 3);
}

#[tokio::test]
async fn other_requests_than_for_completions_are_refused() {
    let stub = OpenAiStub::start();
    let elsewhere = post("/v1/responses", HEADERS, &question());
    assert_eq!(send(&stub, &elsewhere).await.0, 404);
    let read = format!("GET /v1/chat/completions HTTP/1.1\r\nConnection: close\r\n{HEADERS}\r\n");
    assert_eq!(send(&stub, &read).await.0, 405);
}

#[tokio::test]
async fn a_request_with_a_mistake_is_refused_and_uses_up_no_order() {
    let stub = OpenAiStub::start();
    stub.enqueue(Behaviour::server_error());
    let schema = "/response_format/json_schema";
    for (place, value) in [
        ("/model", json!("")),
        ("/messages", json!([])),
        ("/messages/0/role", json!("robot")),
        ("/messages/1/content", json!({})),
        ("/max_completion_tokens", json!(0)),
        ("/response_format/type", json!("json_object")),
        (&format!("{schema}/name"), json!("two words")),
        (&format!("{schema}/strict"), json!(false)),
        (
            &format!("{schema}/schema/additionalProperties"),
            json!(true),
        ),
        (&format!("{schema}/schema/required"), json!(["summary"])),
        (
            &format!("{schema}/schema/properties/items/items"),
            json!({"type": "object"}),
        ),
    ] {
        let mut question = question();
        *question.pointer_mut(place).expect("is there") = value;
        let (status, body) = ask(&stub, &question).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("invalid_request")),
            "{place}"
        );
    }
    assert_eq!(ask(&stub, &question()).await.0, 500);
    assert_eq!(ask(&stub, &question()).await.0, 200);
}

#[tokio::test]
async fn orders_are_met_in_turn_and_then_the_rest() {
    let stub = OpenAiStub::start();
    stub.always(Behaviour::bad_request());
    stub.enqueue(Behaviour::unavailable(Duration::from_secs(2)));
    stub.enqueue(Behaviour::out_of_quota());
    for expected in [503, 429, 400, 400] {
        assert_eq!(ask(&stub, &question()).await.0, expected);
    }
    stub.always(Behaviour::Answer);
    stub.enqueue(Behaviour::invalid_key());
    stub.clear();
    assert_eq!(ask(&stub, &question()).await.0, 200);
}

#[tokio::test]
async fn proper_answers_are_made_wrong_in_one_respect() {
    let stub = OpenAiStub::start();
    let proper = json!({
        "scholarship_id": "a", "summary": "A grant.", "level": "high", "score": 4, "items": ["one"],
    });
    let answer = proper.clone();
    stub.answer_with(move |_| answer.clone());

    stub.enqueue(Behaviour::WrongIds);
    let wrong = output_of(&ask(&stub, &question()).await.1);
    assert_ne!(wrong["scholarship_id"], "a");
    assert_eq!(wrong["summary"], "A grant.");

    stub.enqueue(Behaviour::LeaksPersonalData);
    let leaking = output_of(&ask(&stub, &question()).await.1);
    let summary = leaking["summary"].as_str().expect("is a text");
    assert!(summary.starts_with("A grant.") && summary.contains('@'));
    assert_eq!(
        (&leaking["scholarship_id"], &leaking["level"]),
        (&json!("a"), &json!("high"))
    );

    stub.enqueue(Behaviour::BreaksSchema);
    let broken = output_of(&ask(&stub, &question()).await.1);
    assert_eq!(broken.get("summary"), None);

    assert_eq!(output_of(&ask(&stub, &question()).await.1), proper);
}

#[tokio::test]
async fn the_latest_thousand_requests_are_remembered() {
    let stub = OpenAiStub::start();
    let mut stream = TcpStream::connect(stub.address()).await.expect("listens");
    let request = |at: usize| format!("GET /{at} HTTP/1.1\r\nHost: stub\r\n\r\n");
    let requests: String = (0..1_010).map(request).collect();
    let (mut read, mut write) = stream.split();
    let sent = async {
        write.write_all(requests.as_bytes()).await.expect("is read");
        write.shutdown().await.expect("ends");
    };
    let mut answers = String::new();
    let both = async { tokio::join!(sent, read.read_to_string(&mut answers)) };
    timeout(LONG, both)
        .await
        .expect("does not hang")
        .1
        .expect("is text");
    assert_eq!(stub.count(), 1_010);
    let calls = stub.calls();
    assert_eq!((calls.len(), calls[0].path.as_str()), (1_000, "/10"));
}

#[tokio::test]
async fn a_stub_that_is_dropped_listens_no_longer() {
    let stub = OpenAiStub::start();
    let address = stub.address();
    let mut open = TcpStream::connect(address).await.expect("listens");
    drop(stub);
    let read = timeout(LONG, open.read(&mut [0; 1]))
        .await
        .expect("does not hang");
    assert!(matches!(read, Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).await.is_err());
}
