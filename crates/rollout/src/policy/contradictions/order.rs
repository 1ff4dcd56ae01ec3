//! Stages and burn rates must stand in an order that makes sense.

use std::collections::HashMap;

use crate::policy::{AVAILABILITY, Policy, problem::Problem};

pub(super) fn stages(policy: &Policy, problems: &mut Vec<Problem>) {
    let Some(last) = policy.stages.last() else {
        problems.push(Problem::invalid("stages", "must not be empty"));
        return;
    };
    if last.weight_percent != 100 {
        let key = format!("stages[{}].weight_percent", policy.stages.len() - 1);
        problems.push(Problem::invalid(
            key,
            "must be 100, as it is the last stage",
        ));
    }
    let mut places = HashMap::new();
    for (index, stage) in policy.stages.iter().enumerate() {
        if let Some(first) = places.insert(&stage.name, index) {
            let (first, second) = (
                format!("stages[{first}].name"),
                format!("stages[{index}].name"),
            );
            problems.push(Problem::contradiction(first, second, "both are alike"));
        }
        if stage.at_most.is_some_and(|most| most < stage.at_least) {
            let least = format!("stages[{index}].at_least");
            let most = format!("stages[{index}].at_most");
            problems.push(Problem::contradiction(least, most, "no time is left"));
        }
    }
    for (index, pair) in policy.stages.windows(2).enumerate() {
        if pair[1].weight_percent <= pair[0].weight_percent {
            let first = format!("stages[{index}].weight_percent");
            let second = format!("stages[{}].weight_percent", index + 1);
            let reason = "a stage must have more traffic than the one before";
            problems.push(Problem::contradiction(first, second, reason));
        }
    }
}

pub(super) fn burn_rates(policy: &Policy, problems: &mut Vec<Problem>) {
    let Some(objective) = policy.objectives.get(AVAILABILITY) else {
        problems.push(Problem::invalid("objectives.availability", "is missing"));
        return;
    };
    for (index, rate) in policy.burn_rates.iter().enumerate() {
        let key = |field: &str| format!("burn_rates[{index}].{field}");
        if rate.short >= rate.long {
            let reason = "the short window must be shorter than the long one";
            problems.push(Problem::contradiction(key("short"), key("long"), reason));
        }
        if rate.long > objective.window {
            let reason = "the window is longer than that of the objective";
            problems.push(Problem::contradiction(
                key("long"),
                "objectives.availability.window",
                reason,
            ));
        }
        if rate.times <= 0.0 || rate.times * objective.limit.bad_at_most >= 1.0 {
            let reason = "no share of failures burns the budget so fast";
            problems.push(Problem::contradiction(
                key("times"),
                "objectives.availability.at_least",
                reason,
            ));
        }
    }
    for (index, pair) in policy.burn_rates.windows(2).enumerate() {
        if pair[1].times >= pair[0].times || pair[1].long <= pair[0].long {
            let first = format!("burn_rates[{index}]");
            let second = format!("burn_rates[{}]", index + 1);
            let reason = "the slower the burn, the longer its window";
            problems.push(Problem::contradiction(first, second, reason));
        }
    }
}
