//! Parts of a policy that cannot be true together; each is named with both of its keys.

use std::collections::HashSet;

use super::{Measure, Policy, Trigger, problem::Problem};
use crate::{span, verdict::Action};

mod limits;
mod order;

pub(super) fn find(policy: &Policy, problems: &mut Vec<Problem>) {
    edges(policy, problems);
    order::stages(policy, problems);
    order::burn_rates(policy, problems);
    limits::objectives(policy, problems);
    limits::criteria(policy, problems);
    limits::triggers(policy, problems);
    stage_lengths(policy, problems);
    twins(policy, problems);
}

/// Latency can be judged only where the histogram has an edge.
fn edges(policy: &Policy, problems: &mut Vec<Problem>) {
    let edges: HashSet<u32> = policy.telemetry.latency_edges_ms.iter().copied().collect();
    for (key, measure) in policy.measures() {
        if let Measure::SlowRequests { slower_than_ms } = measure
            && !edges.contains(&slower_than_ms)
        {
            let reason = format!("{slower_than_ms} ms is no edge of the histogram");
            let key = format!("{key}.slower_than_ms");
            problems.push(Problem::contradiction(
                key,
                "telemetry.latency_edges_ms",
                reason,
            ));
        }
    }
}

/// What takes longer than a stage is never seen in it.
fn stage_lengths(policy: &Policy, problems: &mut Vec<Problem>) {
    let triggers = policy.triggers.iter();
    let triggers = triggers.map(|(name, rule)| (format!("triggers.{name}.for"), rule.window));
    let criteria = policy.criteria.iter();
    let criteria =
        criteria.filter_map(|(name, rule)| Some((format!("criteria.{name}.window"), rule.window?)));
    for (key, window) in triggers.chain(criteria) {
        for (index, stage) in policy.stages.iter().enumerate() {
            if stage.at_least < window {
                let reason = format!(
                    "`{}` ends before {} can be seen",
                    stage.name,
                    span::text(window)
                );
                let stage_key = format!("stages[{index}].at_least");
                problems.push(Problem::contradiction(stage_key, key.as_str(), reason));
            }
        }
    }
}

fn twins(policy: &Policy, problems: &mut Vec<Problem>) {
    let triggers: Vec<_> = policy.triggers.iter().collect();
    for (index, (name, trigger)) in triggers.iter().enumerate() {
        for (other, twin) in &triggers[index + 1..] {
            if same_but_for_duration(trigger, twin) {
                let (first, second) = (
                    format!("triggers.{name}.for"),
                    format!("triggers.{other}.for"),
                );
                let reason = "the same trigger has two durations";
                problems.push(Problem::contradiction(first, second, reason));
            }
        }
    }
}

fn same_but_for_duration(left: &Trigger, right: &Trigger) -> bool {
    left.measure == right.measure
        && left.limit.bad_at_most.to_bits() == right.limit.bad_at_most.to_bits()
        && left.window != right.window
        && (left.action == Action::Hold) == (right.action == Action::Hold)
}
