//! Proper answers made wrong in one respect.

use serde_json::{Value, json};

const PERSONAL_DATA: &str = "Ask Jane Roe, jane.roe@mail.example, +1 202 555 0143, 12 Elm Street, or see https://pay.example/now";
const NO_SUCH_ID: &str = "no-such-thing";

/// No strict schema has this key alone.
pub(super) fn break_schema() -> Value {
    json!({"a key that no schema names": [1, {"nested": null}]})
}

/// Adds personal data to every text of several words; when there is none, to every text that is no id.
pub(super) fn leak_personal_data(answer: &mut Value) {
    let mut has_prose = false;
    for_each_text(answer, None, &mut |key, text| {
        has_prose |= is_prose(key, text);
    });
    for_each_text(answer, None, &mut |key, text| {
        if is_prose(key, text) || (!has_prose && !is_id(key)) {
            text.push(' ');
            text.push_str(PERSONAL_DATA);
        }
    });
}

fn is_prose(key: Option<&str>, text: &str) -> bool {
    !is_id(key) && text.contains(' ')
}

/// Replaces every id with one that stands for nothing.
pub(super) fn make_ids_wrong(answer: &mut Value) {
    for_each_text(answer, None, &mut |key, text| {
        if is_id(key) {
            NO_SUCH_ID.clone_into(text);
        }
    });
}

fn is_id(key: Option<&str>) -> bool {
    key.is_some_and(|key| {
        matches!(key, "id" | "ids") || key.ends_with("_id") || key.ends_with("_ids")
    })
}

/// With the key under which a text stands, also when it stands there in a list.
fn for_each_text(
    value: &mut Value,
    key: Option<&str>,
    change: &mut impl FnMut(Option<&str>, &mut String),
) {
    match value {
        Value::String(text) => change(key, text),
        Value::Array(values) => {
            for value in values {
                for_each_text(value, key, change);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                for_each_text(value, Some(key), change);
            }
        }
        _ => {}
    }
}
