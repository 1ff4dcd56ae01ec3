//! What a promotion asks.

use super::{Case, shares};
use crate::{
    policy::{Criterion, MeasureKind},
    snapshot::Window,
    statistics::{ConfidenceSequence, Tally, first_that_holds, upper_tail},
    verdict::{Action, Rule, RuleKind, Side, Status},
};

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let criteria = case.policy.criteria.iter();
    criteria
        .map(|(name, criterion)| {
            let name = format!("criterion.{name}");
            let rule = Rule::new(name, RuleKind::Criterion, criterion.action);
            match criterion.measure.kind() {
                MeasureKind::Share => share(case, rule, criterion),
                MeasureKind::Peak | MeasureKind::Count => {
                    let window = window_of(criterion);
                    shares::level(case, rule, window, criterion.measure, criterion.limit)
                }
            }
        })
        .collect()
}

fn window_of(criterion: &Criterion) -> Window {
    criterion.window.map_or(Window::Stage, Window::Last)
}

/// Proven to fail for all looks together, it does what its action says; as far as this single look shows, it holds.
fn share(case: &Case<'_>, rule: Rule, criterion: &Criterion) -> Rule {
    let (measure, need) = (criterion.measure, criterion.minimum_sample);
    let found = shares::tally_for(case, rule, window_of(criterion), measure, need);
    let (mut rule, tally) = match found {
        Ok(found) => found,
        Err(rule) => return *rule,
    };
    let alpha = case.alpha(window_of(criterion));
    let limit = criterion.limit.bad_at_most;
    let sequence = ConfidenceSequence::expecting(case.policy.bad_rate(limit));
    let proven = sequence.excludes_up_to(tally, limit, alpha);
    let looks_bad = |failures| looks_bad(case, Tally::new(failures, tally.n), limit);
    let (lower, upper) = (
        sequence.lower_bound(tally, alpha),
        sequence.upper_bound(tally, alpha),
    );
    let failed = proven || looks_bad(tally.failures);
    if failed && !proven {
        rule.action = Action::Hold;
    }
    let fewest = if proven {
        sequence.fewest_failures(tally.n, limit, alpha)
    } else {
        first_that_holds(1, tally.n, looks_bad)
    };
    let enough = tally.n >= need;
    let rule = rule
        .counted(tally, (tally.n > 0).then(|| tally.share()))
        .within(lower, upper, alpha, true)
        .bounded(Side::AtMost, limit)
        .with_status(if failed {
            Status::Failed
        } else {
            Status::Passed
        })
        .flipped_by_failures(
            fewest,
            if enough {
                Status::Passed
            } else {
                Status::Undecided
            },
        )
        .said_as(criterion.limit);
    if failed || enough {
        return rule;
    }
    rule.waiting(case.missing(measure, Some(tally.n), need))
}

fn looks_bad(case: &Case<'_>, tally: Tally, limit: f64) -> bool {
    tally.share() > limit
        && upper_tail(tally.failures, tally.n, limit) < case.policy.statistics.promotion_alpha
}
