//! Whether a request is one that the service would take.

use serde_json::{Value, json};

use crate::http_message::Request;

/// Why a request gets no completion: a status and the error of the body.
pub(super) struct Objection {
    pub(super) status: u16,
    pub(super) error: Value,
}

/// The error of a body, in the service's shape.
pub(super) fn error_body(code: &str, message: &str) -> Value {
    json!({"error": {
        "message": message,
        "type": "invalid_request_error",
        "param": null,
        "code": code,
    }})
}

/// `None` when nothing speaks against it.
pub(super) fn objection(request: &Request, body: &Value) -> Option<Objection> {
    let object = |status, code, message: &str| {
        let error = error_body(code, message);
        Some(Objection { status, error })
    };
    let authorization = request.headers.get("authorization");
    let key = authorization.and_then(|value| value.strip_prefix("Bearer "));
    if key.is_none_or(|key| key.trim().is_empty()) {
        return object(401, "invalid_api_key", "no key was given");
    }
    if !request.path.ends_with("/chat/completions") {
        return object(404, "unknown_url", "there is nothing at this path");
    }
    if request.method != "POST" {
        return object(405, "method_not_supported", "only POST is known here");
    }
    match first_mistake(request, body) {
        Some(mistake) => object(400, "invalid_request", mistake),
        None => None,
    }
}

fn first_mistake(request: &Request, body: &Value) -> Option<&'static str> {
    let content_type = request.headers.get("content-type");
    let format = &body["response_format"];
    let schema = &format["json_schema"];
    let checks = [
        (
            content_type.is_some_and(|value| value.starts_with("application/json")),
            "content-type must be application/json",
        ),
        (body.is_object(), "the body must be a JSON object"),
        (
            body["model"].as_str().is_some_and(|name| !name.is_empty()),
            "model must be a text",
        ),
        (
            are_messages(&body["messages"]),
            "messages must be a list of roles and contents",
        ),
        (
            has_one_limit(body),
            "one of max_completion_tokens and max_tokens must be 1 or more",
        ),
        (
            format["type"] == "json_schema",
            "response_format.type must be json_schema",
        ),
        (
            schema["name"].as_str().is_some_and(is_name),
            "the schema's name must be up to 64 letters, digits, _ and -",
        ),
        (schema["strict"] == true, "the schema must be strict"),
        (
            is_strict(&schema["schema"]) && schema["schema"]["type"] == "object",
            "objects must allow no further keys and require all they name",
        ),
    ];
    let mistake = checks.iter().find(|(holds, _)| !holds);
    mistake.map(|(_, message)| *message)
}

fn are_messages(messages: &Value) -> bool {
    let is_message = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default();
        matches!(role, "system" | "developer" | "user" | "assistant")
            && message["content"].is_string()
    };
    messages
        .as_array()
        .is_some_and(|messages| !messages.is_empty() && messages.iter().all(is_message))
}

fn has_one_limit(body: &Value) -> bool {
    let limits = ["max_completion_tokens", "max_tokens"];
    let given: Vec<&Value> = limits.iter().filter_map(|name| body.get(name)).collect();
    matches!(given[..], [limit] if limit.as_u64().is_some_and(|limit| limit > 0))
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}

/// What the service demands of every object in a strict schema, wherever it stands.
fn is_strict(schema: &Value) -> bool {
    let named = ["properties", "$defs"].into_iter();
    let named = named.filter_map(|part| schema[part].as_object());
    let mut children = named
        .flat_map(|schemas| schemas.values())
        .chain(schema["anyOf"].as_array().into_iter().flatten())
        .chain(schema.get("items"));
    (schema["type"] != "object" || is_closed(schema)) && children.all(is_strict)
}

fn is_closed(schema: &Value) -> bool {
    let required = schema["required"].as_array();
    let properties = schema["properties"].as_object();
    let (Some(required), Some(properties)) = (required, properties) else {
        return false;
    };
    schema["additionalProperties"] == false
        && required.len() == properties.len()
        && properties
            .keys()
            .all(|key| required.iter().any(|name| name == key))
}
