//! Reading JSON from outside: strict, and with errors that name the field.

mod objects_only;
mod unique_keys;

use serde::de::DeserializeOwned;

use crate::FieldError;
use objects_only::ObjectsOnly;
use unique_keys::UniqueKeys;

/// Characters of a caller's own text that an error repeats.
const MOST_REPEATED: usize = 64;

/// Why a JSON text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonInputError {
    /// Not JSON at all, or nested too deeply.
    #[error("{message} (line {line}, column {column})")]
    Malformed {
        message: String,
        line: usize,
        column: usize,
    },
    /// JSON, but a field is unknown, missing, given twice or of the wrong kind.
    #[error("{0}")]
    Field(FieldError),
}

/// Reads one JSON value and nothing after it.
///
/// # Errors
/// [`JsonInputError`], with the path of the offending field where there is one.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonInputError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = ObjectsOnly(&mut deserializer);
    let value = serde_path_to_error::deserialize(strict).map_err(|error| {
        let path = error.path().to_string();
        of_serde(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| of_serde("", &error))?;
    Ok(value)
}

/// Whether no object of a JSON text has a key twice, at any depth: for texts that somebody else reads, who would take the last.
///
/// # Errors
/// As [`read_json`].
pub fn check_keys(bytes: &[u8]) -> Result<(), JsonInputError> {
    read_json::<UniqueKeys>(bytes).map(drop)
}

/// Reads a typed value out of parsed JSON.
///
/// # Errors
/// As [`read_json`]; never [`JsonInputError::Malformed`].
pub fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, JsonInputError> {
    serde_path_to_error::deserialize(ObjectsOnly(value)).map_err(|error| {
        let path = error.path().to_string();
        of_serde(&path, error.inner())
    })
}

fn of_serde(path: &str, error: &serde_json::Error) -> JsonInputError {
    let text = error.to_string();
    // serde_json appends the place in the text; the path says it better.
    let message = text
        .rfind(" at line ")
        .map_or(text.as_str(), |end| &text[..end]);
    if !error.is_data() {
        return JsonInputError::Malformed {
            message: message.to_owned(),
            line: error.line(),
            column: error.column(),
        };
    }
    let path = if path == "." { "" } else { path };
    let mut error = field_error(path, message);
    error.field = shortened(&error.field);
    JsonInputError::Field(error)
}

/// At most about [`MOST_REPEATED`] characters: an error must not be as long as what is wrong.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_REPEATED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// serde's "invalid type: .., expected .." without the names of Rust's types.
fn readable(message: &str) -> String {
    let Some((found, expected)) = message
        .strip_prefix("invalid ")
        .and_then(|_| message.rsplit_once(", expected "))
    else {
        return message.to_owned();
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        "a boolean" => "true or false",
        structure if structure.starts_with("struct ") => "an object",
        other => other,
    };
    format!("{}, expected {expected}", shortened(found))
}

/// Puts the name that serde quotes in its message where it belongs: into the path.
fn field_error(path: &str, message: &str) -> FieldError {
    let quoted = |prefix: &str| {
        message
            .strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
    };
    let child = |name: &str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        if path.is_empty() {
            name.to_owned()
        } else if last == name {
            path.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    if let Some(name) = quoted("unknown field `") {
        let known = message
            .split_once("expected ")
            .map_or("", |(_, known)| known)
            .replace('`', "");
        let known = known.strip_prefix("one of ").unwrap_or(&known);
        let hint = if known.is_empty() || known.len() > 600 {
            String::new()
        } else {
            format!("; known keys: {known}")
        };
        return FieldError::new(child(name), format!("is not a known key{hint}"));
    }
    if let Some(name) = quoted("missing field `") {
        return FieldError::new(child(name), "is required");
    }
    if let Some(name) = quoted("duplicate field `") {
        return FieldError::new(child(name), "is given more than once");
    }
    FieldError::new(path, readable(message))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u8,
    }

    fn error(text: &str) -> String {
        read_json::<Outer>(text.as_bytes())
            .map(|outer| outer.inner.count)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn errors_name_the_field_by_its_full_path() {
        assert!(
            error(r#"{"inner":{"count":1,"cuont":2}}"#)
                .starts_with("inner.cuont: is not a known key")
        );
        assert_eq!(error(r#"{"inner":{}}"#), "inner.count: is required");
        assert_eq!(
            error(r#"{"inner":{"count":1,"count":2}}"#),
            "inner.count: is given more than once"
        );
        assert!(error(r#"{"inner":{"count":"x"}}"#).starts_with("inner.count: invalid type"));
        assert!(error(r#"{"inner":{"count":1}} x"#).contains("trailing characters"));
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        assert_eq!(
            error(r#"[{"count":1}]"#),
            "invalid type: sequence, expected an object"
        );
        assert_eq!(
            error(r#"{"inner":[1]}"#),
            "inner: invalid type: sequence, expected an object"
        );
        let listed = read_json::<Vec<Option<Inner>>>(br#"[{"count":1},null,[1]]"#);
        let error = listed.map(|_| ()).expect_err("the third is a list");
        assert_eq!(
            error.to_string(),
            "[2]: invalid type: sequence, expected an object"
        );
        let value = serde_json::json!({"inner": [1]});
        assert!(read_value::<Outer>(value).is_err());
    }

    #[test]
    fn errors_stay_short_and_speak_no_rust() {
        let long = "x".repeat(100_000);
        for text in [
            format!(r#"{{"{long}":1}}"#),
            format!(r#"{{"inner":{{"count":"{long}"}}}}"#),
        ] {
            assert!(error(&text).len() < 300, "{}", error(&text));
        }
        assert_eq!(
            error(r#"{"inner":"x"}"#),
            "inner: invalid type: string \"x\", expected an object"
        );
        assert_eq!(
            error(r#"{"inner":{"count":-1}}"#),
            "inner.count: invalid value: integer `-1`, expected a whole number of at least 0"
        );
    }

    #[test]
    fn what_is_not_json_is_malformed_with_its_place() {
        for text in [
            "",
            "{",
            "nul",
            "{\"inner\":",
            "\u{feff}{}",
            &"[".repeat(300),
        ] {
            assert!(
                matches!(
                    read_json::<Outer>(text.as_bytes()),
                    Err(JsonInputError::Malformed { .. } | JsonInputError::Field(_))
                ),
                "{text}"
            );
        }
        assert!(matches!(
            read_json::<serde_json::Value>(br#""\ud800""#),
            Err(JsonInputError::Malformed { .. })
        ));
    }
}
