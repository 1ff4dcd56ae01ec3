//! How fast the canary burns the availability budget: proven in the long window, and still so in the short one.

use super::{Case, shares};
use crate::{
    policy::{BurnRate, Measure},
    snapshot::{Component, Window},
    statistics::ConfidenceSequence,
    verdict::{Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let rates = case.policy.burn_rates.iter();
    rates.map(|rate| burn_rate(case, rate)).collect()
}

fn burn_rate(case: &Case<'_>, rate: &BurnRate) -> Rule {
    let name = format!("burn_rate.{}", rate.times);
    let rule = Rule::new(name, RuleKind::BurnRate, rate.action);
    let (short, long) = (Window::Last(rate.short), Window::Last(rate.long));
    let (mut rule, tally) = match shares::tally_for(case, rule, long, Measure::Unavailable, 1) {
        Ok(found) => found,
        Err(rule) => return *rule,
    };
    let lately = match case.canary(short, Measure::Unavailable) {
        Component::Present(tally) => tally,
        Component::NotConfigured | Component::Missing => {
            return rule.waiting(case.missing(Measure::Unavailable, None, 1));
        }
    };
    rule.queries
        .extend(case.queries("canary", short, Measure::Unavailable));
    rule.window = Some(format!("{short}/{long}"));
    let (budget, alpha) = (case.policy.budget(), case.alpha(long));
    let allowed = rate.times * budget;
    let sequence = ConfidenceSequence::expecting(case.policy.bad_rate(allowed));
    let proven = sequence.excludes_up_to(tally, allowed, alpha);
    let goes_on = lately.share() > allowed;
    let fewest = sequence.fewest_failures(tally.n, allowed, alpha);
    let burning = |share: f64| share / budget;
    let (lower, upper) = (
        sequence.lower_bound(tally, alpha),
        sequence.upper_bound(tally, alpha),
    );
    let rule = rule
        .counted(tally, (tally.n > 0).then(|| burning(tally.share())))
        .within(burning(lower), burning(upper), alpha, true)
        .bounded(Side::AtMost, rate.times);
    match (proven, goes_on) {
        (true, true) => rule
            .with_status(Status::Failed)
            .flipped_by_failures(fewest, Status::Passed),
        (false, _) => rule.flipped_by_failures(fewest, Status::Passed),
        // It is over, but it was: one more bad minute is enough.
        (true, false) => {
            let more = (allowed * lately.n as f64).floor() + 1.0;
            let what = "failures in the short window";
            rule.flipped_by(what, Side::AtLeast, more, Status::Failed)
        }
    }
}
