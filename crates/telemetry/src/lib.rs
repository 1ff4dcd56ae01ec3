//! Logs and metrics: tracing subscriber, Prometheus registry and log format.
