//! Takes the snapshots that releases are judged by from Prometheus' HTTP API (2.25 or newer; no recording rules are needed).
//!
//! Counts are exact. PromQL's `increase` is not used: it extrapolates to the edges of a window, misses the first value of a
//! series (the first failed request of a route) and reads every sample of the window, which takes minutes over 30 days. Instead
//! the counters are read at single moments: now, where each window begins, and at the last scrape before each restart. Counters
//! start at 0 with their process and only grow until it ends, and `process_start_time_seconds` tells processes apart; so a window's count
//! is, for each process in it, its last value less the one that it began the window with. What happened between a process' last scrape and
//! its end is in no telemetry, and windows lie on scrapes: they may be shifted by the time of one.
//!
//! Each count comes with the text of a query that gives the same number when it is put to Prometheus again.

mod answer;
mod client;
mod counters;
mod counts;
mod error;
mod lifetimes;
mod moments;
mod notes;
mod peaks;
mod promql;
mod readings;
mod router;
mod settings;
mod stretches;
mod subject;
mod take;
mod texts;
mod versions;

pub use error::{OpenError, QueryError, TakeError};
pub use notes::Note;
pub use settings::{Limits, RouterMetrics, ServiceMetrics, Settings};
pub use take::{Prometheus, Request, Taken};
pub use versions::RunningVersion;
