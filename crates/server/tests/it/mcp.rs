//! Tools for language models over standard input and output of a child process.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::process::{Process, command};

/// Within this, what must happen soon has happened on a busy machine.
const SOON: Duration = Duration::from_secs(30);

fn start(folder: &Path) -> (Child, ChildStdin, ChildStdout) {
    let mut command = command(folder);
    // What is logged must not get among the messages.
    command.arg("mcp").env("LOG_LEVEL", "debug");
    let (mut child, input, output) = spawn(command);
    let mut log = child.stderr.take().expect("piped");
    // Somebody must read it, or the child waits.
    tokio::spawn(async move { tokio::io::copy(&mut log, &mut tokio::io::sink()).await });
    (child, input, output)
}

fn spawn(command: std::process::Command) -> (Child, ChildStdin, ChildStdout) {
    let mut child = Command::from(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("starts");
    let (input, output) = (child.stdin.take(), child.stdout.take());
    (child, input.expect("piped"), output.expect("piped"))
}

async fn ended(child: &mut Child) -> ExitStatus {
    let ended = tokio::time::timeout(SOON, child.wait()).await;
    ended.expect("ends soon").expect("our child")
}

async fn call(client: &RunningService<RoleClient, ()>, tool: &str, arguments: Value) -> Value {
    let arguments = arguments.as_object().expect("an object").clone();
    let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let result: CallToolResult = client.call_tool(call).await.expect("an answer");
    assert_ne!(result.is_error, Some(true), "{tool}: {:?}", result.content);
    result.structured_content.expect("structured content")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tool_answers_and_the_end_of_input_ends_the_process_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, input, output) = start(folder.path());
    let client = ().serve((output, input)).await.expect("the process answers");
    let tools = client.list_all_tools().await.expect("a list");
    assert_eq!(tools.len(), 5);
    let found = call(&client, "search_scholarships", json!({"limit": 1})).await;
    assert!(found["page"]["total"].as_u64() > Some(100), "{found}");
    let id = found["data"][0]["id"].clone();
    let shown = call(&client, "get_scholarship", json!({"id": id})).await;
    assert_eq!(shown["name"], found["data"][0]["name"]);
    let profile = json!({"gpa": 3.2, "field_of_study": "engineering"});
    for tool in [
        "check_eligibility",
        "recommend_scholarships",
        "find_unlocks",
    ] {
        let answer = call(&client, tool, json!({"profile": profile})).await;
        assert!(answer["verdicts"]["possible"].is_u64(), "{tool}");
    }
    client.cancel().await.expect("ends");
    assert_eq!(ended(&mut child).await.code(), Some(0));
    // Closed in order: nothing is left in the write-ahead log, and the next start finds the index.
    let var = folder.path().join("var");
    let log = var.join("scholarship-api.db-wal");
    assert_eq!(std::fs::metadata(&log).map_or(0, |log| log.len()), 0);
    assert!(var.join("scholarship-api.db.index").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_students_say_is_not_logged_at_any_level() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(folder.path());
    command.arg("mcp").env("LOG_LEVEL", "trace,rmcp=trace");
    let (mut child, input, output) = spawn(command);
    let mut log = child.stderr.take().expect("piped");
    let log = tokio::spawn(async move {
        let mut text = String::new();
        log.read_to_string(&mut text).await.map(|_| text)
    });
    let client = ().serve((output, input)).await.expect("the process answers");
    let profile = json!({"attributes": {"religion": "zebracorn"}, "household_income": 1_234_567});
    call(&client, "find_unlocks", json!({"profile": profile})).await;
    client.cancel().await.expect("ends");
    assert_eq!(ended(&mut child).await.code(), Some(0));
    let log = log.await.expect("no panic").expect("readable");
    assert!(log.contains("tools are served"), "{log}");
    for secret in ["zebracorn", "1234567"] {
        let told = log.lines().find(|line| line.contains(secret));
        assert_eq!(told, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_end_it_while_the_input_is_open() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut child, input, output) = start(folder.path());
        let client = ().serve((output, input)).await.expect("the process answers");
        let id = child.id().expect("runs").to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status()
            .await;
        assert!(sent.expect("kill runs").success());
        assert_eq!(ended(&mut child).await.code(), Some(0), "{signal}");
        drop(client);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, mut input, output) = start(folder.path());
    let mut lines = BufReader::new(output).lines();
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let text = format!("{initialize}\n{initialized}\n");
    input.write_all(text.as_bytes()).await.expect("read");
    let first: Value = next(&mut lines).await;
    assert_eq!(first["result"]["protocolVersion"], "2025-06-18");
    let deep = "[".repeat(100_000);
    let listing = json!({"jsonrpc": "2.0", "id": "last", "method": "tools/list"});
    let twice = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"find_unlocks","arguments":{"profile":{"gpa":1,"gpa":4}}}}"#;
    let text = format!("nothing\n{{}}\n{deep}\n[]\n{twice}\n{listing}\n");
    input.write_all(text.as_bytes()).await.expect("read");
    for (code, id) in [
        (-32700, Value::Null),
        (-32600, Value::Null),
        (-32700, Value::Null),
        (-32600, Value::Null),
        (-32600, json!(2)),
    ] {
        let answer: Value = next(&mut lines).await;
        let said = (answer["error"]["code"].clone(), answer["id"].clone());
        assert_eq!(said, (json!(code), id), "{answer}");
    }
    let answer: Value = next(&mut lines).await;
    assert_eq!(answer["id"], "last");
    assert_eq!(answer["result"]["tools"].as_array().map(Vec::len), Some(5));
    drop(input);
    assert_eq!(ended(&mut child).await.code(), Some(0));
}

