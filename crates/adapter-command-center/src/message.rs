//! What is sent, as the Command Center reads it.

use domain::task::{NoticeKind, TaskAction, TaskError};
use domain::{Timestamp, hexadecimal};
use ports::{AgentEvent, AgentEventKind, AgentStatus, Delivery, Heartbeat, Registration};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// A notice of a task. It has nothing that differs from attempt to attempt: what comes twice comes in the same bytes.
#[derive(Serialize)]
pub(crate) struct Notice<'a> {
    task_id: &'a str,
    status: NoticeKind,
    /// As it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<NoticeError<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_time_ms: Option<u64>,
    sequence: u64,
    at: Timestamp,
}

#[derive(Serialize)]
struct NoticeError<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a RawValue>,
}

impl<'a> Notice<'a> {
    pub(crate) fn of(delivery: &'a Delivery) -> Self {
        let trace_id = delivery.trace_id.as_ref();
        Self {
            task_id: delivery.key.task.as_str(),
            status: delivery.kind,
            result: delivery.result.as_ref().and_then(|text| raw(text.as_str())),
            error: delivery.error.as_ref().map(NoticeError::of),
            trace_id: trace_id.map(|id| id.as_str()),
            execution_time_ms: delivery.execution_ms,
            sequence: delivery.key.sequence,
            at: delivery.at,
        }
    }
}

impl<'a> NoticeError<'a> {
    fn of(error: &'a TaskError) -> Self {
        Self {
            code: error.code.as_str(),
            message: error.message.as_str(),
            details: error.details.as_ref().and_then(|text| raw(text.as_str())),
        }
    }
}

/// Always there: the texts of tasks are JSON.
fn raw(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}

#[derive(Serialize)]
pub(crate) struct RegistrationMessage<'a> {
    agent_id: &'a str,
    version: &'a str,
    capabilities: &'a [TaskAction],
    max_concurrent: u32,
    started_at: Timestamp,
}

impl<'a> RegistrationMessage<'a> {
    pub(crate) fn of(registration: &'a Registration) -> Self {
        Self {
            agent_id: &registration.agent_id,
            version: &registration.version,
            capabilities: &registration.capabilities,
            max_concurrent: registration.max_concurrent,
            started_at: registration.started_at,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct HeartbeatMessage<'a> {
    agent_id: &'a str,
    status: &'static str,
    at: Timestamp,
    workers: u32,
    busy: u32,
}

impl<'a> HeartbeatMessage<'a> {
    pub(crate) fn of(heartbeat: &'a Heartbeat) -> Self {
        Self {
            agent_id: &heartbeat.agent_id,
            status: word_of_status(heartbeat.status),
            at: heartbeat.at,
            workers: heartbeat.workers,
            busy: heartbeat.busy,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct EventsMessage<'a> {
    events: Vec<EventMessage<'a>>,
}

#[derive(Serialize)]
struct EventMessage<'a> {
    id: &'a str,
    kind: &'static str,
    at: Timestamp,
    agent_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<TaskAction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<u64>,
}

impl<'a> EventsMessage<'a> {
    pub(crate) fn of(events: &'a [AgentEvent]) -> Self {
        Self {
            events: events.iter().map(EventMessage::of).collect(),
        }
    }
}

impl<'a> EventMessage<'a> {
    fn of(event: &'a AgentEvent) -> Self {
        let (task_id, trace_id) = (event.task_id.as_ref(), event.trace_id.as_ref());
        Self {
            id: &event.id,
            kind: word_of_kind(event.kind),
            at: event.at,
            agent_id: &event.agent_id,
            task_id: task_id.map(|id| id.as_str()),
            action: event.action,
            trace_id: trace_id.map(|id| id.as_str()),
            error_code: event.error_code.as_deref(),
            execution_ms: event.execution_ms,
            results: event.results,
        }
    }
}

fn word_of_status(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Healthy => "healthy",
        AgentStatus::Degraded => "degraded",
        AgentStatus::Draining => "draining",
    }
}

fn word_of_kind(kind: AgentEventKind) -> &'static str {
    match kind {
        AgentEventKind::TaskReceived => "task_received",
        AgentEventKind::TaskStarted => "task_started",
        AgentEventKind::TaskCompleted => "task_completed",
        AgentEventKind::TaskFailed => "task_failed",
        AgentEventKind::SearchExecuted => "search_executed",
        AgentEventKind::ErrorOccurred => "error_occurred",
    }
}

/// The same for the same events in the same order, and for no others: 64 hexadecimal digits.
pub(crate) fn key_of_events(events: &[AgentEvent]) -> String {
    let mut digest = Sha256::new();
    for event in events {
        // With its length in front, so that ids cannot be split in another way.
        digest.update(event.id.len().to_be_bytes());
        digest.update(&event.id);
    }
    hexadecimal(&digest.finalize())
}
