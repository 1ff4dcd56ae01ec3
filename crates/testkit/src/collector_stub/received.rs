//! Spans as tests look at them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

/// Ids are in hexadecimal digits, values of attributes texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedSpan {
    pub name: String,
    pub kind: SpanKind,
    pub trace_id: String,
    pub span_id: String,
    /// Empty for a root.
    pub parent_id: String,
    pub trace_state: String,
    pub attributes: BTreeMap<String, String>,
    /// Of the process.
    pub resource: BTreeMap<String, String>,
    pub is_error: bool,
    /// Trace ids of the spans that it is linked to.
    pub links: Vec<String>,
    pub nanoseconds: u64,
}

impl ReceivedSpan {
    /// The value of an attribute, or nothing.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

pub(super) fn spans_of(batch: ExportTraceServiceRequest) -> Vec<ReceivedSpan> {
    let mut received = Vec::new();
    for of_process in batch.resource_spans {
        let resource = of_process.resource.unwrap_or_default();
        let resource = texts(&resource.attributes);
        for scope in of_process.scope_spans {
            let spans = scope.spans.into_iter();
            received.extend(spans.map(|span| received_span(span, &resource)));
        }
    }
    received
}

fn received_span(span: Span, resource: &BTreeMap<String, String>) -> ReceivedSpan {
    let error = StatusCode::Error as i32;
    ReceivedSpan {
        kind: span.kind(),
        trace_id: hexadecimal(&span.trace_id),
        span_id: hexadecimal(&span.span_id),
        parent_id: hexadecimal(&span.parent_span_id),
        attributes: texts(&span.attributes),
        resource: resource.clone(),
        is_error: span
            .status
            .as_ref()
            .is_some_and(|status| status.code == error),
        links: (span.links.iter())
            .map(|link| hexadecimal(&link.trace_id))
            .collect(),
        nanoseconds: span
            .end_time_unix_nano
            .saturating_sub(span.start_time_unix_nano),
        trace_state: span.trace_state,
        name: span.name,
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
        let value = match value {
            Some(Value::StringValue(text)) => text.clone(),
            Some(Value::IntValue(number)) => number.to_string(),
            Some(Value::BoolValue(truth)) => truth.to_string(),
            Some(Value::DoubleValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        };
        (pair.key.clone(), value)
    };
    attributes.iter().map(text).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A `String` takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
