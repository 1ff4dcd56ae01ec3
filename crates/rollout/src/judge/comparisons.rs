//! Canary against stable, in the same time and under the same load.

use super::Case;
use crate::{
    policy::ComparisonRule,
    snapshot::{Component, Window},
    statistics::{Comparison, Tally, first_that_holds, fisher_greater},
    verdict::{Action, Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (name, wanted) in &case.policy.comparisons {
        let sequence = Rule::new(
            format!("comparison.{name}"),
            RuleKind::Comparison,
            wanted.action,
        );
        let name = format!("comparison.{name}.at_promotion");
        let look = Rule::new(name, RuleKind::Comparison, Action::Hold);
        match found(case, wanted) {
            Component::Present(found) => {
                rules.push(at_any_time(
                    case,
                    described(case, sequence, wanted),
                    wanted,
                    found,
                ));
                rules.push(at_promotion(
                    case,
                    described(case, look, wanted),
                    wanted,
                    found,
                ));
            }
            Component::NotConfigured => {
                rules.extend([sequence, look].map(|rule| rule.with_status(Status::NotApplicable)));
            }
            Component::Missing => rules.extend([sequence, look].map(|rule| {
                let missing = case.missing(wanted.measure, None, 1);
                described(case, rule, wanted).waiting(missing)
            })),
        }
    }
    rules
}

fn found(case: &Case<'_>, wanted: &ComparisonRule) -> Component<Comparison> {
    if !case.has_stable() {
        return Component::NotConfigured;
    }
    let canary = case.canary(Window::Stage, wanted.measure);
    let stable = case.stable(Window::Stage, wanted.measure);
    match (canary, stable) {
        (Component::NotConfigured, _) | (_, Component::NotConfigured) => Component::NotConfigured,
        (Component::Present(canary), Component::Present(stable))
            if canary.n > 0 && stable.n > 0 =>
        {
            Component::Present(Comparison { canary, stable })
        }
        _ => Component::Missing,
    }
}

/// Valid however often one looks.
fn at_any_time(case: &Case<'_>, rule: Rule, wanted: &ComparisonRule, found: Comparison) -> Rule {
    let alpha = case.alpha(Window::Stage);
    let failed = found.excludes_up_to(wanted.times_stable, alpha);
    let fewest = found.fewest_failures(wanted.times_stable, alpha);
    let (lower, upper) = found.interval(alpha);
    rule.counted(found.canary, found.ratio())
        .within(lower, upper, alpha, true)
        .with_status(if failed {
            Status::Failed
        } else {
            Status::Passed
        })
        .flipped_by_failures(fewest, Status::Passed)
}

/// The one look that ends a stage sees smaller differences.
fn at_promotion(case: &Case<'_>, rule: Rule, wanted: &ComparisonRule, found: Comparison) -> Rule {
    let fails = |failures| {
        let canary = Tally::new(failures, found.canary.n);
        let times = wanted.times_stable * found.stable.share();
        canary.share() > times
            && fisher_greater(canary, found.stable) < case.policy.statistics.promotion_alpha
    };
    let failed = fails(found.canary.failures);
    rule.counted(found.canary, found.ratio())
        .with_status(if failed {
            Status::Failed
        } else {
            Status::Passed
        })
        .flipped_by_failures(first_that_holds(1, found.canary.n, fails), Status::Passed)
}

fn described(case: &Case<'_>, mut rule: Rule, wanted: &ComparisonRule) -> Rule {
    rule.window = Some(Window::Stage.to_string());
    rule.queries = case.queries("canary", Window::Stage, wanted.measure);
    rule.queries
        .extend(case.queries("stable", Window::Stage, wanted.measure));
    rule.bounded(Side::AtMost, wanted.times_stable)
}
