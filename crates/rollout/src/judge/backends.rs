//! What the router sees of the canary: true even when its telemetry is gone.

use super::Case;
use crate::{
    policy::Measure,
    snapshot::{Component, Window},
    statistics::{ConfidenceSequence, Tally},
    verdict::{Action, Missing, Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> [Rule; 2] {
    [ready(case), answering(case)]
}

fn ready(case: &Case<'_>) -> Rule {
    let mut rule = new("ready");
    rule.queries
        .extend(case.snapshot.queries.get("canary/ready_backends").cloned());
    match case.snapshot.canary.ready_backends {
        Component::NotConfigured => rule.with_status(Status::NotApplicable),
        Component::Missing => rule.waiting(Missing {
            what: "the router's count of ready backends".to_owned(),
            have: None,
            need: 1,
            about_seconds: None,
        }),
        Component::Present(count) => {
            rule.value = Some(f64::from(count));
            let (status, side, edge, to) = if count == 0 {
                (Status::Failed, Side::AtLeast, 1.0, Status::Passed)
            } else {
                (Status::Passed, Side::AtMost, 0.0, Status::Failed)
            };
            rule.bounded(Side::AtLeast, 1.0)
                .with_status(status)
                .flipped_by("ready backends", side, edge, to)
        }
    }
}

/// Requests that were sent and never answered, against the availability budget.
fn answering(case: &Case<'_>) -> Rule {
    let mut rule = new("answering");
    rule.window = Some(Window::Stage.to_string());
    rule.queries = case.queries("canary", Window::Stage, Measure::Unavailable);
    let counts = case.snapshot.canary.counts(Window::Stage);
    let (sent, unanswered) = counts.map_or((Component::Missing, Component::Missing), |counts| {
        (counts.sent, counts.unanswered)
    });
    let (sent, unanswered) = match (sent, unanswered) {
        (Component::Present(sent), Component::Present(unanswered)) => (sent, unanswered),
        (Component::NotConfigured, _) | (_, Component::NotConfigured) => {
            return rule.with_status(Status::NotApplicable);
        }
        _ => {
            return rule.waiting(Missing {
                what: "the router's count of canary requests".to_owned(),
                have: None,
                need: 1,
                about_seconds: None,
            });
        }
    };
    let (budget, alpha) = (case.policy.budget(), case.alpha(Window::Stage));
    let tally = Tally::new(unanswered, sent);
    let sequence = ConfidenceSequence::expecting(case.policy.bad_rate(budget));
    let failed = sequence.excludes_up_to(tally, budget, alpha);
    let (lower, upper) = (
        sequence.lower_bound(tally, alpha),
        sequence.upper_bound(tally, alpha),
    );
    rule.counted(tally, Some(tally.share()))
        .within(lower, upper, alpha, true)
        .bounded(Side::AtMost, budget)
        .with_status(if failed {
            Status::Failed
        } else {
            Status::Passed
        })
        .flipped_by_failures(
            sequence.fewest_failures(tally.n, budget, alpha),
            Status::Passed,
        )
}

fn new(name: &str) -> Rule {
    let name = format!("backends.canary.{name}");
    Rule::new(name, RuleKind::Backends, Action::RollbackAtOnce)
}
