//! Requests as they arrived.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http_message::Request;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    Registration,
    Heartbeat,
    Events,
    Callback,
    /// Anything but `POST`.
    Other,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub kind: CallKind,
    pub method: String,
    pub path: String,
    /// By their names in lower case. Of several with one name, the last.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Call {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            kind: kind_of(&request.method, &request.path),
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// What stands behind `Bearer` in `authorization`.
    pub fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The body; `null` when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn kind_of(method: &str, path: &str) -> CallKind {
    let is = |what| path.ends_with(what);
    match method {
        "POST" if is("/orchestrator/register") => CallKind::Registration,
        "POST" if is("/orchestrator/heartbeat") => CallKind::Heartbeat,
        "POST" if is("/orchestrator/events") => CallKind::Events,
        "POST" => CallKind::Callback,
        _ => CallKind::Other,
    }
}
