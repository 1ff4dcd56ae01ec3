//! Logs, metrics and traces: what the process says of itself, and how it is said.

mod logging;
mod metrics;
mod traces;

pub use logging::{
    LevelError, LogFormat, LogLevel, LogSettings, Telemetry, TelemetryError, UnknownLogFormat,
    check_level,
};
pub use metrics::{
    Dependency, LOOK_EVERY, Look, METRICS_CONTENT_TYPE, Metrics, Stretch, Violation,
};
pub use traces::{
    CollectorHeaders, Incoming, InvalidCollector, RequestTraces, Sampling, ServerSpan, SpanIds,
    TraceError, TraceParent, TraceSettings,
};
