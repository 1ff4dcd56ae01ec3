//! A question as the service wants it.

use ports::{ModelError, Prompt};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::TokenLimit;

/// The body of a request.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    response_format: ResponseFormat<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    /// The service is to keep nothing.
    store: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    strict: bool,
    /// As it was written: models answer in the order of the schema's keys.
    schema: &'a RawValue,
}

impl<'a> Request<'a> {
    /// # Errors
    /// [`ModelError::Refused`] as the service would, without asking it, when the schema is no JSON.
    pub(crate) fn new(
        model: &'a str,
        limit: TokenLimit,
        prompt: &'a Prompt,
    ) -> Result<Self, ModelError> {
        let schema = serde_json::from_str(&prompt.schema).map_err(|_| ModelError::Refused {
            status: 400,
            code: "invalid_json_schema".to_owned(),
        })?;
        let most = prompt.max_output_tokens;
        Ok(Self {
            model,
            messages: [
                Message {
                    role: "system",
                    content: &prompt.instructions,
                },
                Message {
                    role: "user",
                    content: &prompt.input,
                },
            ],
            response_format: ResponseFormat {
                r#type: "json_schema",
                json_schema: JsonSchema {
                    name: prompt.schema_name,
                    strict: true,
                    schema,
                },
            },
            max_completion_tokens: (limit == TokenLimit::MaxCompletionTokens).then_some(most),
            max_tokens: (limit == TokenLimit::MaxTokens).then_some(most),
            store: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prompt(schema: &str) -> Prompt {
        Prompt {
            instructions: "Sum up.".to_owned(),
            input: r#"{"name": "A"}"#.to_owned(),
            schema_name: "summary",
            schema: schema.to_owned(),
            max_output_tokens: 300,
        }
    }

    #[test]
    fn a_request_is_what_the_service_documents() {
        let prompt = prompt(r#"{"type": "object"}"#);
        let request = Request::new("gpt", TokenLimit::default(), &prompt).expect("is valid");
        let expected = json!({
            "model": "gpt",
            "messages": [
                {"role": "system", "content": "Sum up."},
                {"role": "user", "content": "{\"name\": \"A\"}"},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "summary", "strict": true, "schema": {"type": "object"}},
            },
            "max_completion_tokens": 300,
            "store": false,
        });
        assert_eq!(serde_json::to_value(&request).expect("is JSON"), expected);
    }

    #[test]
    fn the_schema_keeps_the_order_of_its_keys() {
        let schema = r#"{"type":"object","properties":{"z":{},"a":{}}}"#;
        let prompt = prompt(schema);
        let request = Request::new("gpt", TokenLimit::default(), &prompt).expect("is valid");
        let text = serde_json::to_string(&request).expect("is JSON");
        assert!(text.contains(schema), "{text}");
    }

    #[test]
    fn a_service_that_knows_only_the_older_limit_gets_only_that() {
        let prompt = prompt("{}");
        let request = Request::new("gpt", TokenLimit::MaxTokens, &prompt).expect("is valid");
        let request = serde_json::to_value(&request).expect("is JSON");
        assert_eq!(request["max_tokens"], 300);
        assert_eq!(request.get("max_completion_tokens"), None);
    }

    #[test]
    fn a_schema_that_is_no_json_is_refused() {
        let prompt = prompt("{");
        let refused = Request::new("gpt", TokenLimit::default(), &prompt).err();
        assert!(matches!(
            refused,
            Some(ModelError::Refused { status: 400, .. })
        ));
    }
}
