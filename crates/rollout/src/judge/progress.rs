//! Whether a stage has lasted long enough and seen enough.

use super::Case;
use crate::{
    policy::Measure,
    snapshot::{Component, Window},
    verdict::{Action, Missing, Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> [Rule; 2] {
    [time(case), sample(case)]
}

fn time(case: &Case<'_>) -> Rule {
    let (have, need) = (
        case.snapshot.seconds_in_stage(),
        case.stage.at_least.as_secs(),
    );
    let mut rule = Rule::new("time.stage".to_owned(), RuleKind::Time, Action::Hold);
    rule.window = Some(Window::Stage.to_string());
    rule.value = Some(have as f64);
    let rule = rule.bounded(Side::AtLeast, need as f64);
    if have >= need {
        return rule;
    }
    rule.flipped_by(
        "seconds in the stage",
        Side::AtLeast,
        need as f64,
        Status::Passed,
    )
    .waiting(Missing {
        what: "seconds in the stage".to_owned(),
        have: Some(have),
        need,
        about_seconds: Some(need - have),
    })
}

/// The sample in which a canary with the detectable error rate would have been seen.
fn sample(case: &Case<'_>) -> Rule {
    let measure = Measure::Unavailable;
    let mut rule = Rule::new("sample.canary".to_owned(), RuleKind::Sample, Action::Hold);
    rule.window = Some(Window::Stage.to_string());
    rule.queries = case.queries("canary", Window::Stage, measure);
    // Rates that cannot be told apart are nothing to promote on: then nothing is enough.
    let need = case.policy.planned_sample().unwrap_or(u64::MAX);
    let have = match case.canary(Window::Stage, measure) {
        Component::Present(tally) => Some(tally.n),
        Component::Missing | Component::NotConfigured => None,
    };
    rule.n = have;
    rule.value = have.map(|have| have as f64);
    let rule = rule.bounded(Side::AtLeast, need as f64);
    if have.is_some_and(|have| have >= need) {
        return rule;
    }
    rule.flipped_by("requests", Side::AtLeast, need as f64, Status::Passed)
        .waiting(case.missing(measure, have, need))
}
