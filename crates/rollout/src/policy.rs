//! The one place for objectives, windows, thresholds, stages and triggers.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Serialize;

mod contradictions;
mod measure;
mod monitoring;
mod parts;
mod problem;
mod read;
mod section;
mod stages;
#[cfg(test)]
mod tests;

pub use measure::{Measure, MeasureKind};
pub use monitoring::{Alert, Condition, Monitoring, Operation, Own, Severity, WATCHDOG};
pub use parts::{
    BurnRate, ComparisonRule, Criterion, Limit, Objective, Statistics, Telemetry, Trigger,
};
pub use problem::{PolicyError, Problem};
pub use stages::Stage;

use crate::{
    hash,
    statistics::{Unreachable, sample_for_sequence},
    verdict::Action,
};

/// The objective whose budget burns.
const AVAILABILITY: &str = "availability";

/// Valid as a whole: only [`Policy::parse`] makes one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    pub telemetry: Telemetry,
    pub statistics: Statistics,
    pub objectives: BTreeMap<String, Objective>,
    /// In the order of a release.
    pub stages: Vec<Stage>,
    pub triggers: BTreeMap<String, Trigger>,
    pub burn_rates: Vec<BurnRate>,
    pub comparisons: BTreeMap<String, ComparisonRule>,
    pub criteria: BTreeMap<String, Criterion>,
    /// No verdict depends on it, so it is no part of the hash.
    #[serde(skip)]
    pub monitoring: Monitoring,
}

impl Policy {
    /// Reads and validates the text of `rollout.toml`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let table = toml::from_str(text).map_err(|error| PolicyError {
            problems: vec![Problem::Syntax(error.to_string())],
        })?;
        let mut problems = Vec::new();
        let policy = read::policy(table, &mut problems);
        // What could not be read would seem to be missing.
        let is_whole = problems.is_empty();
        if let Some(policy) = &policy {
            contradictions::find(policy, &mut problems);
        }
        if let Some(policy) = policy.as_ref().filter(|_| is_whole) {
            monitoring::find(policy, &mut problems);
        }
        match policy {
            Some(policy) if problems.is_empty() => Ok(policy),
            _ => Err(PolicyError { problems }),
        }
    }

    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The canary requests in which one that fails at the detectable rate is rolled back, with more than the power asked for:
    /// half of the risk to miss it is kept in reserve, as real failures come in clumps.
    ///
    /// # Errors
    ///
    /// Never for a valid policy, unless its rates are all but equal.
    pub fn planned_sample(&self) -> Result<u64, Unreachable> {
        let Statistics {
            detectable_rate,
            power,
            ..
        } = self.statistics;
        let with_reserve = power.midpoint(1.0);
        sample_for_sequence(
            self.budget(),
            detectable_rate,
            self.alpha_of_each(),
            with_reserve,
        )
    }

    /// The same for the same policy, whatever its comments and the order of its keys.
    pub fn hash(&self) -> String {
        hash::of(self)
    }

    /// The part of all requests that may fail by the availability objective.
    pub fn budget(&self) -> f64 {
        self.objectives[AVAILABILITY].limit.bad_at_most
    }

    /// Every window that a snapshot must have, besides the whole stage.
    pub fn windows(&self) -> BTreeSet<Duration> {
        let triggers = self.triggers.values().map(|trigger| trigger.window);
        let burns = self
            .burn_rates
            .iter()
            .flat_map(|rate| [rate.short, rate.long]);
        let criteria = self
            .criteria
            .values()
            .filter_map(|criterion| criterion.window);
        triggers.chain(burns).chain(criteria).collect()
    }

    /// Each rule that can send a canary back by chance has this part of the whole risk.
    pub fn alpha_of_each(&self) -> f64 {
        let shares = |measure: Measure| measure.kind() == MeasureKind::Share;
        let triggers = self
            .triggers
            .values()
            .map(|rule| (rule.measure, rule.action));
        let criteria = self
            .criteria
            .values()
            .map(|rule| (rule.measure, rule.action));
        let comparisons = self
            .comparisons
            .values()
            .map(|rule| (rule.measure, rule.action));
        let burns = self
            .burn_rates
            .iter()
            .map(|rule| (Measure::Unavailable, rule.action));
        let rules = triggers.chain(criteria).chain(comparisons).chain(burns);
        let risky = rules.filter(|(measure, action)| shares(*measure) && *action != Action::Hold);
        // One more for the requests that nobody answered.
        self.statistics.alpha / (risky.count() + 1) as f64
    }

    /// What share of failures a bad canary is expected to have, where so many are allowed.
    pub fn bad_rate(&self, allowed: f64) -> f64 {
        let times = self.statistics.detectable_rate / self.budget();
        (allowed * times).min(0.5)
    }

    /// All measures with the keys of the tables they stand in.
    fn measures(&self) -> Vec<(String, Measure)> {
        let objectives = self
            .objectives
            .iter()
            .map(|(name, rule)| ("objectives", name, rule.measure));
        let triggers = self
            .triggers
            .iter()
            .map(|(name, rule)| ("triggers", name, rule.measure));
        let comparisons = self
            .comparisons
            .iter()
            .map(|(name, rule)| ("comparisons", name, rule.measure));
        let criteria = self
            .criteria
            .iter()
            .map(|(name, rule)| ("criteria", name, rule.measure));
        let all = objectives
            .chain(triggers)
            .chain(comparisons)
            .chain(criteria);
        all.map(|(table, name, measure)| (format!("{table}.{name}"), measure))
            .collect()
    }
}
