//! The span of a request, by the semantic conventions for HTTP servers.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::field::Empty;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{SPANS, TraceParent};

/// Methods that the convention knows; all others are one.
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY",
];
const OTHER_METHOD: &str = "_OTHER";
/// Longest name of a host (RFC 1035), with a port.
const LONGEST_HOST: usize = 261;

/// What a request says before it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'r> {
    pub method: &'r str,
    pub scheme: &'r str,
    /// Of the `Host` header or of the target.
    pub host: Option<&'r str>,
    /// `1.1` or `2`.
    pub version: &'static str,
    pub parent: Option<TraceParent<'r>>,
    pub trace_state: Option<&'r str>,
}

/// Of a span, as texts: 32 and 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanIds {
    pub trace: String,
    pub span: String,
    /// Chosen to be kept, whatever becomes of it.
    pub is_sampled: bool,
}

/// The span of one request; nothing where traces are off.
///
/// It has neither the path nor the query, nor the caller's address: all of these may be somebody's data. The route tells enough.
#[derive(Debug, Clone)]
pub struct ServerSpan {
    span: Span,
    method: &'static str,
}

impl ServerSpan {
    /// Asks what the request says only where somebody wants to know.
    pub fn begin<'r>(incoming: impl FnOnce() -> Incoming<'r>) -> Self {
        if !tracing::span_enabled!(target: SPANS, Level::INFO) {
            return Self {
                span: Span::none(),
                method: OTHER_METHOD,
            };
        }
        let incoming = incoming();
        let known = METHODS.iter().find(|known| **known == incoming.method);
        let method = known.copied().unwrap_or(OTHER_METHOD);
        // A root, whatever span happens to be entered where this is called.
        let span = tracing::info_span!(
            target: SPANS,
            parent: None,
            "HTTP",
            // Until its route is known, and for good when its caller leaves before.
            otel.name = name_of(method),
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method,
            http.route = Empty,
            http.response.status_code = Empty,
            url.scheme = incoming.scheme,
            server.address = Empty,
            server.port = Empty,
            network.protocol.name = "http",
            network.protocol.version = incoming.version,
            "error.type" = Empty,
        );
        if !span.is_disabled() {
            if let Some((address, port)) = incoming.host.and_then(split_host) {
                span.record("server.address", address);
                if let Some(port) = port {
                    span.record("server.port", port);
                }
            }
            let parent = incoming.parent;
            if let Some(parent) = parent.and_then(|parent| parent.remote(incoming.trace_state)) {
                // It has not begun yet, so that it can still be given a parent.
                let _ = span.set_parent(Context::new().with_remote_span_context(parent));
            }
        }
        Self { span, method }
    }

    /// To be entered while the request is worked at.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// `None` where traces are off.
    pub fn ids(&self) -> Option<SpanIds> {
        if self.span.is_disabled() {
            return None;
        }
        let context = self.span.context();
        let span = context.span();
        let context = span.span_context();
        context.is_valid().then(|| SpanIds {
            trace: context.trace_id().to_string(),
            span: context.span_id().to_string(),
            is_sampled: context.is_sampled(),
        })
    }

    /// `route` is the template, `None` where there is none; `error` a code of ours, for answers from 500 on.
    pub fn answered(&self, route: Option<&str>, status: u16, error: Option<&str>) {
        if self.span.is_disabled() {
            return;
        }
        let method = name_of(self.method);
        let name = match route {
            Some(route) => {
                self.span.record("http.route", route);
                format!("{method} {route}")
            }
            None => method.to_owned(),
        };
        self.span.context().span().update_name(name);
        self.span.record("http.response.status_code", status);
        if let Some(error) = error {
            self.span.record("error.type", error);
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

/// Of a span: the convention's word for a method that it does not know is not for reading.
fn name_of(method: &'static str) -> &'static str {
    if method == OTHER_METHOD {
        "HTTP"
    } else {
        method
    }
}

/// Name and port, if it looks like a host.
fn split_host(host: &str) -> Option<(&str, Option<u16>)> {
    let is_plain = host.len() <= LONGEST_HOST
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if !is_plain || host.is_empty() {
        return None;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && !port.ends_with(']') => {
            Some((name, Some(port.parse().ok()?)))
        }
        _ => Some((host, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_split_if_it_is_one() {
        for (host, expected) in [
            ("api.example", Some(("api.example", None))),
            ("api.example:8443", Some(("api.example", Some(8443)))),
            ("[::1]:5000", Some(("[::1]", Some(5000)))),
            ("[::1]", Some(("[::1]", None))),
            ("api.example:port", None),
            ("ann.lee@example.org", None),
            ("", None),
        ] {
            assert_eq!(split_host(host), expected, "{host}");
        }
    }

    #[test]
    fn without_a_collector_there_is_no_span() {
        let span = ServerSpan::begin(|| panic!("nobody wants to know"));
        assert!(span.span().is_disabled());
        assert_eq!(span.ids(), None);
        span.answered(Some("/"), 500, Some("INTERNAL_ERROR"));
    }
}
