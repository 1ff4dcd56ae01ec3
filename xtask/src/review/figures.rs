//! The figures of a review: what was aimed at, what came out, and of how many that is.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::routine::Duty;

/// The version of the JSON form.
const SCHEMA: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Review {
    schema: u32,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) measures: Vec<Measure>,
    pub(super) budget: Option<Budget>,
    pub(super) capacity: Vec<Peak>,
    pub(super) incidents: Vec<Incident>,
    /// Empty for stretches of less than 30 days.
    pub(super) monthly: Vec<Duty>,
}

impl Review {
    pub(super) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self {
            schema: SCHEMA,
            from,
            to,
            measures: Vec::new(),
            budget: None,
            capacity: Vec::new(),
            incidents: Vec::new(),
            monthly: Vec::new(),
        }
    }
}

/// Something that the plan has a goal for, or that belongs beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    /// `None`: nothing happened that it could be measured by.
    pub(super) value: Option<f64>,
    pub(super) unit: Unit,
    /// Of how many.
    pub(super) n: u64,
    pub(super) goal: Option<Goal>,
    pub(super) is_met: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    /// A part of 1.
    Share,
    Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    Above(f64),
    Below(f64),
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::Above(bound) => value > bound,
            Self::Below(bound) => value < bound,
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl Measure {
    /// A part of so many; none of nothing.
    pub(super) fn share(name: &'static str, part: f64, all: f64, goal: Option<Goal>) -> Self {
        let value = (all >= 0.5).then(|| (part / all).clamp(0.0, 1.0));
        Self::new(name, value, Unit::Share, rounded(all), goal)
    }

    pub(super) fn seconds(
        name: &'static str,
        value: Option<f64>,
        n: usize,
        goal: Option<Goal>,
    ) -> Self {
        Self::new(name, value, Unit::Seconds, n as u64, goal)
    }

    fn new(name: &'static str, value: Option<f64>, unit: Unit, n: u64, goal: Option<Goal>) -> Self {
        Self {
            name,
            value,
            unit,
            n,
            goal,
            is_met: goal.zip(value).map(|(goal, value)| goal.is_met_by(value)),
        }
    }
}

/// Of the availability objective, as if the stretch were all its window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Budget {
    /// Requests that might fail in the stretch.
    pub(super) allowed: f64,
    pub(super) failed: f64,
}

impl Budget {
    pub(super) fn spent(self) -> f64 {
        self.failed / self.allowed
    }
}

/// The most of something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Peak {
    pub(super) name: &'static str,
    pub(super) value: Option<f64>,
    pub(super) unit: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Incident {
    pub(super) alert: String,
    /// As in the policy.
    pub(super) severity: &'static str,
    pub(super) minutes: f64,
}

/// Counts of `increase` are no whole numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "is bounded before"
)]
fn rounded(count: f64) -> u64 {
    count.round().clamp(0.0, 1e15) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_meets_and_misses_nothing() {
        let none = Measure::share("a", 0.0, 0.0, Some(Goal::AtLeast(0.5)));
        assert_eq!((none.value, none.n, none.is_met), (None, 0, None));
        let met = Measure::share("a", 99.0, 100.2, Some(Goal::Above(0.95)));
        assert_eq!((met.n, met.is_met), (100, Some(true)));
        let missed = Measure::share("a", 95.0, 100.0, Some(Goal::Above(0.95)));
        assert_eq!(missed.is_met, Some(false));
        let kept = Measure::share("a", 5.0, 100.0, Some(Goal::AtMost(0.05)));
        assert_eq!(kept.is_met, Some(true));
        let slow = Measure::seconds("a", Some(900.0), 1, Some(Goal::Below(900.0)));
        assert_eq!(slow.is_met, Some(false));
        let late = Measure::seconds("a", None, 0, Some(Goal::Below(900.0)));
        assert_eq!(late.is_met, None);
        // What is guessed at the edges may exceed its whole.
        let whole = Measure::share("a", 10.1, 10.0, None);
        assert_eq!((whole.value, whole.is_met), (Some(1.0), None));
    }
}
