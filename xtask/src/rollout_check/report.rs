//! A verdict for people and for pipelines.

use std::fmt::Write as _;

use rollout::verdict::{Rule, Side, Status};
use rollout::{Outcome, Verdict};

use crate::reporting::{Case, CaseResult, Format, Suite, cell, junit, workflow_message};

/// In the form that was asked for, with its end of line.
pub(crate) fn rendered(verdict: &Verdict, format: Format) -> String {
    match format {
        Format::Table => table(verdict),
        Format::Json => {
            let text = serde_json::to_string_pretty(verdict).unwrap_or_default();
            format!("{text}\n")
        }
        Format::Markdown => markdown(verdict),
        Format::Junit => junit(&[suite(verdict)]),
        Format::Github => github(verdict),
    }
}

/// One line: the outcome, in which stage, and the verdict's hash.
pub(crate) fn headline(verdict: &Verdict) -> String {
    let at_once = if verdict.at_once { " at once" } else { "" };
    format!(
        "{}{at_once} in stage {}, verdict {}",
        word(verdict.outcome),
        verdict.stage,
        verdict.hash
    )
}

pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Promote => "PROMOTE",
        Outcome::Hold => "HOLD",
        Outcome::Rollback => "ROLLBACK",
        Outcome::Broken => "BROKEN",
    }
}

/// Why it is no promotion, rule by rule; empty when it is one.
pub(crate) fn reasons(verdict: &Verdict) -> Vec<String> {
    if verdict.outcome == Outcome::Promote {
        return Vec::new();
    }
    verdict.reasons().map(reason).collect()
}

const HEADER: [&str; 7] = [
    "rule",
    "status",
    "value",
    "n",
    "interval",
    "bound",
    "what would change it",
];

fn table(verdict: &Verdict) -> String {
    let rows: Vec<[String; 7]> = verdict.rules.iter().map(row).collect();
    let mut widths = HEADER.map(str::len);
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let mut text = String::new();
    add_line(&mut text, &HEADER.map(str::to_owned), &widths);
    add_line(&mut text, &widths.map(|width| "-".repeat(width)), &widths);
    for row in &rows {
        add_line(&mut text, row, &widths);
    }
    text.push('\n');
    text.push_str(&conclusion(verdict));
    text
}

fn add_line(text: &mut String, cells: &[String; 7], widths: &[usize; 7]) {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(line, "{cell:<width$}  ");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn markdown(verdict: &Verdict) -> String {
    let mut text = format!(
        "# {}\n\n| {} |\n|---|---|---:|---:|---|---|---|\n",
        headline(verdict),
        HEADER.join(" | ")
    );
    for rule in &verdict.rules {
        let cells = row(rule).map(|text| cell(&text));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
    for reason in reasons(verdict) {
        let _ = writeln!(text, "- {reason}");
    }
    text
}

fn suite(verdict: &Verdict) -> Suite {
    let name = format!("rollout-check.{}", verdict.stage);
    let cases = verdict.rules.iter().map(|rule| Case {
        name: rule.name.clone(),
        result: match rule.status {
            Status::Passed => CaseResult::Passed,
            Status::Failed => CaseResult::Failed(reason(rule)),
            Status::Broken => CaseResult::Broken(reason(rule)),
            Status::Undecided | Status::NotApplicable => CaseResult::Skipped(reason(rule)),
        },
    });
    Suite {
        class: name.clone(),
        name,
        cases: cases.collect(),
    }
}

fn github(verdict: &Verdict) -> String {
    let mut text = String::new();
    for rule in &verdict.rules {
        let level = match rule.status {
            Status::Passed | Status::NotApplicable => continue,
            Status::Undecided => "notice",
            Status::Failed | Status::Broken => "error",
        };
        let _ = writeln!(
            text,
            "::{level} title=rollout-check {}::{}",
            rule.name,
            workflow_message(&reason(rule))
        );
    }
    text.push_str(&conclusion(verdict));
    text
}

fn conclusion(verdict: &Verdict) -> String {
    let mut text = format!("{}\n", headline(verdict));
    for reason in reasons(verdict) {
        let _ = writeln!(text, "- {reason}");
    }
    if let (Outcome::Hold, Some(seconds)) = (verdict.outcome, verdict.seconds_to_wait()) {
        let _ = writeln!(
            text,
            "Enough will probably be there in about {}.",
            duration(seconds)
        );
    }
    text
}

/// As people say it, to the minute from an hour on.
fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

fn row(rule: &Rule) -> [String; 7] {
    let number = |value: f64| format!("{value:.5}");
    [
        rule.name.clone(),
        status(rule.status).to_owned(),
        rule.value.map(number).unwrap_or_default(),
        match (rule.count, rule.n) {
            (Some(count), Some(n)) => format!("{count}/{n}"),
            (None, Some(n)) => n.to_string(),
            _ => String::new(),
        },
        rule.interval.map_or_else(String::new, |interval| {
            let upper = interval.upper.map_or_else(|| "..".to_owned(), number);
            format!("{:.5} to {upper}", interval.lower)
        }),
        rule.bound.map_or_else(String::new, |bound| {
            format!("{} {:.5}", side(bound.side), bound.value)
        }),
        rule.flip.as_ref().map_or_else(String::new, |flip| {
            format!(
                "{}: {} {} {:.5}",
                status(flip.to),
                flip.what,
                side(flip.side),
                flip.value
            )
        }),
    ]
}

fn side(side: Side) -> &'static str {
    match side {
        Side::AtMost => "at most",
        Side::AtLeast => "at least",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Undecided => "undecided",
        Status::Failed => "FAILED",
        Status::Broken => "BROKEN",
        Status::NotApplicable => "not applicable",
    }
}

fn reason(rule: &Rule) -> String {
    if let Some(missing) = &rule.missing {
        let have = missing
            .have
            .map_or_else(|| "none".to_owned(), |have| have.to_string());
        return format!("{}: {have} of {} {}", rule.name, missing.need, missing.what);
    }
    let mut text = format!("{}: {}", rule.name, status(rule.status));
    if let Some(value) = rule.value {
        let _ = write!(text, ", {value:.5}");
    }
    if let (Some(count), Some(n)) = (rule.count, rule.n) {
        let _ = write!(text, " ({count} of {n})");
    }
    if let Some(bound) = rule.bound {
        let _ = write!(
            text,
            " where {} {:.5} is allowed",
            side(bound.side),
            bound.value
        );
    }
    text
}

#[cfg(test)]
mod tests;
