//! Whether an answer is what the OpenAPI document promises: status, media type and JSON schema.

use std::sync::LazyLock;

use serde_json::Value;

use crate::client::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(http_api::openapi()).expect("the document is JSON"));

/// Panics where the answer contradicts the document. What the document does not know must be a 404 or 405.
pub(crate) fn check(method: &str, target: &str, answer: &Answer) {
    for name in [
        "x-request-id",
        "strict-transport-security",
        "content-security-policy",
    ] {
        assert!(
            answer.header(name).is_some(),
            "{method} {target} lacks {name}"
        );
    }
    let path = target.split('?').next().unwrap_or(target);
    let documented = if method == "HEAD" {
        "get"
    } else {
        &method.to_ascii_lowercase()
    };
    let Some(operation) =
        template(path).and_then(|template| DOCUMENT["paths"][template].get(documented))
    else {
        let refused =
            [400, 401, 404, 405, 414, 421].contains(&answer.status) || method == "OPTIONS";
        assert!(
            refused,
            "{method} {path} answers {} undocumented",
            answer.status
        );
        return;
    };
    let status = answer.status.to_string();
    let Some(response) = operation["responses"].get(&status) else {
        panic!(
            "{method} {path} answers {status} undocumented: {}",
            answer.text()
        );
    };
    if method == "HEAD" {
        return;
    }
    let media_type = answer
        .header("content-type")
        .and_then(|kind| kind.split(';').next());
    let Some(content) = response.get("content") else {
        return;
    };
    let media_type = media_type.unwrap_or("");
    let Some(content) = content.get(media_type) else {
        panic!("{method} {path} answers {status} with undocumented {media_type}");
    };
    if ["application/json", "application/problem+json"].contains(&media_type)
        && answer.header("content-encoding").is_none()
    {
        let problems = violations(&answer.json(), &content["schema"], &DOCUMENT, "$");
        assert!(
            problems.is_empty(),
            "{method} {target} {status}: {problems:#?}"
        );
    }
}

/// The documented path that a path matches, fixed ones first.
fn template(path: &str) -> Option<&'static str> {
    let templates = DOCUMENT["paths"].as_object()?.keys();
    let matches = |template: &&String| {
        let (left, right): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| left.starts_with('{') || *left == right)
    };
    templates
        .filter(matches)
        .min_by_key(|template| template.matches('{').count())
        .map(String::as_str)
}

/// What is wrong by the keywords of JSON Schema that the document uses. References lead into `root`.
pub(crate) fn violations(value: &Value, schema: &Value, root: &Value, place: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return violations(value, target, root, place);
    }
    let mut found = Vec::new();
    let mut wrong = |problem: String| found.push(format!("{place}: {problem}"));
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is_a(value, kind)) {
        wrong(format!("{value} is no {types:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        wrong(format!("{value} is none of {allowed:?}"));
    }
    if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64())
        && number < least
    {
        wrong(format!("{number} is below {least}"));
    }
    if let (Some(number), Some(most)) = (value.as_f64(), schema["maximum"].as_f64())
        && number > most
    {
        wrong(format!("{number} is above {most}"));
    }
    for (keyword, least) in [("oneOf", 1), ("anyOf", 1)] {
        if let Some(choices) = schema[keyword].as_array() {
            let fits = choices
                .iter()
                .filter(|choice| violations(value, choice, root, place).is_empty())
                .count();
            if fits < least || (keyword == "oneOf" && fits > 1) {
                wrong(format!("{value} fits {fits} of {keyword}"));
            }
        }
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap_or("")) {
                wrong(format!("lacks {name}"));
            }
        }
        for (name, inner) in object {
            let place = format!("{place}.{name}");
            match schema["properties"].get(name) {
                Some(schema) => found.extend(violations(inner, schema, root, &place)),
                None => match &schema["additionalProperties"] {
                    Value::Bool(false) => found.push(format!("{place} is not documented")),
                    schema @ Value::Object(_) => {
                        found.extend(violations(inner, schema, root, &place));
                    }
                    // Objects with documented keys have no others.
                    _ if schema["properties"].is_object() => {
                        found.push(format!("{place} is not documented"));
                    }
                    _ => {}
                },
            }
        }
    }
    if let (Some(items), true) = (value.as_array(), schema["items"].is_object()) {
        for (at, item) in items.iter().enumerate() {
            found.extend(violations(
                item,
                &schema["items"],
                root,
                &format!("{place}[{at}]"),
            ));
        }
    }
    found
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the document uses the type {other}"),
    }
}
