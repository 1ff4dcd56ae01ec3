//! The headers that let a receiver put what we send beside what it sent.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// `x-trace-id`, when the id consists of letters, digits, `_`, `-` and `.`; and `traceparent`, when it is a trace id of W3C
/// Trace Context (section 3.2.2.3), with a parent made at random.
pub(crate) fn headers_of(trace_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if is_word(trace_id)
        && let Ok(value) = HeaderValue::from_str(trace_id)
    {
        headers.insert(TRACE_ID, value);
    }
    if is_trace_context(trace_id)
        && let Ok(value) = HeaderValue::from_str(&format!("00-{trace_id}-{}-01", parent()))
    {
        headers.insert(TRACEPARENT, value);
    }
    headers
}

fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_plain)
}

fn is_trace_context(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 32 && text.bytes().all(is_digit) && text.bytes().any(|byte| byte != b'0')
}

/// 16 hexadecimal digits, not all zero.
fn parent() -> String {
    let mut digits = Uuid::new_v4().simple().to_string();
    // The fixed digits of a random UUID stand in the part that is kept.
    digits.truncate(16);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(trace_id: &str, name: HeaderName) -> Option<String> {
        let headers = headers_of(trace_id);
        let value = headers.get(name)?.to_str().expect("is ASCII");
        Some(value.to_owned())
    }

    #[test]
    fn trace_ids_of_the_standard_have_both_headers() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(header(id, TRACE_ID).as_deref(), Some(id));
        let parent = header(id, TRACEPARENT).expect("is there");
        let parts: Vec<&str> = parent.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", id, "01"));
        assert_eq!(parts[2].len(), 16);
        assert_ne!(header(id, TRACEPARENT), Some(parent));
    }

    #[test]
    fn other_words_have_one() {
        for id in [
            "trace-1",
            "0".repeat(32).as_str(),
            "4BF92F3577B34DA6A3CE929D0E0E4736",
        ] {
            assert_eq!(header(id, TRACE_ID).as_deref(), Some(id));
            assert_eq!(header(id, TRACEPARENT), None);
        }
    }

    #[test]
    fn what_is_no_word_has_none() {
        for id in ["", "two words", "a\r\nx: y", "é", &"x".repeat(129)] {
            assert!(headers_of(id).is_empty(), "{id:?}");
        }
    }
}
