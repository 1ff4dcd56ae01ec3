//! From a policy, a stage and a snapshot to a verdict, always the same.

use crate::{
    policy::{Policy, Stage},
    snapshot::Snapshot,
    verdict::{Action, Outcome, Rule, RuleKind, SCHEMA, Status, Verdict},
};

mod backends;
mod burn_rates;
mod case;
mod comparisons;
mod criteria;
mod progress;
mod shares;
mod telemetry;
#[cfg(test)]
mod tests;
mod triggers;

use case::Case;

/// Judges a validated snapshot of this stage.
pub fn judge(policy: &Policy, stage: &Stage, snapshot: &Snapshot) -> Verdict {
    let case = Case::new(policy, stage, snapshot);
    let mut rules = Vec::from(backends::rules(&case));
    rules.extend(telemetry::rules(&case));
    rules.extend(progress::rules(&case));
    rules.extend(triggers::rules(&case));
    rules.extend(burn_rates::rules(&case));
    rules.extend(comparisons::rules(&case));
    rules.extend(criteria::rules(&case));
    for rule in &mut rules {
        rule.round();
    }
    rules.sort_by(|left, right| left.name.cmp(&right.name));
    let (outcome, at_once) = combine(&rules);
    let verdict = Verdict {
        schema: SCHEMA,
        stage: stage.name.clone(),
        outcome,
        at_once,
        policy_hash: policy.hash(),
        snapshot_hash: snapshot.hash(),
        rules,
        hash: String::new(),
    };
    verdict.sealed()
}

/// The strongest of what the rules ask for, in any order; and whether it must be done at once.
///
/// What the router itself sees needs no telemetry. Without the canary's counts nothing else can be said of it; without the
/// stable version's, only that it is bad.
fn combine(rules: &[Rule]) -> (Outcome, bool) {
    let is = |rule: &Rule, outcome| rule.outcome() == Some(outcome);
    let rolls_back = |rule: &&Rule| is(rule, Outcome::Rollback);
    let by_router = rules.iter().filter(|rule| rule.kind == RuleKind::Backends);
    let canary_is_lost = rules
        .iter()
        .any(|rule| is(rule, Outcome::Broken) && rule.name.starts_with(telemetry::CANARY));
    let failed: Vec<&Rule> = if canary_is_lost {
        by_router.filter(rolls_back).collect()
    } else {
        rules.iter().filter(rolls_back).collect()
    };
    if !failed.is_empty() {
        let at_once = failed
            .iter()
            .any(|rule| rule.action == Action::RollbackAtOnce);
        return (Outcome::Rollback, at_once);
    }
    let any = |outcome| rules.iter().any(|rule| is(rule, outcome));
    if any(Outcome::Broken) {
        return (Outcome::Broken, false);
    }
    let nothing_passed = !rules.iter().any(|rule| rule.status == Status::Passed);
    if any(Outcome::Hold) || nothing_passed {
        return (Outcome::Hold, false);
    }
    (Outcome::Promote, false)
}
