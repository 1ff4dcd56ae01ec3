//! One message as bytes, read alike whichever way it comes: what cannot be read is answered with what is wrong.

use domain::json_input::check_keys;
use rmcp::model::{ClientJsonRpcMessage, ErrorData, JsonRpcError, RequestId};
use serde_json::Value;

/// # Errors
/// The answer to whoever sent it: a parse error where it is not JSON, else an invalid request with the field in front; with
/// its id, where that can be read.
pub(super) fn read_message(bytes: &[u8]) -> Result<ClientJsonRpcMessage, Box<JsonRpcError>> {
    let refusal = match serde_json::from_slice(bytes) {
        // The library would take the last of them, where the endpoints refuse.
        Ok(message) => match check_keys(bytes) {
            Ok(()) => return Ok(message),
            Err(twice) => ErrorData::invalid_request(twice.to_string(), None),
        },
        Err(_) => match serde_json::from_slice(bytes) {
            Ok(json) => ErrorData::invalid_request(fault(&json), None),
            Err(refusal) => ErrorData::parse_error(format!("this is not JSON: {refusal}"), None),
        },
    };
    let json = serde_json::from_slice::<Value>(bytes).ok();
    let id = json.and_then(|json| id_of(json.get("id")?));
    Err(Box::new(JsonRpcError::new(id, refusal)))
}

fn id_of(id: &Value) -> Option<RequestId> {
    serde_json::from_value(id.clone()).ok()
}

/// What keeps JSON from being a message.
fn fault(json: &Value) -> &'static str {
    let Some(message) = json.as_object() else {
        return "a message must be an object; batches are not taken";
    };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return "jsonrpc: must be \"2.0\"";
    }
    if message.get("id").is_some_and(|id| id_of(id).is_none()) {
        return "id: must be a text or a whole number";
    }
    match message.get("method") {
        Some(Value::String(_)) => "this is no request, notification or answer of JSON-RPC 2.0",
        Some(_) => "method: must be a text",
        None if message.contains_key("result") || message.contains_key("error") => {
            "this answers nothing that was asked"
        }
        None => "method: is required",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Code, message and id.
    fn refused(text: &str) -> (i32, String, Value) {
        let refusal = read_message(text.as_bytes()).expect_err("must be refused");
        let id = json!(refusal.id);
        let error = refusal.error;
        (error.code.0, error.message.into_owned(), id)
    }

    #[test]
    fn messages_are_read() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"no/such","params":{"a":[{}]}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        ] {
            assert!(read_message(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        let deep = "[".repeat(100_000);
        for text in ["", "nothing", "{", r#"{"id":1"#, "{} {}", &deep] {
            let (code, message, id) = refused(text);
            assert_eq!((code, id), (-32700, Value::Null), "{message}");
            assert!(message.starts_with("this is not JSON: "), "{message}");
        }
    }

    #[test]
    fn what_is_no_message_is_an_invalid_request_that_names_the_field() {
        for (text, message, id) in [
            (
                "[]",
                "a message must be an object; batches are not taken",
                json!(null),
            ),
            (
                r#"{"id":7,"method":"ping"}"#,
                "jsonrpc: must be \"2.0\"",
                json!(7),
            ),
            (
                r#"{"jsonrpc":"2.0","id":[],"method":"ping"}"#,
                "id: must be a text or a whole number",
                json!(null),
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":8}"#,
                "method: must be a text",
                json!(7),
            ),
            (
                r#"{"jsonrpc":"2.0","id":"a"}"#,
                "method: is required",
                json!("a"),
            ),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
                "params.name: is given more than once",
                json!(7),
            ),
        ] {
            assert_eq!(refused(text), (-32600, message.to_owned(), id), "{text}");
        }
    }
}
