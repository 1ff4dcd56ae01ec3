//! From the text of a policy to its parts; whether they fit each other is asked elsewhere.

use std::{collections::BTreeMap, time::Duration};

use toml::Table;

use super::{
    BurnRate, ComparisonRule, Criterion, Limit, Measure, MeasureKind, Objective, Policy, Stage,
    Statistics, Telemetry, Trigger, monitoring, problem::Problem, section::Section,
};
use crate::verdict::{Action, Side};

/// None when a part could not be read; then there are problems.
pub(super) fn policy(table: Table, problems: &mut Vec<Problem>) -> Option<Policy> {
    let mut root = Section::new("", table);
    let telemetry = telemetry(root.section("telemetry", problems), problems);
    let statistics = statistics(root.section("statistics", problems), problems);
    let stages = root.list("stages", problems);
    let burn_rates = root.list("burn_rates", problems);
    let monitoring = monitoring::monitoring(&mut root, problems);
    let policy = Policy {
        objectives: named(&mut root, "objectives", problems, objective),
        stages: each(stages, problems, stage),
        triggers: named(&mut root, "triggers", problems, trigger),
        burn_rates: each(burn_rates, problems, burn_rate),
        comparisons: named(&mut root, "comparisons", problems, comparison),
        criteria: named(&mut root, "criteria", problems, criterion),
        telemetry: telemetry?,
        statistics: statistics?,
        monitoring: monitoring?,
    };
    root.finish(problems);
    Some(policy)
}

/// Reads one part; what it leaves over is unknown.
type Part<T> = fn(&mut Section, &mut Vec<Problem>) -> Option<T>;

fn named<T>(
    root: &mut Section,
    key: &str,
    problems: &mut Vec<Problem>,
    part: Part<T>,
) -> BTreeMap<String, T> {
    let sections = root.section(key, problems).into_sections(problems);
    let mut parts = BTreeMap::new();
    for (name, mut section) in sections {
        if let Some(value) = part(&mut section, problems) {
            parts.insert(name, value);
        }
        section.finish(problems);
    }
    parts
}

fn each<T>(sections: Vec<Section>, problems: &mut Vec<Problem>, part: Part<T>) -> Vec<T> {
    let mut parts = Vec::new();
    for mut section in sections {
        parts.extend(part(&mut section, problems));
        section.finish(problems);
    }
    parts
}

fn telemetry(mut section: Section, problems: &mut Vec<Problem>) -> Option<Telemetry> {
    let stale_after = section.span("stale_after", problems);
    let counted_at_least = section.part("counted_at_least", problems);
    let latency_edges_ms = section.edges("latency_edges_ms", problems);
    section.finish(problems);
    Some(Telemetry {
        stale_after: stale_after?,
        counted_at_least: counted_at_least?,
        latency_edges_ms: latency_edges_ms?,
    })
}

fn statistics(mut section: Section, problems: &mut Vec<Problem>) -> Option<Statistics> {
    let alpha = section.part("alpha", problems);
    let look_every = section.span("look_every", problems);
    let power = section.part("power", problems);
    let detectable_rate = section.part("detectable_rate", problems);
    let promotion_alpha = section.part("promotion_alpha", problems);
    section.finish(problems);
    Some(Statistics {
        alpha: alpha?,
        look_every: look_every?,
        power: power?,
        detectable_rate: detectable_rate?,
        promotion_alpha: promotion_alpha?,
    })
}

