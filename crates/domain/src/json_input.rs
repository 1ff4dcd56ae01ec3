//! Reading JSON from outside: strict, and with errors that name the field.

use serde::de::DeserializeOwned;

use crate::FieldError;

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
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        of_serde(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| of_serde("", &error))?;
    Ok(value)
}

/// Reads a typed value out of parsed JSON.
///
/// # Errors
/// As [`read_json`]; never [`JsonInputError::Malformed`].
pub fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, JsonInputError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
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
    JsonInputError::Field(field_error(path, message))
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
    FieldError::new(path, message)
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
