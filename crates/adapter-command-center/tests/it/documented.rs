//! The tables of `docs/agents.md` say what is sent: every field, its type, and whether it is always there.

use std::collections::{BTreeMap, BTreeSet};

use domain::Term as _;
use domain::task::NoticeKind;
use ports::{AgentEvent, AgentEventKind, AgentStatus, CommandCenter as _, Delivery, Heartbeat};
use serde_json::Value;
use testkit::command_center_stub::CommandCenterStub;

use crate::world::{TRACE, center, delivery, event, failed_delivery, heartbeat, registration};

const PAGE: &str = include_str!("../../../../docs/agents.md");

/// What may be anything, and is not looked into.
const FOREIGN: [&str; 2] = ["result", "error.details"];

#[derive(Debug, PartialEq)]
struct Field {
    kind: String,
    is_always: bool,
}

type Fields = BTreeMap<String, Field>;

/// The rows of a section of the page, and all that it says.
fn documented(section: &str) -> (Fields, &'static str) {
    let heading = format!("\n### {section}\n");
    let (_, text) = PAGE.split_once(&heading).expect("there is the section");
    let text = text.split_once("\n### ").map_or(text, |(text, _)| text);
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let fields = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let field = Field {
            kind: cells[2].to_owned(),
            is_always: cells[3].starts_with("always"),
        };
        (cells[1].trim_matches('`').to_owned(), field)
    });
    (fields.collect(), text)
}

fn kind_of(name: &str, value: &Value) -> &'static str {
    match value {
        _ if name == "error.details" => "JSON",
        Value::String(text) if is_instant(text) => "instant",
        Value::String(_) => "text",
        Value::Number(number) if number.is_u64() => "whole number",
        Value::Array(items) if items.iter().all(Value::is_string) => "list of texts",
        Value::Object(_) => "object",
        other => panic!("{name} is {other}"),
    }
}

/// As instants are written: no other text of these tests begins so.
fn is_instant(text: &str) -> bool {
    text.starts_with("20") && text.ends_with('Z')
}

fn flat(within: &str, body: &Value, found: &mut BTreeMap<String, &'static str>) {
    for (name, value) in body.as_object().expect("an object") {
        let name = format!("{within}{name}");
        found.insert(name.clone(), kind_of(&name, value));
        if value.is_object() && !FOREIGN.contains(&name.as_str()) {
            flat(&format!("{name}."), value, found);
        }
    }
}

/// The fields of bodies of one kind; what stands in an object is always there when it is there with the object.
fn sent(bodies: &[Value]) -> Fields {
    let mut kinds = BTreeMap::new();
    let mut names = Vec::new();
    for body in bodies {
        let mut found = BTreeMap::new();
        flat("", body, &mut found);
        names.push(found.keys().cloned().collect::<BTreeSet<_>>());
        kinds.extend(found);
    }
    let is_always = |name: &String| {
        let parent = name.rsplit_once('.').map(|(parent, _)| parent);
        let mut with_parent = names
            .iter()
            .filter(|names| parent.is_none_or(|parent| names.contains(parent)));
        with_parent.all(|names| names.contains(name))
    };
    let fields = kinds.iter().map(|(name, kind)| {
        let field = Field {
            kind: (*kind).to_owned(),
            is_always: is_always(name),
        };
        (name.clone(), field)
    });
    fields.collect()
}

fn bodies(stub: &CommandCenterStub) -> Vec<Value> {
    stub.calls().iter().map(|call| call.json()).collect()
}

#[tokio::test]
async fn notices_are_documented() {
    let stub = CommandCenterStub::start();
    let accepted = Delivery {
        kind: NoticeKind::Accepted,
        result: None,
        trace_id: None,
        execution_ms: None,
        ..delivery(&stub)
    };
    let mut brief = failed_delivery(&stub);
    if let Some(error) = &mut brief.error {
        error.details = None;
    }
    for told in [delivery(&stub), failed_delivery(&stub), brief, accepted] {
        center(&stub).deliver(&told).await.expect("is taken");
    }
    let (fields, text) = documented("Notices");
    assert_eq!(fields, sent(&bodies(&stub)));
    for kind in NoticeKind::ALL {
        assert!(text.contains(&format!("`{}`", kind.code())), "{kind:?}");
    }
}

#[tokio::test]
async fn registrations_are_documented() {
    let stub = CommandCenterStub::start();
    let told = center(&stub).register(&registration()).await;
    told.expect("is taken");
    assert_eq!(documented("Registrations").0, sent(&bodies(&stub)));
}

#[tokio::test]
async fn heartbeats_are_documented() {
    let stub = CommandCenterStub::start();
    use AgentStatus::{Degraded, Draining, Healthy};
    for status in [Healthy, Degraded, Draining] {
        let beat = Heartbeat {
            status,
            ..heartbeat()
        };
        center(&stub).heartbeat(&beat).await.expect("is taken");
    }
    let (fields, text) = documented("Heartbeats");
    assert_eq!(fields, sent(&bodies(&stub)));
    for body in bodies(&stub) {
        let status = body["status"].as_str().expect("a text");
        assert!(text.contains(&format!("`{status}`")), "{status}");
    }
}

#[tokio::test]
async fn events_are_documented() {
    use AgentEventKind::{
        ErrorOccurred, SearchExecuted, TaskCompleted, TaskFailed, TaskReceived, TaskStarted,
    };
    let stub = CommandCenterStub::start();
    let full = AgentEvent {
        trace_id: domain::task::PlainText::parse(TRACE).ok(),
        error_code: Some("TIMEOUT".to_owned()),
        ..event("a")
    };
    let mut events = vec![full];
    for kind in [
        TaskReceived,
        TaskStarted,
        TaskCompleted,
        TaskFailed,
        SearchExecuted,
        ErrorOccurred,
    ] {
        events.push(AgentEvent {
            kind,
            task_id: None,
            action: None,
            execution_ms: None,
            results: None,
            ..event("b")
        });
    }
    center(&stub).send_events(&events).await.expect("are taken");
    let body = bodies(&stub).remove(0);
    let (fields, text) = documented("Events");
    let sent_events = body["events"].as_array().expect("a list");
    assert_eq!(fields, sent(sent_events));
    for event in sent_events {
        let kind = event["kind"].as_str().expect("a text");
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
    }
}
