//! What is rendered fits the policy, the servers, the runbooks, and itself.

mod boards;
mod exported;
mod kubernetes;
mod promql;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rollout::policy::WATCHDOG;
use serde_json::Value;

use super::rule_tests::plays;
use super::*;

const SHIPPED: &str = include_str!("../../../config/rollout.toml");

fn shipped() -> Policy {
    Policy::parse(SHIPPED).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn alert_names() -> BTreeSet<String> {
    shipped().monitoring.alerts.keys().cloned().collect()
}

fn rules_of(groups: &Value) -> Vec<Value> {
    let groups = groups["groups"].as_array().unwrap();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap());
    rules.cloned().collect()
}

fn alert_rules(policy: &Policy) -> Vec<Value> {
    rules_of(&alerts::rules(policy).unwrap())
}

#[test]
fn every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() {
    let (mut firing, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for look in plays(&shipped())
        .iter()
        .flat_map(|play| &play.cases)
        .flat_map(|case| case.looks())
    {
        let fires = |alert: &str| look.firing.iter().any(|(other, _)| *other == alert);
        firing.extend(look.firing.iter().map(|(alert, _)| (*alert).to_owned()));
        let kept_silent = look.silent.iter().filter(|alert| !fires(alert));
        silent.extend(kept_silent.map(|alert| (*alert).to_owned()));
    }
    assert_eq!(firing, alert_names());
    let mut can_be_silent = alert_names();
    assert!(can_be_silent.remove(WATCHDOG));
    assert_eq!(silent, can_be_silent);
}

#[test]
fn every_alert_says_how_bad_it_is_what_it_means_and_where_to_look() {
    let rules = alert_rules(&shipped());
    for rule in &rules {
        let name = rule["alert"].as_str().unwrap();
        let severity = rule["labels"]["severity"].as_str().unwrap();
        let told = ["critical", "warning"].contains(&severity);
        assert_eq!(told, name != WATCHDOG, "{name}");
        let text = |key: &str| {
            rule["annotations"][key]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert!(!text("summary").is_empty(), "{name}");
        // It is that of all servers that are told of together.
        assert!(!text("summary").contains("$labels.instance"), "{name}");
        let has_value = text("description").contains("$value");
        assert_eq!(has_value, name != WATCHDOG, "{name}");
        assert!(
            text("runbook_url").ends_with(&format!("/{name}.md")),
            "{name}"
        );
        assert!(text("dashboard_url").starts_with("https://"), "{name}");
    }
    let names: BTreeSet<String> = rules
        .iter()
        .map(|rule| rule["alert"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, alert_names());
}

#[test]
fn every_alert_has_a_runbook_and_no_runbook_is_left_over() {
    let entries = std::fs::read_dir(root().join("docs/runbooks")).unwrap();
    let runbooks: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(runbooks, alert_names());
    for name in runbooks {
        let text =
            std::fs::read_to_string(root().join(format!("docs/runbooks/{name}.md"))).unwrap();
        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        for heading in [
            "## Meaning",
            "## Likely causes",
            "## Look at",
            "## Do",
            "## It is over when",
        ] {
            assert!(text.contains(heading), "{name}: {heading}");
        }
    }
}

#[test]
fn what_the_judge_acts_on_is_told_by_an_alert_with_its_name() {
    let policy = shipped();
    let judged: BTreeSet<String> = alert_rules(&policy)
        .iter()
        .filter_map(|rule| Some(rule["annotations"]["judged_as"].as_str()?.to_owned()))
        .collect();
    let triggers = policy.triggers.keys().map(|name| format!("trigger.{name}"));
    let burns = policy
        .burn_rates
        .iter()
        .map(|rate| format!("burn_rate.{}", rate.times));
    for rule in triggers.chain(burns) {
        assert!(judged.contains(&rule), "{rule}");
    }
}

/// Each limit, sample and window of the policy, changed alone, changes what is rendered: none of them stands in code.
#[test]
fn the_numbers_are_those_of_the_policy() {
    let rendered = |text: &str| -> String {
        let policy = Policy::parse(text).unwrap();
        alert_rules(&policy)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let before = rendered(SHIPPED);
    for (from, to, new) in [
        ("above = 0.01\nfor", "above = 0.015\nfor", "> 0.015"),
        ("below = 0.99\n", "below = 0.988\n", "> 0.012"),
        (
            "slower_than_ms = 250\nabove = 0.05",
            "slower_than_ms = 300\nabove = 0.07",
            "slower_than_300ms",
        ),
        ("above = 0.8\nfor", "above = 0.85\nfor", "> 0.85"),
        ("above = 2\nfor", "above = 4\nfor", "> 4"),
        (
            "at_least = 0.9\nminimum_sample = 100",
            "at_least = 0.8\nminimum_sample = 70",
            ">= 70",
        ),
        (
            "minimum_sample = 10000",
            "minimum_sample = 20000",
            ">= 20000",
        ),
        ("above = 0.2\nwindow", "above = 0.3\nwindow", "> 0.3"),
        ("age = \"90d\"", "age = \"60d\"", "> 5184000"),
    ] {
        assert!(SHIPPED.contains(from), "{from}");
        let after = rendered(&SHIPPED.replacen(from, to, 1));
        assert!(!before.contains(new), "{new}");
        assert!(after.contains(new), "{new}: {after}");
    }
}

#[test]
fn inhibitions_name_alerts_that_are_there() {
    let configuration = routing::configuration(&shipped());
    let rules = configuration["inhibit_rules"].as_array().unwrap();
    let matchers = rules
        .iter()
        .flat_map(|rule| [&rule["source_matchers"], &rule["target_matchers"]])
        .flat_map(|matchers| matchers.as_array().unwrap())
        .map(|matcher| matcher.as_str().unwrap());
    let known = alert_names();
    let mut found = 0;
    for matcher in matchers.filter(|matcher| matcher.starts_with("alertname")) {
        let names = matcher.split('"').nth(1).unwrap();
        for name in names.split('|') {
            assert!(known.contains(name), "{name}");
            found += 1;
        }
    }
    assert!(found > 8, "{found}");
}

#[test]
fn titles_are_of_labels_by_which_alerts_are_told_together() {
    let configuration = routing::configuration(&shipped());
    let together = configuration["route"]["group_by"].as_array().unwrap();
    let receivers = &configuration["receivers"];
    for title in [
        &receivers[0]["pagerduty_configs"][0]["description"],
        &receivers[1]["slack_configs"][0]["title"],
    ] {
        let title = title.as_str().unwrap();
        let labels = title.split(".CommonLabels.").skip(1);
        let labels: Vec<&str> = labels.map(|rest| rest.split(' ').next().unwrap()).collect();
        assert_eq!(labels, ["alertname", "version"]);
        assert!(
            labels
                .iter()
                .all(|label| together.contains(&(*label).into()))
        );
        assert!(!title.contains("Annotations"), "{title}");
    }
}

#[test]
fn a_file_that_differs_is_shown_and_one_of_nobody_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&shipped(), SHIPPED).unwrap();
    for file in &files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    let drifted = |files: &[File]| {
        files
            .iter()
            .filter_map(|file| drift(folder.path(), file))
            .collect::<Vec<_>>()
    };
    assert_eq!(drifted(&files), Vec::<String>::new());
    assert_eq!(
        strangers(folder.path(), &files).unwrap(),
        Vec::<String>::new()
    );
    let alerts = folder.path().join("deploy/prometheus/rules/alerts.yml");
    let text = fs::read_to_string(&alerts)
        .unwrap()
        .replace("> 0.01\n", "> 0.9\n");
    fs::write(&alerts, text).unwrap();
    fs::write(alerts.with_file_name("old.yml"), "").unwrap();
    let drifted = drifted(&files);
    assert!(
        drifted[0].contains("> 0.9") && drifted[0].contains("alerts.yml"),
        "{drifted:?}"
    );
    assert_eq!(
        strangers(folder.path(), &files).unwrap(),
        ["deploy/prometheus/rules/old.yml"]
    );
}
