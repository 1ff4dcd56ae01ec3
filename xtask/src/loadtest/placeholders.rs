//! `${name}` in texts and in JSON, and what takes its place.

use std::fmt::Write as _;

use serde_json::Value;

/// The names in a text, in their order.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    replace(text, |name, _| found.push(name.to_owned()));
    found
}

/// The same of all texts in a value.
pub(super) fn names_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => names(text),
        Value::Array(values) => values.iter().flat_map(names_in).collect(),
        Value::Object(members) => members.values().flat_map(names_in).collect(),
        _ => Vec::new(),
    }
}

/// A path with values in it, each encoded for a query or for a part of a path.
pub(super) fn path_with(text: &str, mut value_of: impl FnMut(&str) -> Value) -> String {
    replace(text, |name, filled| {
        let value = value_of(name);
        for byte in plain(&value).bytes() {
            // What RFC 3986 calls unreserved; all else could end the value.
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                filled.push(char::from(byte));
            } else {
                let _ = write!(filled, "%{byte:02X}");
            }
        }
    })
}

/// A value of which each text that is one placeholder has become the value itself, whatever it is.
pub(super) fn value_with(template: &Value, value_of: &mut impl FnMut(&str) -> Value) -> Value {
    match template {
        Value::String(text) => match alone(text) {
            Some(name) => value_of(name),
            None => Value::String(replace(text, |name, filled| {
                filled.push_str(&plain(&value_of(name)));
            })),
        },
        Value::Array(values) => {
            let filled = values.iter().map(|value| value_with(value, value_of));
            Value::Array(filled.collect())
        }
        Value::Object(members) => {
            let filled = members
                .iter()
                .map(|(name, value)| (name.clone(), value_with(value, value_of)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

/// The name, when a text is one placeholder and nothing else.
fn alone(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains('}')).then_some(name)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text with what `fill` writes in place of each name. What does not end is no placeholder.
fn replace(text: &str, mut fill: impl FnMut(&str, &mut String)) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        filled.push_str(before);
        fill(name, &mut filled);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value_of(name: &str) -> Value {
        match name {
            "word" => json!("law & order"),
            "gpa" => json!(3.4),
            "profile" => json!({"gpa": 3.1}),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn values_in_a_path_cannot_end_it() {
        let path = path_with("/s?q=${word}&min=${gpa}&x=${", value_of);
        assert_eq!(path, "/s?q=law%20%26%20order&min=3.4&x=${");
    }

    #[test]
    fn a_placeholder_alone_becomes_the_value_itself() {
        let template = json!({"profile": "${profile}", "list": ["${gpa}", 1], "text": "about ${word}: ${gpa}"});
        let filled = value_with(&template, &mut value_of);
        assert_eq!(
            filled,
            json!({"profile": {"gpa": 3.1}, "list": [3.4, 1], "text": "about law & order: 3.4"})
        );
        assert_eq!(names_in(&template).len(), 4);
    }
}