fn objective(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Objective> {
    let measure = measure(section, problems);
    let limit = limit(section, measure, kept, problems);
    let window = section.span("window", problems);
    Some(Objective {
        measure: measure?,
        limit: limit?,
        window: window?,
    })
}

fn stage(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Stage> {
    let name = section.text("name", problems);
    let weight = section.count("weight_percent", problems);
    let weight_percent = weight.and_then(|weight| u8::try_from(weight).ok());
    if weight.is_some() && weight_percent.is_none_or(|percent| percent > 100) {
        let key = section.key("weight_percent");
        problems.push(Problem::invalid(key, "must be at most 100"));
    }
    let at_least = section.span("at_least", problems);
    let at_most = optional_span(section, "at_most", problems);
    Some(Stage {
        name: name?,
        weight_percent: weight_percent?,
        at_least: at_least?,
        at_most,
    })
}

fn trigger(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Trigger> {
    let measure = measure(section, problems);
    let limit = limit(section, measure, crossed, problems);
    let window = section.span("for", problems);
    let minimum_sample = minimum_sample(section, measure, problems);
    let objective = section
        .has("objective")
        .then(|| section.text("objective", problems));
    let action = action(section, problems);
    Some(Trigger {
        measure: measure?,
        limit: limit?,
        window: window?,
        minimum_sample: minimum_sample?,
        objective: objective.flatten(),
        action: action?,
    })
}

fn burn_rate(section: &mut Section, problems: &mut Vec<Problem>) -> Option<BurnRate> {
    let times = section.number("times", problems);
    let short = section.span("short", problems);
    let long = section.span("long", problems);
    let action = action(section, problems);
    Some(BurnRate {
        times: times?,
        short: short?,
        long: long?,
        action: action?,
    })
}

fn comparison(section: &mut Section, problems: &mut Vec<Problem>) -> Option<ComparisonRule> {
    let measure = measure(section, problems);
    let times_stable = section.number("times_stable", problems);
    let action = action(section, problems);
    if measure.is_some_and(|measure| measure.kind() != MeasureKind::Share) {
        let key = section.key("measure");
        problems.push(Problem::invalid(key, "must be a share to be compared"));
    }
    if times_stable.is_some_and(|times| times < 1.0) {
        let key = section.key("times_stable");
        problems.push(Problem::invalid(key, "must be 1 or more"));
    }
    Some(ComparisonRule {
        measure: measure?,
        times_stable: times_stable?,
        action: action?,
    })
}

fn criterion(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Criterion> {
    let measure = measure(section, problems);
    let limit = limit(section, measure, kept, problems);
    let window = optional_span(section, "window", problems);
    let minimum_sample = minimum_sample(section, measure, problems);
    let action = action(section, problems);
    Some(Criterion {
        measure: measure?,
        limit: limit?,
        window,
        minimum_sample: minimum_sample?,
        action: action?,
    })
}

/// The four ways to say a limit.
const LIMITS: [&str; 4] = ["at_most", "at_least", "above", "below"];

fn measure(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Measure> {
    let measure = known_measure(section, problems);
    if measure.is_none() {
        section.ignore(&LIMITS);
        section.ignore(&["slower_than_ms", "minimum_sample"]);
    }
    measure
}

fn known_measure(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Measure> {
    let name = section.text("measure", problems)?;
    match Measure::named(&name) {
        Some(Measure::SlowRequests { .. }) => {
            let edge = section.count("slower_than_ms", problems)?;
            let slower_than_ms = u32::try_from(edge).ok()?;
            Some(Measure::SlowRequests { slower_than_ms })
        }
        None => {
            let known: Vec<&str> = Measure::names().collect();
            let reason = format!("must be one of {}", known.join(", "));
            problems.push(Problem::invalid(section.key("measure"), reason));
            None
        }
        known => known,
    }
}

fn optional_span(
    section: &mut Section,
    key: &str,
    problems: &mut Vec<Problem>,
) -> Option<Duration> {
    if !section.has(key) {
        return None;
    }
    section.span(key, problems)
}

/// Only shares have a sample.
fn minimum_sample(
    section: &mut Section,
    measure: Option<Measure>,
    problems: &mut Vec<Problem>,
) -> Option<u64> {
    match measure?.kind() {
        MeasureKind::Share => section.count("minimum_sample", problems),
        MeasureKind::Peak | MeasureKind::Count => Some(0),
    }
}

fn action(section: &mut Section, problems: &mut Vec<Problem>) -> Option<Action> {
    match section.text("action", problems)?.as_str() {
        "hold" => Some(Action::Hold),
        "rollback" => Some(Action::Rollback),
        "rollback_at_once" => Some(Action::RollbackAtOnce),
        _ => {
            let reason = "must be `hold`, `rollback` or `rollback_at_once`";
            problems.push(Problem::invalid(section.key("action"), reason));
            None
        }
    }
}

/// Exactly one of the ways to say it.
fn limit(
    section: &mut Section,
    measure: Option<Measure>,
    words: fn(MeasureKind) -> &'static [&'static str],
    problems: &mut Vec<Problem>,
) -> Option<Limit> {
    let kind = measure?.kind();
    let words = words(kind);
    let written = words.iter().copied().filter(|word| section.has(word));
    let [word] = written.collect::<Vec<_>>()[..] else {
        let reason = format!("must have exactly one of `{}`", words.join("`, `"));
        problems.push(Problem::invalid(section.key("measure"), reason));
        section.ignore(&LIMITS);
        return None;
    };
    let number = section.number(word, problems)?;
    if kind != MeasureKind::Count && (number <= 0.0 || number >= 1.0) {
        let reason = "must be above 0 and below 1";
        problems.push(Problem::invalid(section.key(word), reason));
        return None;
    }
    let of_good_ones = kind == MeasureKind::Share && matches!(word, "at_least" | "below");
    let (bad_at_most, side) = if of_good_ones {
        (rounded(1.0 - number), Side::AtLeast)
    } else {
        (number, Side::AtMost)
    };
    let included = of_good_ones || word != "below";
    Some(Limit {
        bad_at_most,
        side,
        included,
    })
}

/// What must be kept.
fn kept(kind: MeasureKind) -> &'static [&'static str] {
    match kind {
        MeasureKind::Share => &["at_most", "at_least"],
        MeasureKind::Peak => &["at_most", "below"],
        MeasureKind::Count => &["at_most"],
    }
}

/// What sends a canary back.
fn crossed(kind: MeasureKind) -> &'static [&'static str] {
    match kind {
        MeasureKind::Share => &["above", "below"],
        MeasureKind::Peak | MeasureKind::Count => &["above"],
    }
}

/// 1 - 0.999 is meant to be 0.001.
fn rounded(value: f64) -> f64 {
    (value * 1e12).round() / 1e12
}
