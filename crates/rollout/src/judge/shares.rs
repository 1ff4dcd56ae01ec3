//! What rules about a single value have in common.

use super::Case;
use crate::{
    policy::{Limit, Measure, MeasureKind},
    snapshot::{Component, Window},
    statistics::Tally,
    verdict::{Rule, Side, Status},
};

/// The tally of a rule, or the rule itself when there is none to judge.
pub(super) fn tally_for(
    case: &Case<'_>,
    rule: Rule,
    window: Window,
    measure: Measure,
    need: u64,
) -> Result<(Rule, Tally), Box<Rule>> {
    let rule = described(case, rule, window, measure);
    match case.canary(window, measure) {
        Component::Present(tally) => Ok((rule, tally)),
        Component::NotConfigured => Err(Box::new(rule.with_status(Status::NotApplicable))),
        Component::Missing => {
            let missing = case.missing(measure, None, need);
            Err(Box::new(rule.waiting(missing)))
        }
    }
}

/// A peak or a number of events against its limit.
pub(super) fn level(
    case: &Case<'_>,
    rule: Rule,
    window: Window,
    measure: Measure,
    limit: Limit,
) -> Rule {
    let mut rule = described(case, rule, window, measure);
    let value = match case.level(window, measure) {
        Component::NotConfigured => return rule.with_status(Status::NotApplicable),
        // What is no number is no measurement.
        Component::Present(value) if !value.is_nan() => value,
        Component::Missing | Component::Present(_) => {
            return rule.waiting(case.missing(measure, None, 1));
        }
    };
    rule.value = Some(value);
    let (rule, edge) = (
        rule.bounded(Side::AtMost, limit.bad_at_most),
        limit.bad_at_most,
    );
    if limit.is_broken_by(value) {
        rule.with_status(Status::Failed).flipped_by(
            measure.name(),
            Side::AtMost,
            edge,
            Status::Passed,
        )
    } else {
        let next = match measure.kind() {
            MeasureKind::Count => edge + 1.0,
            MeasureKind::Share | MeasureKind::Peak => edge,
        };
        rule.flipped_by(measure.name(), Side::AtLeast, next, Status::Failed)
    }
}

fn described(case: &Case<'_>, mut rule: Rule, window: Window, measure: Measure) -> Rule {
    rule.window = Some(window.to_string());
    rule.queries = case.queries("canary", window, measure);
    rule
}
