//! Whether the counts can be believed.

use super::Case;
use crate::{
    policy::Measure,
    snapshot::{Component, Counts, VersionSnapshot, Window},
    verdict::{Action, Missing, Rule, RuleKind, Side, Status},
};

/// How the names of the rules about the canary's counts begin.
pub(super) const CANARY: &str = "telemetry.canary";

/// Fewer sent requests than these tell nothing about lost counts.
const ENOUGH_SENT: u64 = 50;

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let (canary, stable) = (&case.snapshot.canary, &case.snapshot.stable);
    let mut rules = vec![
        scrape(case, "canary", canary),
        counted(case, "canary", canary),
    ];
    for rule in [
        scrape(case, "stable", stable),
        counted(case, "stable", stable),
    ] {
        rules.push(if case.has_stable() {
            rule
        } else {
            Rule::new(rule.name, rule.kind, rule.action).with_status(Status::NotApplicable)
        });
    }
    rules
}

/// Broken when nothing answers, or for too long nothing did, though the router sends traffic.
fn scrape(case: &Case<'_>, role: &str, version: &VersionSnapshot) -> Rule {
    let mut rule = new(role, "scrape");
    rule.queries.extend(
        case.snapshot
            .queries
            .get(&format!("{role}/scrape"))
            .cloned(),
    );
    let scrape = version.scrape;
    rule.count = Some(u64::from(scrape.targets - scrape.up.min(scrape.targets)));
    rule.n = Some(u64::from(scrape.targets));
    let patience = case.policy.telemetry.stale_after.as_secs() as f64;
    let age = scrape
        .last_seen_at
        .map(|seen| (case.snapshot.taken_at - seen).num_seconds().max(0) as f64);
    rule.value = age;
    let rule = rule.bounded(Side::AtMost, patience);
    let gone = scrape.up == 0 || age.is_none_or(|age| age > patience);
    if !gone {
        return rule.flipped_by(
            "seconds since the last count",
            Side::AtLeast,
            patience + 1.0,
            Status::Broken,
        );
    }
    if may_have_traffic(version) {
        return rule.with_status(Status::Broken).flipped_by(
            "targets up",
            Side::AtLeast,
            1.0,
            Status::Passed,
        );
    }
    rule.waiting(Missing {
        what: format!("{role} processes to ask for counts"),
        have: Some(u64::from(scrape.up)),
        need: 1,
        about_seconds: None,
    })
}

/// Where no router tells, traffic must be expected of every process that is known.
fn may_have_traffic(version: &VersionSnapshot) -> bool {
    match shortest(version).map(|(_, counts)| counts.sent) {
        Some(Component::Present(sent)) => sent > 0,
        Some(Component::NotConfigured | Component::Missing) | None => version.scrape.targets > 0,
    }
}

/// Requests that the router sent must be counted somewhere: otherwise the counts are another version's, or lost.
fn counted(case: &Case<'_>, role: &str, version: &VersionSnapshot) -> Rule {
    let rule = new(role, "counted");
    let Some((window, counts)) = with_enough_sent(version) else {
        return rule.with_status(Status::NotApplicable);
    };
    let (Component::Present(sent), Component::Present(unanswered)) =
        (counts.sent, counts.unanswered)
    else {
        return rule.with_status(Status::NotApplicable);
    };
    let answered = sent.saturating_sub(unanswered);
    let least = case.policy.telemetry.counted_at_least;
    let mut rule = rule.bounded(Side::AtLeast, least);
    rule.window = Some(window.to_string());
    rule.queries = case.queries(role, window, Measure::ServerErrors);
    rule.n = Some(answered);
    rule.count = counts.requests;
    let needed = (answered as f64 * least).ceil();
    let Some(requests) = counts.requests else {
        return rule.with_status(Status::Broken).flipped_by(
            "counted requests",
            Side::AtLeast,
            needed,
            Status::Passed,
        );
    };
    rule.value = (answered > 0).then(|| requests as f64 / answered as f64);
    if (requests as f64) < needed {
        rule.with_status(Status::Broken).flipped_by(
            "counted requests",
            Side::AtLeast,
            needed,
            Status::Passed,
        )
    } else {
        let most = (needed - 1.0).max(0.0);
        rule.flipped_by("counted requests", Side::AtMost, most, Status::Broken)
    }
}

fn shortest(version: &VersionSnapshot) -> Option<(Window, &Counts)> {
    let (window, counts) = version.windows.first_key_value()?;
    Some((*window, counts))
}

fn with_enough_sent(version: &VersionSnapshot) -> Option<(Window, &Counts)> {
    let mut windows = version.windows.iter();
    let (window, counts) = windows.find(|(_, counts)| {
        counts
            .sent
            .present()
            .is_some_and(|sent| sent >= ENOUGH_SENT)
    })?;
    Some((*window, counts))
}

fn new(role: &str, name: &str) -> Rule {
    let name = format!("telemetry.{role}.{name}");
    Rule::new(name, RuleKind::Telemetry, Action::Hold)
}
