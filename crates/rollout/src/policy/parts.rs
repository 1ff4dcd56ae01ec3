//! The validated parts of a policy.

use std::time::Duration;

use serde::Serialize;

use super::measure::Measure;
use crate::{
    span,
    verdict::{Action, Side},
};

/// The most of something bad. `side` tells how people say it: availability is at least 0.999, errors are at most 0.001.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limit {
    /// For shares, of the bad ones.
    pub bad_at_most: f64,
    pub side: Side,
    /// Whether the limit itself is kept.
    pub included: bool,
}

impl Limit {
    /// Whether a measured bad value lies beyond.
    pub fn is_broken_by(self, bad: f64) -> bool {
        bad > self.bad_at_most || (!self.included && bad >= self.bad_at_most)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    pub measure: Measure,
    pub limit: Limit,
    #[serde(with = "span")]
    pub window: Duration,
}

/// Fails when the measured value lies beyond its limit for the whole window, with enough samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trigger {
    pub measure: Measure,
    pub limit: Limit,
    #[serde(with = "span")]
    pub window: Duration,
    pub minimum_sample: u64,
    /// The objective that chance must not explain the measured share with.
    pub objective: Option<String>,
    pub action: Action,
}

/// So many times the budget of the availability objective, in both windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BurnRate {
    pub times: f64,
    #[serde(with = "span")]
    pub short: Duration,
    #[serde(with = "span")]
    pub long: Duration,
    pub action: Action,
}

/// How much worse than the stable version the canary may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonRule {
    pub measure: Measure,
    /// 1 or more.
    pub times_stable: f64,
    pub action: Action,
}

/// What a promotion asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Criterion {
    pub measure: Measure,
    pub limit: Limit,
    /// None for the whole stage.
    #[serde(with = "span::optional")]
    pub window: Option<Duration>,
    pub minimum_sample: u64,
    /// When it is proven that it fails.
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Telemetry {
    #[serde(with = "span")]
    pub stale_after: Duration,
    /// Of the requests that the router sent, so many must have been counted.
    pub counted_at_least: f64,
    /// Milliseconds, ascending.
    pub latency_edges_ms: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// The chance of a false rollback: of all looks and all rules together.
    pub alpha: f64,
    /// Between two looks, at least.
    #[serde(with = "span")]
    pub look_every: Duration,
    pub power: f64,
    pub detectable_rate: f64,
    /// Of a single look at the end of a stage.
    pub promotion_alpha: f64,
}
