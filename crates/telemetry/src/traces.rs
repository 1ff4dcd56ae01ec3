//! Traces: spans of requests, of calls to other services and of tasks, sent to a collector over OTLP.
//!
//! The span of a request is a [`ServerSpan`]. Any other that is meant for traces is one of `tracing` with the target [`SPANS`]. Logs
//! never see it, and without a collector nobody does, so that it costs no more than a look at its call site.

mod collector;
mod exporting;
mod keeping;
mod sampling;
mod server_span;
mod settings;
mod trace_parent;

use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

pub(crate) use exporting::TraceExport;
pub use server_span::{Incoming, RequestTraces, ServerSpan, SpanIds};
pub use settings::{CollectorHeaders, InvalidCollector, Sampling, TraceSettings};
pub use trace_parent::TraceParent;

use crate::metrics::ExportCounters;
use collector::Collector;
use keeping::Keeper;
use sampling::HeadSampler;

/// The target of spans for traces. Crates that do not know this one write the same word.
pub(crate) const SPANS: &str = "otel";

/// How long a process that ends waits for what is not yet sent.
const LAST_EXPORT: Duration = Duration::from_secs(3);

/// Attributes, events and links of one span, at most: what one span may hold in memory is bounded.
const LARGEST_SPAN: u32 = 32;

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("the collector cannot be encrypted to")]
    Tls(#[from] outgoing_http::TlsError),
    #[error("the client for the collector cannot be set up")]
    Client(#[source] reqwest::Error),
    #[error("the exporter cannot be set up")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("the thread that exports cannot start")]
    Thread(#[source] std::io::Error),
}

/// What makes spans, and what sends them.
pub(crate) struct Traces {
    pub(crate) requests: RequestTraces,
    /// Of all other spans.
    pub(crate) tracer: SdkTracer,
    pub(crate) export: TraceExport,
}

/// Opens no connection before there is something to send.
pub(crate) fn traces(
    settings: &TraceSettings,
    version: &str,
    counters: ExportCounters,
) -> Result<Traces, TraceError> {
    let collector = Collector::new(settings, version)?;
    let (queue, export) = exporting::start(collector, settings, counters)?;
    let sampler = HeadSampler::new(settings.sampling);
    let keeper = Keeper::new(queue);
    let scope = InstrumentationScope::builder("scholarship-api").build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler.clone())
        .with_span_processor(keeper.clone())
        .with_max_attributes_per_span(LARGEST_SPAN)
        .with_max_events_per_span(LARGEST_SPAN)
        .with_max_links_per_span(LARGEST_SPAN)
        // The collector says whose spans these are; the provider's would be used by nobody.
        .with_resource(opentelemetry_sdk::Resource::builder_empty().build())
        .build();
    Ok(Traces {
        tracer: provider.tracer_with_scope(scope.clone()),
        requests: RequestTraces::new(sampler, keeper, scope),
        export,
    })
}
