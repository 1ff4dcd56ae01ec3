//! How long each stage must last, at a given traffic, for a bad canary to be seen in it.

use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::{
    policy::{Measure, Policy, Stage},
    span,
    statistics::{Unreachable, sample_for_fixed_test, sample_without_failures},
};

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// The confidence of a proof without failures, as it is usually told.
const PROOF_ALPHA: f64 = 0.05;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    pub schema: u32,
    pub requests_per_second: f64,
    /// The canary's error rate that is seen with the policy's power.
    pub detectable_rate: f64,
    /// The canary requests that the judge's own sequential test takes for it.
    pub sample: u64,
    /// For orientation: the sample of a single exact look with the whole risk.
    pub sample_for_one_look: u64,
    /// For orientation: so many requests without a failure prove the availability objective with 95 % confidence.
    pub sample_without_failures: u64,
    pub stages: Vec<StagePlan>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StagePlan {
    pub stage: Stage,
    pub canary_requests_per_second: f64,
    /// The larger of the planned sample and those that the criteria about requests ask for.
    pub requests_needed: u64,
    /// None when it takes longer than anyone could wait.
    #[serde(with = "span::optional")]
    pub time_needed: Option<Duration>,
    pub sufficient: bool,
    /// Triggers about requests that never see their minimum sample at this traffic.
    pub blind_triggers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    #[error("the traffic must be above 0 requests a second")]
    NoTraffic,
    #[error("the detectable rate cannot be told from the availability objective")]
    Unreachable(#[from] Unreachable),
    #[error("a stage is too short to see a bad canary at this traffic")]
    TooShort(Box<Plan>),
}

/// # Errors
///
/// When a stage would be over before its evidence is there; the whole plan says which and how long it takes.
pub fn plan(policy: &Policy, requests_per_second: f64) -> Result<Plan, PlanError> {
    if !requests_per_second.is_finite() || requests_per_second <= 0.0 {
        return Err(PlanError::NoTraffic);
    }
    let statistics = &policy.statistics;
    let (good, bad) = (policy.budget(), statistics.detectable_rate);
    let sample = policy.planned_sample()?;
    let stages = policy.stages.iter();
    let plan = Plan {
        schema: SCHEMA,
        requests_per_second,
        detectable_rate: bad,
        sample,
        sample_for_one_look: sample_for_fixed_test(good, bad, statistics.alpha, statistics.power)?,
        sample_without_failures: sample_without_failures(good, PROOF_ALPHA),
        stages: stages
            .map(|stage| stage_plan(policy, stage, sample, requests_per_second))
            .collect(),
    };
    if plan.stages.iter().all(|stage| stage.sufficient) {
        Ok(plan)
    } else {
        Err(PlanError::TooShort(Box::new(plan)))
    }
}

fn stage_plan(policy: &Policy, stage: &Stage, sample: u64, requests_per_second: f64) -> StagePlan {
    let rate = requests_per_second * stage.weight();
    let criteria = policy.criteria.values();
    let asked = criteria
        .filter(|criterion| is_about_requests(criterion.measure))
        .map(|criterion| criterion.minimum_sample);
    let requests_needed = asked.max().unwrap_or(0).max(sample);
    let seconds = (requests_needed as f64 / rate).ceil();
    let time_needed = Duration::try_from_secs_f64(seconds).ok();
    let triggers = policy.triggers.iter();
    let blind = triggers.filter(|(_, trigger)| {
        let seen = trigger.window.as_secs_f64() * rate;
        is_about_requests(trigger.measure) && seen < trigger.minimum_sample as f64
    });
    StagePlan {
        stage: stage.clone(),
        canary_requests_per_second: rate,
        requests_needed,
        time_needed,
        sufficient: time_needed.is_some_and(|needed| needed <= stage.at_least),
        blind_triggers: blind.map(|(name, _)| name.clone()).collect(),
    }
}

/// The traffic of all else is not known here.
fn is_about_requests(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Unavailable | Measure::ServerErrors | Measure::SlowRequests { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Policy {
        Policy::parse(include_str!("../../../config/rollout.toml")).unwrap()
    }

    #[test]
    fn two_hundred_requests_a_second_are_plenty() {
        let plan = plan(&shipped(), 200.0).unwrap();
        assert_eq!(plan.sample_for_one_look, 667);
        assert_eq!(plan.sample_without_failures, 2_995);
        assert!((667..2_000).contains(&plan.sample), "{}", plan.sample);
        let canary = &plan.stages[0];
        assert_eq!(canary.canary_requests_per_second, 10.0);
        assert!(canary.time_needed.unwrap() < Duration::from_secs(300));
        assert!(canary.blind_triggers.is_empty());
    }

    #[test]
    fn a_stage_that_ends_too_soon_is_refused_with_the_time_it_takes() {
        let Err(PlanError::TooShort(plan)) = plan(&shipped(), 1.0) else {
            panic!("is refused");
        };
        assert!(!plan.stages[0].sufficient);
        assert!(plan.stages[0].time_needed.unwrap() > plan.stages[0].stage.at_least);
        assert!(plan.stages[2].sufficient);
        let blind = &plan.stages[0].blind_triggers;
        assert_eq!(
            blind[..],
            [
                "availability",
                "availability_of_an_hour",
                "error_rate",
                "latency"
            ]
        );
    }

    #[test]
    fn more_traffic_never_takes_longer() {
        let needed = |rate| {
            plan(&shipped(), rate).unwrap().stages[0]
                .time_needed
                .unwrap()
        };
        assert!(needed(400.0) <= needed(200.0));
        assert!(needed(200.0) <= needed(50.0));
    }

    #[test]
    fn no_traffic_is_no_plan() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(plan(&shipped(), rate), Err(PlanError::NoTraffic));
        }
    }
}
