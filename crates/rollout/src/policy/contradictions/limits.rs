//! Limits of the same measure must not undo each other.

use crate::policy::{AVAILABILITY, Limit, Measure, MeasureKind, Policy, problem::Problem};

pub(super) fn objectives(policy: &Policy, problems: &mut Vec<Problem>) {
    let Some(availability) = policy.objectives.get(AVAILABILITY) else {
        return;
    };
    let budget = availability.limit.bad_at_most;
    for (name, objective) in &policy.objectives {
        let key = format!("objectives.{name}");
        if objective.measure.kind() != MeasureKind::Share {
            let reason = "must be a share: an objective is a part of all requests";
            problems.push(Problem::invalid(format!("{key}.measure"), reason));
        }
        let errors = objective.measure == Measure::ServerErrors;
        if errors && objective.limit.bad_at_most > budget && objective.window >= availability.window
        {
            let reason = "who keeps the one spends more than the budget of the other";
            problems.push(Problem::contradiction(
                key,
                "objectives.availability",
                reason,
            ));
        }
    }
    if availability.measure != Measure::Unavailable {
        let reason = "must be `unavailable`";
        problems.push(Problem::invalid("objectives.availability.measure", reason));
    }
    if policy.statistics.detectable_rate <= budget {
        problems.push(Problem::contradiction(
            "statistics.detectable_rate",
            "objectives.availability",
            "a canary that keeps the objective would be bad",
        ));
    }
}

/// Nothing may be promoted that a trigger sends back.
pub(super) fn criteria(policy: &Policy, problems: &mut Vec<Problem>) {
    if policy.criteria.is_empty() {
        problems.push(Problem::invalid("criteria", "must not be empty"));
    }
    for (name, criterion) in &policy.criteria {
        for (other, trigger) in &policy.triggers {
            let allowed = (criterion.measure, criterion.limit);
            if looser(allowed, (trigger.measure, trigger.limit)) {
                problems.push(Problem::contradiction(
                    format!("criteria.{name}"),
                    format!("triggers.{other}"),
                    "the criterion allows what the trigger sends back",
                ));
            }
        }
    }
}

/// Nothing may be sent back that keeps its objective.
pub(super) fn triggers(policy: &Policy, problems: &mut Vec<Problem>) {
    for (name, trigger) in &policy.triggers {
        let key = format!("triggers.{name}");
        for (other, objective) in &policy.objectives {
            let allowed = (objective.measure, objective.limit);
            if looser(allowed, (trigger.measure, trigger.limit)) {
                let reason = "the trigger sends back what keeps the objective";
                let other = format!("objectives.{other}");
                problems.push(Problem::contradiction(key.as_str(), other, reason));
            }
        }
        let Some(other) = &trigger.objective else {
            continue;
        };
        let key = format!("{key}.objective");
        match policy.objectives.get(other) {
            None => problems.push(Problem::invalid(key, "is no objective of this policy")),
            Some(objective) if objective.measure != trigger.measure => {
                problems.push(Problem::contradiction(
                    key,
                    format!("objectives.{other}.measure"),
                    "they measure different things",
                ));
            }
            Some(_) => {}
        }
    }
}

/// Whether the first limit lets pass what the second does not.
fn looser(first: (Measure, Limit), second: (Measure, Limit)) -> bool {
    let more = first.1.bad_at_most > second.1.bad_at_most;
    match (first.0, second.0) {
        (
            Measure::SlowRequests {
                slower_than_ms: first,
            },
            Measure::SlowRequests {
                slower_than_ms: second,
            },
        ) => first > second || (first == second && more),
        (first, second) => first == second && more,
    }
}
