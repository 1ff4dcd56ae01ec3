//! The identity of one request: how its logs, its answer and its trace find each other.

use actix_web::http::header::{HeaderMap, HeaderValue};
use uuid::Uuid;

pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Made once per request, before anything else.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    pub(crate) request_id: String,
    /// 32 hexadecimal digits: the caller's, or a random one.
    pub(crate) trace_id: String,
    /// The caller says that it keeps this trace.
    is_kept: bool,
}

impl RequestContext {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let request_id = headers
            .get(REQUEST_ID)
            .and_then(well_formed_id)
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let (trace_id, is_kept) = headers
            .get("traceparent")
            .and_then(|value| trace_of(value.to_str().ok()?))
            .unwrap_or_else(|| (Uuid::new_v4().simple().to_string(), false));
        Self {
            request_id,
            trace_id,
            is_kept,
        }
    }

    /// The trace in which somebody can find this request again.
    pub(crate) fn kept_trace(&self) -> Option<&str> {
        self.is_kept.then_some(self.trace_id.as_str())
    }
}

fn well_formed_id(value: &HeaderValue) -> Option<String> {
    let bytes = value.as_bytes();
    let fine = (1..=128).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    fine.then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// The trace id of a W3C `traceparent` (Trace Context, section 3.2), and whether its caller keeps the trace (the flag
/// `sampled`); later versions may have further parts.
fn trace_of(header: &str) -> Option<(String, bool)> {
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = header.trim().split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_fine = known
        && hex(trace, 32)
        && !zero(trace)
        && hex(parent, 16)
        && !zero(parent)
        && hex(flags, 2);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    is_fine.then(|| (trace.to_owned(), flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_gives_its_trace_id_only_if_it_is_well_formed() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for good in [
            format!("00-{trace}-00f067aa0ba902b7-01"),
            format!("01-{trace}-00f067aa0ba902b7-01-more"),
        ] {
            assert_eq!(trace_of(&good), Some((trace.to_owned(), true)), "{good}");
        }
        let unkept = format!("00-{trace}-00f067aa0ba902b7-02");
        assert_eq!(trace_of(&unkept), Some((trace.to_owned(), false)));
        for bad in [
            String::new(),
            format!("00-{trace}-00f067aa0ba902b7"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
        ] {
            assert_eq!(trace_of(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_request_id_is_taken_over_only_if_it_is_well_formed() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                actix_web::http::header::HeaderName::from_static(REQUEST_ID),
                HeaderValue::from_static(value),
            );
            RequestContext::of(&headers).request_id
        };
        assert_eq!(with("abc-1.2_3"), "abc-1.2_3");
        assert_eq!(with("a b").len(), 36);
        assert_eq!(with("").len(), 36);
    }
}