async fn next(lines: &mut tokio::io::Lines<BufReader<ChildStdout>>) -> Value {
    let line = tokio::time::timeout(SOON, lines.next_line()).await;
    let line = line.expect("an answer soon").expect("readable");
    serde_json::from_str(&line.expect("an answer")).expect("each line is a message")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_ends_at_once_ends_it_and_a_server_may_run_beside() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::start(folder.path());
    let (mut child, input, output) = start(folder.path());
    let client = ().serve((output, input)).await.expect("the process answers");
    let found = call(&client, "search_scholarships", json!({"limit": 1})).await;
    let same = crate::client::get(server.address, "/api/v1/search?limit=1").await;
    assert_eq!(found["page"]["total"], same.json()["page"]["total"]);
    client.cancel().await.expect("ends");
    assert_eq!(ended(&mut child).await.code(), Some(0));
    let (mut child, input, _output) = start(folder.path());
    drop(input);
    assert_eq!(ended(&mut child).await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_configuration_is_said_on_standard_error_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(folder.path());
    command.arg("mcp").env("PORT", "seven");
    let output = Command::from(command).output().await.expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("PORT"), "{complaint}");
}

/// What is said on standard error by a process that serves nothing.
async fn refusal(folder: &Path, store: &str) -> String {
    let mut command = command(folder);
    command.arg("mcp").env("DATABASE_URL", store);
    let output = Command::from(command).output().await.expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_there_is_refused_and_not_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = refusal(folder.path(), "sqlite://elsewhere/none.db").await;
    let complaint = "error: DATABASE_URL names elsewhere/none.db, and there is no store";
    assert!(said.contains(complaint), "{said}");
    assert!(!folder.path().join("elsewhere").exists());
    for (name, content) in [
        ("empty.db", ""),
        ("text.db", "no database, but long enough"),
    ] {
        std::fs::write(folder.path().join(name), content).expect("is written");
        let said = refusal(folder.path(), &format!("sqlite://{name}")).await;
        assert!(
            said.contains("DATABASE_URL names") && said.contains(name),
            "{said}"
        );
        let kept = std::fs::read_to_string(folder.path().join(name));
        assert_eq!(kept.expect("is read"), content);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = "postgresql://ann:hidden-word@127.0.0.1:1/x?sslmode=disable";
    let said = refusal(folder.path(), store).await;
    let complaint = "error: the store that DATABASE_URL names, postgresql://127.0.0.1:1/x";
    assert!(
        said.contains(complaint) && !said.contains("hidden-word"),
        "{said}"
    );
    assert!(said.contains("because: Postgres does not answer"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_store_is_named_and_another_is_not_filled_with_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut log = String::new();
    let (mut child, input, output) = spawn({
        let mut command = command(folder.path());
        command.arg("mcp");
        command
    });
    let mut said = child.stderr.take().expect("piped");
    drop((input, output));
    said.read_to_string(&mut log).await.expect("readable");
    assert_eq!(ended(&mut child).await.code(), Some(0));
    let told = "DATABASE_URL is not set";
    assert!(
        log.contains(told) && log.contains("var/scholarship-api.db"),
        "{log}"
    );

    let own = |command: &mut std::process::Command| {
        command.env("DATABASE_URL", "sqlite://own.db");
    };
    let mut server = command(folder.path());
    own(&mut server);
    drop(Process::spawn(server.env("SAMPLE_CATALOGUE", "off")));
    let (mut child, input, output) = spawn({
        let mut command = command(folder.path());
        own(&mut command);
        command.arg("mcp");
        command
    });
    let client = ().serve((output, input)).await.expect("the process answers");
    let found = call(&client, "search_scholarships", json!({})).await;
    assert_eq!(found["page"]["total"], 0);
    client.cancel().await.expect("ends");
    assert_eq!(ended(&mut child).await.code(), Some(0));
}
