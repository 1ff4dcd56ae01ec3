//! What the service answers when it has no completion.

use std::time::Duration;

use ports::ModelError;
use serde::Deserialize;
use serde_json::Value;

/// Codes are short words.
const LONGEST_CODE: usize = 64;

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: Value,
}

/// What an answer without success means. `key` is kept out of what a service says.
pub(crate) fn error_of(
    status: u16,
    body: &[u8],
    retry_after: Option<Duration>,
    key: &str,
) -> ModelError {
    let code = code_of(body, key);
    match status {
        // More money, not more time, helps here.
        429 if code == "insufficient_quota" => ModelError::Refused { status, code },
        429 => ModelError::Limited { retry_after },
        408 | 409 | 425 | 500.. => ModelError::Failed {
            status,
            retry_after,
        },
        // Among them are redirects, which would take the key to somebody else.
        _ => ModelError::Refused { status, code },
    }
}

/// The service's own code, or else its type of error; empty when neither is a plain word.
fn code_of(body: &[u8], key: &str) -> String {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    ["code", "type"]
        .iter()
        .filter_map(|name| refusal.error.get(name)?.as_str())
        .find(|code| is_code(code) && !code.contains(key))
        .unwrap_or_default()
        .to_owned()
}

/// Nothing is cut out of longer texts: they may repeat the question.
fn is_code(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !text.is_empty() && text.len() <= LONGEST_CODE && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(status: u16, error: Value) -> ModelError {
        let body = json!({ "error": error }).to_string();
        error_of(
            status,
            body.as_bytes(),
            Some(Duration::from_secs(3)),
            "sk-hidden",
        )
    }

    fn code(error: Value) -> String {
        match refused(400, error) {
            ModelError::Refused { status: 400, code } => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusals_carry_the_code_or_else_the_type() {
        assert_eq!(
            code(json!({"code": "invalid_api_key", "type": "t"})),
            "invalid_api_key"
        );
        assert_eq!(
            code(json!({"code": null, "type": "invalid_request_error"})),
            "invalid_request_error"
        );
        assert_eq!(
            code(json!({"code": 400, "type": "BadRequestError"})),
            "BadRequestError"
        );
    }

    #[test]
    fn what_is_no_code_is_left_out() {
        for odd in [
            "",
            "two words",
            "sk-hidden",
            "key_sk-hidden",
            "é",
            &"a".repeat(65),
        ] {
            assert_eq!(code(json!({ "code": odd })), "", "{odd}");
        }
        for odd in [json!(null), json!("code"), json!([1]), json!({"code": {}})] {
            assert_eq!(code(odd), "");
        }
    }

    #[test]
    fn a_status_says_whether_to_come_again() {
        let wait = Some(Duration::from_secs(3));
        for status in [400, 401, 403, 404, 405, 413, 422, 301, 307, 304] {
            let error = refused(status, Value::Null);
            assert!(matches!(&error, ModelError::Refused { status: told, .. } if *told == status));
            assert!(!error.is_transient());
        }
        for status in [408, 409, 500, 502, 503, 529, 999] {
            let error = refused(status, Value::Null);
            assert!(matches!(&error, ModelError::Failed { status: told, .. } if *told == status));
            assert_eq!(error.retry_after(), wait);
        }
        let limited = refused(429, json!({"code": "rate_limit_exceeded"}));
        assert!(matches!(limited, ModelError::Limited { retry_after } if retry_after == wait));
    }

    #[test]
    fn a_quota_that_is_used_up_is_no_limit_to_wait_for() {
        for error in [
            json!({"code": "insufficient_quota"}),
            json!({"type": "insufficient_quota"}),
        ] {
            let refused = refused(429, error);
            assert!(matches!(refused, ModelError::Refused { status: 429, .. }));
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_without_a_panic(
            status in 0_u16..1_000,
            body in prop::collection::vec(any::<u8>(), 0..500),
        ) {
            let _ = error_of(status, &body, None, "sk-hidden");
        }
    }
}
