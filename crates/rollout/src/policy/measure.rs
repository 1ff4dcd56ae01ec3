//! What can be measured of a version.

use std::fmt;

use serde::{Serialize, Serializer};

/// Each counts something bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Requests answered with a 5xx, or sent by the router and never answered.
    Unavailable,
    ServerErrors,
    /// Requests above this edge of the histogram.
    SlowRequests {
        slower_than_ms: u32,
    },
    SearchErrors,
    RecommendationErrors,
    AiFailures,
    AiFallbacks,
    AgentTaskFailures,
    CacheMisses,
    PoolUse,
    Memory,
    SecurityViolations,
    Restarts,
}

/// How a measure is held against its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// Bad ones among all: chance plays its part.
    Share,
    /// The highest part of a limit.
    Peak,
    /// How often something happened.
    Count,
}

const NAMES: [(&str, Measure); 13] = [
    ("unavailable", Measure::Unavailable),
    ("server_errors", Measure::ServerErrors),
    ("slow_requests", Measure::SlowRequests { slower_than_ms: 0 }),
    ("search_errors", Measure::SearchErrors),
    ("recommendation_errors", Measure::RecommendationErrors),
    ("ai_failures", Measure::AiFailures),
    ("ai_fallbacks", Measure::AiFallbacks),
    ("agent_task_failures", Measure::AgentTaskFailures),
    ("cache_misses", Measure::CacheMisses),
    ("pool_use", Measure::PoolUse),
    ("memory", Measure::Memory),
    ("security_violations", Measure::SecurityViolations),
    ("restarts", Measure::Restarts),
];

impl Measure {
    /// By its name in the policy; the edge of slow requests is not known yet and 0.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (_, measure) = NAMES.into_iter().find(|(known, _)| *known == name)?;
        Some(measure)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().map(|(name, _)| name)
    }

    pub fn kind(self) -> MeasureKind {
        match self {
            Self::PoolUse | Self::Memory => MeasureKind::Peak,
            Self::SecurityViolations | Self::Restarts => MeasureKind::Count,
            Self::Unavailable
            | Self::ServerErrors
            | Self::SlowRequests { .. }
            | Self::SearchErrors
            | Self::RecommendationErrors
            | Self::AiFailures
            | Self::AiFallbacks
            | Self::AgentTaskFailures
            | Self::CacheMisses => MeasureKind::Share,
        }
    }

    /// The name without the edge.
    pub fn name(self) -> &'static str {
        let without_edge = match self {
            Self::SlowRequests { .. } => Self::SlowRequests { slower_than_ms: 0 },
            other => other,
        };
        NAMES
            .into_iter()
            .find(|(_, known)| *known == without_edge)
            .map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlowRequests { slower_than_ms } => {
                write!(formatter, "slow_requests_{slower_than_ms}ms")
            }
            other => formatter.write_str(other.name()),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_is_found_by_its_name() {
        for name in Measure::names() {
            assert_eq!(Measure::named(name).unwrap().name(), name);
        }
        assert_eq!(Measure::named("mood"), None);
        let slow = Measure::SlowRequests {
            slower_than_ms: 220,
        };
        assert_eq!(slow.name(), "slow_requests");
        assert_eq!(slow.to_string(), "slow_requests_220ms");
    }
}
