//! Calls to other services as spans, by the semantic conventions for HTTP clients, and the trace context that they carry.

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Spans with this target are for traces, and nothing else sees them.
const SPANS: &str = "otel";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Sends a request as a part of the trace around it, and answers once the head of its answer is there. Without a trace it only
/// sends. A `traceparent` that the request has already stays, and the span is linked to it: the receiver knows that trace.
///
/// `peer` names the service. The span has neither path nor query, which may be somebody's data.
///
/// # Errors
/// Those of the client.
pub async fn send(
    client: &Client,
    request: RequestBuilder,
    peer: &'static str,
) -> reqwest::Result<Response> {
    let mut request = request.build()?;
    let span = tracing::info_span!(
        target: SPANS,
        "HTTP call",
        otel.name = request.method().as_str(),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.response.status_code = Empty,
        url.scheme = request.url().scheme(),
        server.address = request.url().host_str(),
        server.port = request.url().port_or_known_default(),
        peer.service = peer,
        "error.type" = Empty,
    );
    if span.is_disabled() {
        return client.execute(request).await;
    }
    match given_context(request.headers()) {
        Some(given) => span.add_link(given),
        None => carry(span.context().span().span_context(), request.headers_mut()),
    }
    let answered = client.execute(request).instrument(span.clone()).await;
    note(&span, &answered);
    answered
}

/// Of headers that this program made itself.
fn given_context(headers: &HeaderMap) -> Option<SpanContext> {
    let mut parts = headers.get(TRACEPARENT)?.to_str().ok()?.split('-').skip(1);
    Some(SpanContext::new(
        TraceId::from_hex(parts.next()?).ok()?,
        SpanId::from_hex(parts.next()?).ok()?,
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    ))
}

fn carry(context: &SpanContext, headers: &mut HeaderMap) {
    if !context.is_valid() {
        return;
    }
    let parent = format!(
        "00-{}-{}-{:02x}",
        context.trace_id(),
        context.span_id(),
        context.trace_flags().to_u8()
    );
    if let Ok(parent) = HeaderValue::from_str(&parent) {
        headers.insert(TRACEPARENT, parent);
    }
    let state = context.trace_state().header();
    if let Ok(state) = HeaderValue::from_str(&state)
        && !state.is_empty()
    {
        headers.insert(TRACESTATE, state);
    }
}

fn note(span: &Span, answered: &reqwest::Result<Response>) {
    let failure = match answered {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            let is_failure = status.is_client_error() || status.is_server_error();
            is_failure.then(|| status.as_str().to_owned())
        }
        Err(error) if error.is_timeout() => Some("timeout".to_owned()),
        Err(error) if error.is_connect() => Some("connect".to_owned()),
        Err(_) => Some("broken_off".to_owned()),
    };
    if let Some(failure) = failure {
        span.record("error.type", failure);
        span.record("otel.status_code", "ERROR");
    }
}
