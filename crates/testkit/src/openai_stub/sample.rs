//! The smallest answer that fits a schema.

use serde_json::{Map, Value, json};

/// What the stub says when the test does not say what.
pub(super) fn sample_answer(request: &Value) -> Value {
    sample(&request["response_format"]["json_schema"]["schema"])
}

/// Null for what it does not know, such as references.
fn sample(schema: &Value) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.first().cloned().unwrap_or_default();
    }
    if let Some(Value::Array(schemas)) = schema.get("anyOf") {
        return schemas.first().map(sample).unwrap_or_default();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => object(&schema["properties"]),
        Some("array") => {
            let fewest = schema["minItems"].as_u64().unwrap_or(0).min(100);
            Value::Array((0..fewest).map(|_| sample(&schema["items"])).collect())
        }
        Some("string") => json!("Sample text."),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        _ => Value::Null,
    }
}

fn object(properties: &Value) -> Value {
    let properties = properties.as_object().into_iter().flatten();
    let entries = properties.map(|(key, schema)| (key.clone(), sample(schema)));
    Value::Object(entries.collect::<Map<_, _>>())
}
