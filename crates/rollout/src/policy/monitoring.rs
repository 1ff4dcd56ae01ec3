//! What watches the service between and during releases: what is recorded of it, and when somebody is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Policy, Trigger};
use crate::statistics::{first_that_holds, upper_tail};

mod contradictions;
mod kinds;
mod read;
#[cfg(test)]
mod tests;

pub(super) use contradictions::find;
pub(super) use read::monitoring;

/// The alert that always fires: whoever no longer gets it knows that no alert would arrive.
pub const WATCHDOG: &str = "Watchdog";

/// Everything that recording rules, alerts and dashboards need and no verdict does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Monitoring {
    /// The `job` label of the scraped servers.
    pub job: String,
    /// URLs without a slash at the end.
    pub runbooks: String,
    pub dashboards: String,
    /// Of the dead man's switch that gets [`WATCHDOG`].
    pub heartbeat: String,
    pub scrape_every: Duration,
    pub evaluate_every: Duration,
    /// Windows as long as this and longer are evaluated less often.
    pub long_window: Duration,
    pub evaluate_long_windows_every: Duration,
    /// What objectives are recorded over, besides the windows of alerts; ascending.
    pub windows: Vec<Duration>,
    pub autoscaling_window: Duration,
    /// Templates of routes, as the `route` label has them.
    pub probe_routes: Vec<String>,
    /// Not held to the latency objective.
    pub slow_routes: Vec<String>,
    pub searches: Vec<Operation>,
    pub recommendations: Vec<Operation>,
    pub alerts: BTreeMap<String, Alert>,
}

/// A method and the template of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub method: String,
    pub route: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub severity: Severity,
    pub condition: Condition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Somebody is woken.
    Critical,
    /// Somebody looks at it on a working day.
    Warning,
    /// No person is told.
    None,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::None => "none",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// That of a trigger: the share over the window, or over the trigger's duration at once where there is none.
    Trigger {
        name: String,
        window: Option<Duration>,
    },
    /// A criterion that is not kept in the window, for so long.
    Criterion {
        name: String,
        window: Duration,
        pending: Duration,
    },
    BurnRate {
        times: f64,
        /// Requests in the long window.
        minimum_sample: u64,
        /// Of them, failed ones.
        minimum_bad: u64,
    },
    Own(Own),
}

/// The numbers of an alert that no release is judged by. What its kind does not know is 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Own {
    pub above: f64,
    pub window: Duration,
    /// How long it must hold.
    pub pending: Duration,
    pub minimum_sample: u64,
    pub age: Duration,
}

impl Policy {
    /// The fewest failures of the smallest sample that chance does not explain while the objective, or else the limit, is kept.
    pub fn failures_beyond_chance(&self, trigger: &Trigger) -> u64 {
        let objective = trigger.objective.as_ref();
        let objective = objective.and_then(|name| self.objectives.get(name));
        let allowed = objective.map_or(trigger.limit, |objective| objective.limit);
        let (n, alpha) = (trigger.minimum_sample, self.alpha_of_each());
        let is_no_chance = |failures| upper_tail(failures, n, allowed.bad_at_most) < alpha;
        first_that_holds(1, n, is_no_chance).unwrap_or(n)
    }

    /// Every edge of the histogram at which latency is judged, in milliseconds.
    pub fn judged_edges_ms(&self) -> BTreeSet<u32> {
        let measures = self.measures().into_iter();
        measures
            .filter_map(|(_, measure)| match measure {
                super::Measure::SlowRequests { slower_than_ms } => Some(slower_than_ms),
                _ => None,
            })
            .collect()
    }
}
