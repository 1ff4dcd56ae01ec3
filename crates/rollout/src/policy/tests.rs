//! The shipped policy is valid, and each way to break it is named.

use super::*;

const SHIPPED: &str = include_str!("../../../../config/rollout.toml");

/// The problems after one change of the text, as texts.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(SHIPPED.contains(from), "{from}");
    refused(&SHIPPED.replacen(from, to, 1))
}

fn refused(text: &str) -> Vec<String> {
    let error = Policy::parse(text).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect()
}

/// Both keys are named.
#[track_caller]
fn assert_contradiction(found: &[String], first: &str, second: &str) {
    let start = format!("`{first}` contradicts `{second}`");
    assert!(
        found.iter().any(|problem| problem.starts_with(&start)),
        "{found:#?}"
    );
}

#[test]
fn the_shipped_policy_is_that_of_the_plan() {
    let policy = Policy::parse(SHIPPED).unwrap();
    let stages: Vec<(&str, u8, u64)> = policy
        .stages
        .iter()
        .map(|stage| {
            (
                stage.name.as_str(),
                stage.weight_percent,
                stage.at_least.as_secs() / 3_600,
            )
        })
        .collect();
    assert_eq!(
        stages,
        [("canary", 5, 2), ("ramp", 50, 6), ("full", 100, 48)]
    );
    assert_eq!(
        policy.stage("ramp").unwrap().at_most,
        Some(Duration::from_secs(12 * 3_600))
    );
    assert_eq!(policy.budget(), 0.001);
    assert_eq!(policy.criteria.len(), 7);
    assert_eq!(policy.burn_rates.len(), 4);
    assert_eq!(
        policy.triggers["availability"].action,
        Action::RollbackAtOnce
    );
    assert_eq!(
        policy.triggers["error_rate"].window,
        Duration::from_secs(300)
    );
    assert!(policy.windows().contains(&Duration::from_secs(3 * 86_400)));
}

#[test]
fn the_risk_of_all_rules_together_is_the_one_asked_for() {
    let policy = Policy::parse(SHIPPED).unwrap();
    // Six triggers, two burn rates, two comparisons, four criteria, and the router.
    assert!((policy.alpha_of_each() * 15.0 - policy.statistics.alpha).abs() < 1e-12);
}

#[test]
fn comments_and_the_order_of_tables_do_not_change_the_hash() {
    let (head, tail) = SHIPPED.split_at(SHIPPED.find("[objectives.availability]").unwrap());
    let turned = format!("{tail}\n# A comment.\n{head}");
    let hash = Policy::parse(SHIPPED).unwrap().hash();
    assert_eq!(Policy::parse(&turned).unwrap().hash(), hash);
    let other = SHIPPED.replacen("alpha = 0.01", "alpha = 0.02", 1);
    assert_ne!(Policy::parse(&other).unwrap().hash(), hash);
}

#[test]
fn unknown_keys_are_refused_wherever_they_stand() {
    let text = SHIPPED
        .replacen("power = 0.9", "power = 0.9\npowr = 0.8", 1)
        .replacen("name = \"ramp\"", "name = \"ramp\"\nwait = \"1h\"", 1)
        .replacen("for = \"2m\"", "for = \"2m\"\nat_most = 0.3", 1)
        + "\n[extra]\nkey = 1\n";
    let found = refused(&text);
    for key in [
        "statistics.powr",
        "stages[1].wait",
        "triggers.availability.at_most",
        "extra",
    ] {
        let expected = format!("`{key}` is not a known key");
        assert!(found.contains(&expected), "{key}: {found:#?}");
    }
}

#[test]
fn every_error_is_reported_at_once() {
    let text = SHIPPED
        .replacen("alpha = 0.01\n", "alpha = 1.5\n", 1)
        .replacen("stale_after = \"2m\"\n", "", 1)
        .replacen("weight_percent = 5\n", "weight_percent = 500\n", 1)
        .replacen("for = \"10m\"", "for = \"ten\"", 1)
        .replacen("action = \"hold\"", "action = \"pray\"", 1)
        .replacen("measure = \"pool_use\"", "measure = \"mood\"", 1);
    let found = refused(&text);
    assert_eq!(found.len(), 6, "{found:#?}");
    let found = found.join("\n");
    for key in [
        "statistics.alpha",
        "telemetry.stale_after",
        "stages[0].weight_percent",
        "triggers.latency.for",
        "triggers.agent_tasks.action",
        "triggers.database_pool.measure",
    ] {
        assert!(found.contains(&format!("`{key}` ")), "{key}: {found}");
    }
}

#[test]
fn what_is_no_toml_is_refused() {
    assert!(
        refused("[stages")
            .first()
            .unwrap()
            .starts_with("the policy is not TOML")
    );
    assert!(refused("").len() >= 8);
    // TOML itself refuses the same table twice.
    let twice = format!("{SHIPPED}\n[triggers.memory]\n");
    assert!(
        refused(&twice)
            .first()
            .unwrap()
            .starts_with("the policy is not TOML")
    );
}

