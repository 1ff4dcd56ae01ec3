//! How traffic is split between both versions, and who splits it.

use std::error::Error;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The parts of all traffic in percent. They always sum to 100: only the canary's is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Weights {
    canary: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    canary: u8,
    stable: u8,
}

/// Parts that are no whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a canary's {canary} % and a stable version's {stable} % are not 100 %")]
pub struct NotAWhole {
    pub canary: u8,
    pub stable: u8,
}

impl Weights {
    pub const ALL_STABLE: Self = Self { canary: 0 };
    pub const ALL_CANARY: Self = Self { canary: 100 };

    /// None above 100 %.
    pub fn with_canary(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self { canary: percent })
    }

    pub fn canary(self) -> u8 {
        self.canary
    }

    pub fn stable(self) -> u8 {
        100 - self.canary
    }
}

impl From<Weights> for Parts {
    fn from(weights: Weights) -> Self {
        Self {
            canary: weights.canary(),
            stable: weights.stable(),
        }
    }
}

impl TryFrom<Parts> for Weights {
    type Error = NotAWhole;

    fn try_from(Parts { canary, stable }: Parts) -> Result<Self, NotAWhole> {
        Self::with_canary(canary)
            .filter(|weights| weights.stable() == stable)
            .ok_or(NotAWhole { canary, stable })
    }
}

/// What a controller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub weights: Weights,
    /// Whether the canary may get more than it has: such an order waits until its intent is written and recorded. Any other is
    /// given whatever else fails.
    pub raises: bool,
}

/// What a controller was seen to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    pub weights: Weights,
    pub at: DateTime<Utc>,
}

/// An order or a question that failed. Whether an order was carried out is unknown then.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    #[error("the traffic controller does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Such as traffic for a version without a ready backend.
    #[error("the traffic controller refuses {canary} % for the canary", canary = .weights.canary())]
    Refused {
        weights: Weights,
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// Sends each version its part of the traffic.
pub trait Controller {
    /// The weights in effect, asked anew each time.
    ///
    /// # Errors
    ///
    /// When nobody knows.
    fn weights(&self) -> Result<Weights, ControllerError>;

    /// Puts the weights into effect, all at once; the same weights again change nothing. Traffic for a version that has no ready
    /// backend must be refused: the order comes again.
    ///
    /// # Errors
    ///
    /// When the weights may not be in effect.
    fn set(&self, weights: Weights) -> Result<(), ControllerError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_always_sum_to_100() {
        for percent in 0..=100 {
            let weights = Weights::with_canary(percent).unwrap();
            assert_eq!(weights.canary() + weights.stable(), 100);
            let written = serde_json::to_string(&weights).unwrap();
            assert_eq!(serde_json::from_str::<Weights>(&written).unwrap(), weights);
        }
        assert_eq!(Weights::with_canary(101), None);
    }

    #[test]
    fn parts_that_are_no_whole_are_refused() {
        for text in [
            r#"{"canary":5,"stable":94}"#,
            r#"{"canary":101,"stable":0}"#,
            r#"{"canary":200,"stable":156}"#,
            r#"{"canary":5}"#,
            r#"{"canary":5,"stable":95,"other":0}"#,
        ] {
            assert!(serde_json::from_str::<Weights>(text).is_err(), "{text}");
        }
    }
}
