//! The steps by which a release gets its traffic.

use std::time::Duration;

use serde::Serialize;

use crate::span;

/// One step of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    pub name: String,
    /// The canary's part of all traffic, 1 to 100.
    pub weight_percent: u8,
    /// Evidence is gathered at least this long before a promotion.
    #[serde(with = "span")]
    pub at_least: Duration,
    /// A stage that was not promoted by then has failed; none where an operator may wait as long as they like.
    #[serde(with = "span::optional")]
    pub at_most: Option<Duration>,
}

impl Stage {
    /// The canary's part of all traffic, above 0 and at most 1.
    pub fn weight(&self) -> f64 {
        f64::from(self.weight_percent) / 100.0
    }
}
