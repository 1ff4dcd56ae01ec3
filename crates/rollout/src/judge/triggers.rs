//! What sends a canary back before its time.

use super::{Case, shares};
use crate::{
    policy::{MeasureKind, Trigger},
    snapshot::Window,
    statistics::{Tally, first_that_holds, lower_bound, upper_bound, upper_tail},
    verdict::{Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let triggers = case.policy.triggers.iter();
    triggers
        .map(|(name, trigger)| {
            let name = format!("trigger.{name}");
            let rule = Rule::new(name, RuleKind::Trigger, trigger.action);
            let window = Window::Last(trigger.window);
            match trigger.measure.kind() {
                MeasureKind::Share => share(case, rule, trigger),
                MeasureKind::Peak | MeasureKind::Count => {
                    shares::level(case, rule, window, trigger.measure, trigger.limit)
                }
            }
        })
        .collect()
}

fn share(case: &Case<'_>, rule: Rule, trigger: &Trigger) -> Rule {
    let window = Window::Last(trigger.window);
    let found = shares::tally_for(case, rule, window, trigger.measure, trigger.minimum_sample);
    let (rule, tally) = match found {
        Ok(found) => found,
        Err(rule) => return *rule,
    };
    let alpha = case.alpha(window);
    let holds = |failures| fires(case, trigger, Tally::new(failures, tally.n));
    let (lower, upper) = (lower_bound(tally, alpha), upper_bound(tally, alpha));
    rule.counted(tally, (tally.n > 0).then(|| tally.share()))
        .within(lower, upper, alpha, false)
        .bounded(Side::AtMost, trigger.limit.bad_at_most)
        .with_status(if holds(tally.failures) {
            Status::Failed
        } else {
            Status::Passed
        })
        .flipped_by_failures(first_that_holds(1, tally.n, holds), Status::Passed)
        .said_as(trigger.limit)
}

/// The measured share is beyond the limit, the sample is large enough, and chance does not explain it: not while the objective
/// is kept or, where there is none, while the limit is.
fn fires(case: &Case<'_>, trigger: &Trigger, tally: Tally) -> bool {
    let objective = trigger.objective.as_ref();
    let allowed = objective
        .and_then(|name| case.policy.objectives.get(name))
        .map_or(trigger.limit.bad_at_most, |objective| {
            objective.limit.bad_at_most
        });
    tally.n >= trigger.minimum_sample
        && trigger.limit.is_broken_by(tally.share())
        && upper_tail(tally.failures, tally.n, allowed) < case.alpha(Window::Last(trigger.window))
}
