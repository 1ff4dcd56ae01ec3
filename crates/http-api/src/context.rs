//! The identity of one request: how its logs, its answer and its trace find each other.

use actix_web::http::header::{HeaderMap, HeaderValue};
use telemetry::{ServerSpan, TraceParent};
use uuid::Uuid;

pub(crate) const REQUEST_ID: &str = "x-request-id";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// Made once per request, before anything else.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    pub(crate) request_id: String,
    /// 32 hexadecimal digits: the caller's, or random ones.
    pub(crate) trace_id: String,
    /// 16 hexadecimal digits; `None` where traces are off.
    pub(crate) span_id: Option<String>,
    /// Whoever began the trace keeps it.
    is_kept: bool,
}

impl RequestContext {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let parent = trace_parent(headers);
        let trace_id = parent.map(|parent| parent.trace_id.to_owned());
        Self {
            request_id: request_id(headers),
            trace_id: trace_id.unwrap_or_else(|| Uuid::new_v4().simple().to_string()),
            span_id: None,
            is_kept: parent.is_some_and(|parent| parent.is_sampled),
        }
    }

    /// Of a request with a span, if there is one.
    pub(crate) fn within(span: &ServerSpan, headers: &HeaderMap) -> Self {
        match span.ids() {
            None => Self::of(headers),
            Some(ids) => Self {
                request_id: request_id(headers),
                trace_id: ids.trace,
                span_id: Some(ids.span),
                is_kept: ids.is_sampled,
            },
        }
    }

    /// The trace in which somebody can find this request again. Our own traces are kept when they end in an error.
    pub(crate) fn kept_trace(&self, is_error: bool) -> Option<&str> {
        let is_kept = self.is_kept || (is_error && self.span_id.is_some());
        is_kept.then_some(self.trace_id.as_str())
    }
}

/// Malformed ones count as none.
pub(crate) fn trace_parent(headers: &HeaderMap) -> Option<TraceParent<'_>> {
    let mut values = headers.get_all(TRACEPARENT);
    // Several contexts are none: nobody knows which one is meant.
    let parent = values.next().filter(|_| values.next().is_none())?;
    TraceParent::parse(parent.to_str().ok()?)
}

pub(crate) fn trace_state(headers: &HeaderMap) -> Option<&str> {
    headers.get(TRACESTATE)?.to_str().ok()
}

fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(well_formed_id);
    given.unwrap_or_else(|| Uuid::new_v4().to_string())
}

fn well_formed_id(value: &HeaderValue) -> Option<String> {
    let bytes = value.as_bytes();
    let fine = (1..=128).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    fine.then(|| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    #[test]
    fn a_traceparent_gives_its_trace_id_only_if_it_is_well_formed() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static("traceparent"),
                HeaderValue::from_static(value),
            );
            RequestContext::of(&headers).trace_id
        };
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(
            with("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            trace
        );
        let made = with("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01");
        assert_eq!(made.len(), 32);
        assert_ne!(made, trace);
    }

    #[test]
    fn a_request_id_is_taken_over_only_if_it_is_well_formed() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static(REQUEST_ID),
                HeaderValue::from_static(value),
            );
            RequestContext::of(&headers).request_id
        };
        assert_eq!(with("abc-1.2_3"), "abc-1.2_3");
        assert_eq!(with("a b").len(), 36);
        assert_eq!(with("").len(), 36);
    }
}
