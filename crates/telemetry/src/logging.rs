//! What is logged, and how it is written to standard error.

mod gathered;
mod json_line;
mod level;

use std::io::{self, IsTerminal as _, Stderr};
use std::str::FromStr;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Dispatch, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, reload};

pub use level::{LevelError, LogLevel, check_level};

use crate::metrics::ExportCounters;
use crate::traces::{RequestTraces, SPANS, TraceError, TraceExport, TraceSettings, traces};
use gathered::Gathered;
use json_line::{JsonLine, SpanMembers};
use level::{filter, may_be_logged};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Coloured where standard error is a terminal, for people.
    Pretty,
}

/// The text names no log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be json or pretty")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err(UnknownLogFormat),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A level or directives such as `info,http_api=debug`.
    pub level: String,
    pub format: LogFormat,
    /// Stands in every JSON line, so that two versions side by side can be told apart.
    pub version: String,
}

/// Logs or traces could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error(transparent)]
    Level(#[from] LevelError),
    #[error("traces cannot be set up")]
    Traces(#[from] TraceError),
    #[error("the thread that writes log lines cannot start")]
    Thread(#[source] io::Error),
    #[error("logging is already set up in this process")]
    AlreadySetUp(#[source] TryInitError),
}

/// What the process says of itself, beside metrics.
#[derive(Debug)]
pub struct Telemetry {
    pub log_level: LogLevel,
    /// For whoever serves requests.
    pub requests: RequestTraces,
    traces: Option<TraceExport>,
    /// `None` where each line is written at once, for a person who waits for it.
    gathered: Option<Gathered<Stderr>>,
}

impl Telemetry {
    /// Sends the process's logs, those of libraries with the `log` facade included, to standard error from now on, and its
    /// traces to the collector, if there is one.
    ///
    /// # Errors
    /// [`TelemetryError`] when the settings cannot work, or on a second call.
    pub fn start(
        logs: &LogSettings,
        collector: Option<&TraceSettings>,
    ) -> Result<Self, TelemetryError> {
        let started = collector.map(|settings| {
            let counters = ExportCounters::of_process();
            traces(settings, &logs.version, counters)
        });
        let (tracer, requests, export) = match started.transpose()? {
            Some(traces) => (Some(traces.tracer), traces.requests, Some(traces.export)),
            None => (None, RequestTraces::default(), None),
        };
        let gathered = match logs.format {
            LogFormat::Json => Some(Gathered::new(io::stderr()).map_err(TelemetryError::Thread)?),
            LogFormat::Pretty => None,
        };
        let (subscriber, log_level) = match gathered.clone() {
            Some(gathered) => subscriber(logs, false, gathered, tracer)?,
            None => subscriber(logs, io::stderr().is_terminal(), io::stderr, tracer)?,
        };
        subscriber
            .try_init()
            .map_err(TelemetryError::AlreadySetUp)?;
        Ok(Self {
            log_level,
            requests,
            traces: export,
            gathered,
        })
    }

    /// Sends the traces that wait, within a few seconds, and writes the log lines that do.
    pub async fn stop(mut self) {
        if let Some(traces) = self.traces.take() {
            traces.stop().await;
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(gathered) = &self.gathered {
            gathered.end();
        }
    }
}

/// Without a tracer the filter of logs stands in front of everything, so that spans for traces cost nothing. With one each has a
/// filter of its own: what is logged must not decide what is traced.
fn subscriber<W>(
    settings: &LogSettings,
    coloured: bool,
    writer: W,
    tracer: Option<SdkTracer>,
) -> Result<(Dispatch, LogLevel), LevelError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = filter(&settings.level)?;
    let Some(tracer) = tracer else {
        let (filter, handle) = reload::Layer::<_, Registry>::new(filter);
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(filter_fn(may_be_logged))
            .with(lines(settings, coloured, writer));
        let log_level = LogLevel::new(&settings.level, move |filter| handle.reload(filter));
        return Ok((subscriber.into(), log_level));
    };
    let (filter, handle) = reload::Layer::<_, Registry>::new(filter);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        // Where in the code, on which thread and how long idle: nobody asked, and each costs something for every span.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(only_spans_for_traces());
    let subscriber = tracing_subscriber::registry()
        .with(lines(settings, coloured, writer).with_filter(filter.and(filter_fn(may_be_logged))))
        .with(spans);
    let log_level = LogLevel::new(&settings.level, move |filter| handle.reload(filter));
    Ok((subscriber.into(), log_level))
}

fn only_spans_for_traces() -> FilterFn {
    let is_for_traces = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == SPANS;
    // Without the hint every call site of every library would be asked about at every level.
    FilterFn::new(is_for_traces as fn(&Metadata<'_>) -> bool).with_max_level_hint(Level::INFO)
}

fn lines<S, W>(settings: &LogSettings, coloured: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match settings.format {
        LogFormat::Json => layer
            .fmt_fields(SpanMembers)
            .event_format(JsonLine::new(settings.version.clone()))
            .boxed(),
        LogFormat::Pretty => layer.with_ansi(coloured).boxed(),
    }
}

#[cfg(test)]
mod tests;
