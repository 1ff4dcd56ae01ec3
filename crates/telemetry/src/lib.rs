//! Logs and metrics: tracing subscriber, Prometheus registry and log format.

mod logging;
mod metrics;

pub use logging::{
    LogFormat, LogSettings, LoggingError, UnknownLogFormat, check_level, init_logging,
};
pub use metrics::{
    Dependency, LOOK_EVERY, Look, METRICS_CONTENT_TYPE, Metrics, Stretch, Violation,
};
