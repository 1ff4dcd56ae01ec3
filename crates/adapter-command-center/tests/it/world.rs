//! A Command Center, and things to tell it.

use std::sync::Arc;
use std::time::Duration;

use adapter_command_center::{CommandCenterSettings, HttpCommandCenter};
use auth::TokenKey;
use domain::task::{JsonText, NoticeKind, PlainText, TaskAction, TaskError, TaskId, TaskResult};
use ports::{
    AgentEvent, AgentEventKind, AgentStatus, CommandCenterError, Delivery, Heartbeat, NoticeKey,
    Registration,
};
use testkit::command_center_stub::CommandCenterStub;
use testkit::{FixedClock, instant};

/// More than any answer of the stub takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);
pub(crate) const SECRET: &str = "hidden-kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE";
pub(crate) const NOW: &str = "2026-11-26T12:00:00Z";
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

pub(crate) fn key() -> TokenKey {
    TokenKey::new(SECRET.into()).expect("is a secret")
}

pub(crate) fn settings(base_url: &str) -> CommandCenterSettings {
    CommandCenterSettings {
        timeout: LONG,
        ..CommandCenterSettings::new(base_url, key())
    }
}

pub(crate) fn center_with(settings: &CommandCenterSettings) -> HttpCommandCenter {
    let clock = Arc::new(FixedClock::at(instant(NOW)));
    HttpCommandCenter::new(settings, clock).expect("the settings are fine")
}

pub(crate) fn center(stub: &CommandCenterStub) -> HttpCommandCenter {
    center_with(&settings(&stub.url()))
}

pub(crate) fn delivery_to(reply_to: &str) -> Delivery {
    let result = r#"{"z": 1, "a":  "hidden result", "n": 1.10}"#;
    Delivery {
        key: NoticeKey {
            task: TaskId::parse("task-1").expect("is an id"),
            sequence: 3,
        },
        kind: NoticeKind::Succeeded,
        reply_to: PlainText::parse(reply_to).expect("is short"),
        trace_id: Some(PlainText::parse(TRACE).expect("is short")),
        at: instant(NOW),
        attempts: 1,
        result: Some(TaskResult::parse(result).expect("is JSON")),
        error: None,
        execution_ms: Some(12),
    }
}

pub(crate) fn delivery(stub: &CommandCenterStub) -> Delivery {
    delivery_to(&stub.callback_url("task-1"))
}

pub(crate) fn failed_delivery(stub: &CommandCenterStub) -> Delivery {
    let details = JsonText::parse(r#"{"field": "query"}"#).expect("is JSON");
    Delivery {
        kind: NoticeKind::Failed,
        trace_id: None,
        result: None,
        error: Some(TaskError {
            details: Some(details),
            ..TaskError::new("VALIDATION_FAILED", "the payload is wrong")
        }),
        execution_ms: None,
        ..delivery(stub)
    }
}

pub(crate) fn registration() -> Registration {
    Registration {
        agent_id: "scholarship_api".to_owned(),
        version: "1.2.3".to_owned(),
        capabilities: vec![TaskAction::Search, TaskAction::Analytics],
        max_concurrent: 8,
        started_at: instant(NOW),
    }
}

pub(crate) fn heartbeat() -> Heartbeat {
    Heartbeat {
        agent_id: "scholarship_api".to_owned(),
        status: AgentStatus::Degraded,
        at: instant(NOW),
        workers: 8,
        busy: 3,
    }
}

pub(crate) fn event(id: &str) -> AgentEvent {
    AgentEvent {
        id: id.to_owned(),
        kind: AgentEventKind::TaskCompleted,
        at: instant(NOW),
        agent_id: "scholarship_api".to_owned(),
        task_id: TaskId::parse("task-1").ok(),
        action: Some(TaskAction::Search),
        trace_id: None,
        error_code: None,
        execution_ms: Some(12),
        results: Some(7),
    }
}

/// The error with all that caused it.
pub(crate) fn told(error: &CommandCenterError) -> String {
    let mut told = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    told
}
