//! The span of a request, by the semantic conventions for HTTP servers.
//!
//! Each request has one, and nearly none is sent. So it is made only when it is: until then there are its ids, by which it is the
//! parent of calls to other services, and what the request said.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, SpanData};

use super::TraceParent;
use super::keeping::Keeper;
use super::sampling::HeadSampler;

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
    /// `https`, or `http` for anything else.
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

/// Makes the spans of requests; by default there is no collector, and none are made. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct RequestTraces(Option<Arc<Tracing>>);

#[derive(Debug)]
struct Tracing {
    sampler: HeadSampler,
    ids: RandomIdGenerator,
    keeper: Keeper,
    scope: InstrumentationScope,
}

impl RequestTraces {
    pub(super) fn new(sampler: HeadSampler, keeper: Keeper, scope: InstrumentationScope) -> Self {
        Self(Some(Arc::new(Tracing {
            sampler,
            ids: RandomIdGenerator::default(),
            keeper,
            scope,
        })))
    }

    /// Asks what the request says only where somebody wants to know. The span ends with [`ServerSpan::answered`], or when it is
    /// dropped.
    pub fn begin<'r>(&self, incoming: impl FnOnce() -> Incoming<'r>) -> ServerSpan {
        ServerSpan(self.0.as_ref().map(|tracing| tracing.begin(&incoming())))
    }
}

impl Tracing {
    fn begin(self: &Arc<Self>, incoming: &Incoming<'_>) -> Open {
        let parent = incoming.parent;
        let parent = parent.and_then(|parent| parent.remote(incoming.trace_state));
        let trace =
            (parent.as_ref()).map_or_else(|| self.ids.new_trace_id(), SpanContext::trace_id);
        let is_sampled = (self.sampler).samples_request(parent.as_ref(), trace);
        let flags = TraceFlags::default().with_sampled(is_sampled);
        let state = (parent.as_ref()).map(|parent| parent.trace_state().clone());
        let context = SpanContext::new(
            trace,
            self.ids.new_span_id(),
            flags,
            false,
            state.unwrap_or_default(),
        );
        if !is_sampled {
            self.keeper.begin(trace);
        }
        let known = METHODS.iter().find(|known| **known == incoming.method);
        Open {
            tracing: Arc::clone(self),
            context,
            parent: parent.map(|parent| parent.span_id()),
            method: known.copied().unwrap_or(OTHER_METHOD),
            is_encrypted: incoming.scheme == "https",
            host: (incoming.host.filter(|host| host.len() <= LONGEST_HOST)).map(str::to_owned),
            version: incoming.version,
            start: now(),
        }
    }
}

/// The span of one request; nothing where traces are off.
///
/// It has neither the path nor the query, nor the caller's address: all of these may be somebody's data. The route tells enough.
#[derive(Debug)]
pub struct ServerSpan(Option<Open>);

/// One that has not ended.
#[derive(Debug)]
struct Open {
    tracing: Arc<Tracing>,
    context: SpanContext,
    /// Of another process.
    parent: Option<SpanId>,
    method: &'static str,
    is_encrypted: bool,
    host: Option<String>,
    version: &'static str,
    start: SystemTime,
}

/// How a request was answered.
#[derive(Debug, Clone, Copy)]
struct Answer<'a> {
    route: Option<&'a str>,
    status: u16,
    error: Option<&'a str>,
}

impl ServerSpan {
    /// `None` where traces are off.
    pub fn ids(&self) -> Option<SpanIds> {
        self.0.as_ref().map(|open| SpanIds {
            trace: open.context.trace_id().to_string(),
            span: open.context.span_id().to_string(),
            is_sampled: open.context.is_sampled(),
        })
    }

    /// Makes it the parent of the spans that this work begins. Work that goes on in a task of its own is not among it, but may
    /// have a span that was begun here.
    pub fn around<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let context = (self.0.as_ref())
            .map(|open| Context::new().with_remote_span_context(open.context.clone()));
        async move {
            let mut work = pin!(work);
            std::future::poll_fn(|task| {
                let _attached = context.clone().map(Context::attach);
                work.as_mut().poll(task)
            })
            .await
        }
    }

    /// Ends it. `route` is the template, `None` where there is none; `error` a code of ours, for answers from 500 on.
    pub fn answered(&mut self, route: Option<&str>, status: u16, error: Option<&str>) {
        if let Some(open) = self.0.take() {
            open.end(Some(Answer {
                route,
                status,
                error,
            }));
        }
    }
}

impl Drop for ServerSpan {
    /// Its caller left before there was an answer.
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.end(None);
        }
    }
}

impl Open {
    fn end(self, answer: Option<Answer<'_>>) {
        let keeper = &self.tracing.keeper;
        if self.context.is_sampled() {
            keeper.send(self.data(answer));
        } else {
            let is_failed = answer.is_some_and(|answer| answer.error.is_some());
            let trace = self.context.trace_id();
            keeper.end(trace, is_failed, || self.data(answer));
        }
    }

    fn data(&self, answer: Option<Answer<'_>>) -> SpanData {
        let method = name_of(self.method);
        let route = answer.and_then(|answer| answer.route);
        let error = answer.and_then(|answer| answer.error);
        SpanData {
            span_context: self.context.clone(),
            parent_span_id: self.parent.unwrap_or(SpanId::INVALID),
            parent_span_is_remote: self.parent.is_some(),
            span_kind: SpanKind::Server,
            name: match route {
                Some(route) => Cow::Owned(format!("{method} {route}")),
                None => Cow::Borrowed(method),
            },
            start_time: self.start,
            end_time: now(),
            attributes: self.attributes(answer),
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: if error.is_some() {
                Status::error("")
            } else {
                Status::Unset
            },
            instrumentation_scope: self.tracing.scope.clone(),
        }
    }

    fn attributes(&self, answer: Option<Answer<'_>>) -> Vec<KeyValue> {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        let mut attributes = vec![
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("url.scheme", scheme),
            KeyValue::new("network.protocol.name", "http"),
            KeyValue::new("network.protocol.version", self.version),
        ];
        if let Some((address, port)) = self.host.as_deref().and_then(split_host) {
            attributes.push(KeyValue::new("server.address", address.to_owned()));
            let port = port.map(|port| KeyValue::new("server.port", i64::from(port)));
            attributes.extend(port);
        }
        if let Some(answer) = answer {
            let status = i64::from(answer.status);
            attributes.push(KeyValue::new("http.response.status_code", status));
            let route = (answer.route).map(|route| KeyValue::new("http.route", route.to_owned()));
            let error = (answer.error).map(|error| KeyValue::new("error.type", error.to_owned()));
            attributes.extend(route.into_iter().chain(error));
        }
        attributes
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "spans have the time that the SDK gives to all others"
)]
fn now() -> SystemTime {
    SystemTime::now()
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
mod tests;