#[test]
fn a_criterion_looser_than_a_trigger_is_refused() {
    let found = problems(
        "at_most = 0.005\nminimum_sample",
        "at_most = 0.02\nminimum_sample",
    );
    assert_contradiction(&found, "criteria.error_rate", "triggers.error_rate");
    let found = problems(
        "slower_than_ms = 220\nat_most",
        "slower_than_ms = 300\nat_most",
    );
    assert_contradiction(&found, "criteria.latency", "triggers.latency");
}

#[test]
fn a_trigger_stricter_than_its_objective_is_refused() {
    let found = problems("above = 0.01\nfor", "above = 0.004\nfor");
    assert_contradiction(&found, "triggers.error_rate", "objectives.error_rate");
}

#[test]
fn a_trigger_of_another_objective_is_refused() {
    let found = problems("objective = \"search\"", "objective = \"latency\"");
    assert_contradiction(
        &found,
        "triggers.search_errors.objective",
        "objectives.latency.measure",
    );
    let found = problems("objective = \"search\"", "objective = \"luck\"");
    assert_eq!(
        found,
        ["`triggers.search_errors.objective` is no objective of this policy"]
    );
}

#[test]
fn a_stage_shorter_than_a_trigger_is_refused() {
    let found = problems("at_least = \"2h\"", "at_least = \"8m\"");
    assert_contradiction(&found, "stages[0].at_least", "triggers.latency.for");
    assert_contradiction(
        &found,
        "stages[0].at_least",
        "criteria.database_pool.window",
    );
}

#[test]
fn stages_must_grow_up_to_all_traffic() {
    let found = problems("weight_percent = 50", "weight_percent = 5");
    assert_contradiction(
        &found,
        "stages[0].weight_percent",
        "stages[1].weight_percent",
    );
    let found = problems("weight_percent = 100", "weight_percent = 90");
    assert_eq!(
        found,
        ["`stages[2].weight_percent` must be 100, as it is the last stage"]
    );
    let found = problems("at_most = \"12h\"", "at_most = \"5h\"");
    assert_contradiction(&found, "stages[1].at_least", "stages[1].at_most");
    let found = problems("name = \"full\"", "name = \"ramp\"");
    assert_contradiction(&found, "stages[1].name", "stages[2].name");
}

#[test]
fn two_durations_of_the_same_trigger_are_refused() {
    let twin = "\n[triggers.errors_again]\nmeasure = \"server_errors\"\nabove = 0.01\nfor = \"10m\"\n\
        minimum_sample = 100\naction = \"rollback\"\n";
    let found = refused(&format!("{SHIPPED}{twin}"));
    assert_contradiction(
        &found,
        "triggers.error_rate.for",
        "triggers.errors_again.for",
    );
}

#[test]
fn latency_is_judged_only_at_edges_of_the_histogram() {
    let found = problems("slower_than_ms = 250", "slower_than_ms = 240");
    assert_contradiction(
        &found,
        "triggers.latency.slower_than_ms",
        "telemetry.latency_edges_ms",
    );
    let found = problems("[5, 10,", "[10, 5,");
    assert_eq!(
        found,
        ["`telemetry.latency_edges_ms` must be a list of ascending milliseconds"]
    );
}

#[test]
fn errors_that_spend_more_than_the_budget_are_refused() {
    let found = problems(
        "measure = \"server_errors\"\nat_most = 0.005\nwindow = \"5m\"",
        "measure = \"server_errors\"\nat_most = 0.005\nwindow = \"30d\"",
    );
    assert_contradiction(&found, "objectives.error_rate", "objectives.availability");
}

#[test]
fn a_detectable_rate_within_the_budget_is_refused() {
    let found = problems("detectable_rate = 0.01", "detectable_rate = 0.001");
    assert_contradiction(
        &found,
        "statistics.detectable_rate",
        "objectives.availability",
    );
}

#[test]
fn burn_rates_must_be_possible_and_in_order() {
    let found = problems("long = \"1h\"", "long = \"5m\"");
    assert_contradiction(&found, "burn_rates[0].short", "burn_rates[0].long");
    let found = problems("times = 14.4", "times = 1000");
    assert_contradiction(
        &found,
        "burn_rates[0].times",
        "objectives.availability.at_least",
    );
    let found = problems("times = 3\n", "times = 7\n");
    assert_contradiction(&found, "burn_rates[1]", "burn_rates[2]");
    let found = problems("long = \"3d\"", "long = \"40d\"");
    assert_contradiction(
        &found,
        "burn_rates[3].long",
        "objectives.availability.window",
    );
}

#[test]
fn a_limit_is_said_in_exactly_one_way() {
    let found = problems("below = 0.99", "below = 0.99\nabove = 0.01");
    assert!(
        found[0].contains("`triggers.availability.measure` must have exactly one of"),
        "{found:?}"
    );
    let found = problems("above = 0.9\n", "above = 1.5\n");
    assert_eq!(
        found,
        ["`triggers.memory.above` must be above 0 and below 1"]
    );
}
