//! A healthy canary, and what turns its verdict.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    judge,
    policy::Policy,
    snapshot::{
        AiCounts, Component, Counts, Events, SCHEMA, Scrape, Snapshot, VersionSnapshot, Window,
    },
    verdict::{Outcome, Rule, Status, Verdict},
};

mod criteria;
mod evidence;
mod properties;
mod telemetry;
mod triggers;

pub(super) const SHIPPED: &str = include_str!("../../../../config/rollout.toml");

fn shipped() -> Policy {
    Policy::parse(SHIPPED).unwrap()
}

/// The shipped policy without these tables.
fn without(tables: &[&str]) -> Policy {
    let is_left_out = |table: &str| {
        let of_it = |name: &str| match name.split_once('.') {
            // The alert of a trigger goes with it.
            Some(("triggers", trigger)) => {
                table.starts_with("alerts.")
                    && table.contains(&format!("\ntrigger = \"{trigger}\"\n"))
            }
            _ => false,
        };
        tables
            .iter()
            .any(|name| table.starts_with(&format!("{name}]")))
            || tables.iter().any(|name| of_it(name))
    };
    let mut parts = SHIPPED.split("\n[");
    let head = parts.next().unwrap_or_default().to_owned();
    let kept = parts.filter(|table| !is_left_out(table));
    let kept = kept.fold(head, |text, table| text + "\n[" + table);
    Policy::parse(&kept).unwrap()
}

fn last(minutes: u64) -> Window {
    Window::Last(Duration::from_secs(minutes * 60))
}

/// After two hours at 200 requests a second, 5 % of them to the canary; one in 2,000 fails.
fn healthy() -> Snapshot {
    let taken_at: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let version = |name: &str, per_second: u64| VersionSnapshot {
        version: name.to_owned(),
        scrape: Scrape {
            targets: 3,
            up: 3,
            last_seen_at: Some(taken_at - TimeDelta::seconds(15)),
        },
        ready_backends: Component::Present(3),
        windows: windows(per_second),
    };
    let queries = [
        "canary/5m/requests",
        "canary/stage/requests",
        "canary/ready_backends",
    ];
    let query = |name: &str| (name.to_owned(), format!("the query of {name}"));
    Snapshot {
        schema: SCHEMA,
        taken_at,
        stage_started_at: taken_at - TimeDelta::hours(2),
        canary: version("2.0.0", 10),
        stable: version("1.9.0", 190),
        queries: queries.into_iter().map(query).collect(),
    }
}

fn windows(per_second: u64) -> BTreeMap<Window, Counts> {
    let policy = shipped();
    let edges = policy.telemetry.latency_edges_ms.clone();
    let last = policy.windows().into_iter().map(|span| {
        let seconds = span.as_secs().min(7_200);
        (Window::Last(span), counts(per_second * seconds, &edges))
    });
    let stage = (Window::Stage, counts(per_second * 7_200, &edges));
    last.chain([stage]).collect()
}

fn counts(requests: u64, edges: &[u32]) -> Counts {
    let events = |all: u64, failed: u64| Component::Present(Events { all, failed });
    Counts {
        requests: Some(requests),
        server_errors: Some(requests / 2_000),
        slower_than_ms: edges
            .iter()
            .map(|edge| (*edge, requests / u64::from(*edge)))
            .collect(),
        sent: Component::Present(requests),
        unanswered: Component::Present(0),
        search: events(requests / 4, requests / 4_000),
        recommendations: events(requests / 10, 0),
        ai: Component::Present(AiCounts {
            questions: requests / 20,
            fallbacks: requests / 1_000,
            calls: requests / 20,
            failed: requests / 4_000,
        }),
        agent_tasks: events(requests / 20, requests / 10_000),
        cache: events(requests / 2, requests / 50),
        pool_peak: Component::Present(0.5),
        security_violations: Some(0),
        restarts: Some(0),
        memory_peak: Component::Present(0.6),
    }
}

/// Changes the canary's counts in one window.
fn with(window: Window, change: impl FnOnce(&mut Counts)) -> Snapshot {
    let mut snapshot = healthy();
    change(snapshot.canary.windows.get_mut(&window).unwrap());
    assert_eq!(snapshot.validate(), Ok(()));
    snapshot
}

/// At least so many requests take longer than this edge.
fn slow(counts: &mut Counts, up_to: u32, least: u64) {
    for (_, slow) in counts.slower_than_ms.range_mut(..=up_to) {
        *slow = least.max(*slow);
    }
}

fn judged_by(policy: &Policy, snapshot: &Snapshot) -> Verdict {
    judge(policy, &policy.stages[0], snapshot)
}

fn judged(snapshot: &Snapshot) -> Verdict {
    judged_by(&shipped(), snapshot)
}

fn rule<'a>(verdict: &'a Verdict, name: &str) -> &'a Rule {
    verdict.rules.iter().find(|rule| rule.name == name).unwrap()
}

/// The verdict is this one, and by this rule alone.
#[track_caller]
fn assert_only(verdict: &Verdict, name: &str, outcome: Outcome) {
    let others: Vec<&Rule> = verdict
        .rules
        .iter()
        .filter(|rule| !matches!(rule.status, Status::Passed | Status::NotApplicable))
        .collect();
    let names: Vec<&str> = others.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, [name], "{others:#?}");
    assert_eq!(verdict.outcome, outcome);
    assert!(verdict.reasons().any(|rule| rule.name == name));
}

#[test]
fn a_healthy_canary_is_promoted() {
    let verdict = judged(&healthy());
    let others: Vec<&Rule> = verdict
        .rules
        .iter()
        .filter(|rule| rule.status != Status::Passed)
        .collect();
    assert_eq!(verdict.outcome, Outcome::Promote, "{others:#?}");
    assert!(others.is_empty(), "{others:#?}");
    assert!(!verdict.at_once);
    assert_eq!(verdict.seconds_to_wait(), None);
}

#[test]
fn each_rule_says_what_it_looked_at() {
    let verdict = judged(&healthy());
    let trigger = rule(&verdict, "trigger.error_rate");
    assert_eq!((trigger.count, trigger.n), (Some(1), Some(3_000)));
    assert_eq!(trigger.window.as_deref(), Some("5m"));
    assert_eq!(trigger.queries, ["the query of canary/5m/requests"]);
    let interval = trigger.interval.unwrap();
    assert!(interval.lower < trigger.value.unwrap());
    assert!(interval.upper.unwrap() > trigger.value.unwrap());
    let availability = rule(&verdict, "criterion.availability");
    assert!((availability.value.unwrap() - 0.9995).abs() < 1e-9);
    assert_eq!(availability.bound.unwrap().value, 0.999);
    for rule in &verdict.rules {
        let compared = rule.bound.is_some() && rule.kind != crate::verdict::RuleKind::Time;
        let met = rule.kind == crate::verdict::RuleKind::Sample;
        assert!(!compared || met || rule.flip.is_some(), "{rule:#?}");
    }
}

#[test]
fn the_flip_of_a_rule_flips_it() {
    let verdict = judged(&healthy());
    let most = rule(&verdict, "trigger.error_rate")
        .flip
        .clone()
        .unwrap()
        .value as u64;
    let at = |errors| judged(&with(last(5), |counts| counts.server_errors = Some(errors)));
    assert_eq!(
        rule(&at(most - 1), "trigger.error_rate").status,
        Status::Passed
    );
    let failed = at(most);
    assert_eq!(rule(&failed, "trigger.error_rate").status, Status::Failed);
    let back = rule(&failed, "trigger.error_rate").flip.clone().unwrap();
    assert_eq!(back.value as u64, most - 1);
}
