//! Answers in a few words, for people and for clients that read no structured content.

use std::fmt::Write as _;

use serde_json::Value;

use super::tools::Tool;

/// Changes that are written out.
const MOST_UNLOCKS: usize = 10;

pub(super) fn summary(tool: Tool, answer: &Value) -> String {
    match tool {
        Tool::SearchScholarships => list("found", answer),
        Tool::CheckEligibility => list("checked", answer),
        Tool::RecommendScholarships => list("recommended", answer),
        Tool::GetScholarship => scholarship(answer),
        Tool::FindUnlocks => unlocks(answer),
    }
}

/// A line for each entry of a page, and how to go on.
fn list(done: &str, answer: &Value) -> String {
    let entries = array(&answer["data"]);
    let page = &answer["page"];
    let mut text = format!("{} {done}, {} shown.", page["total"], entries.len());
    for word in array(&answer["relaxed"]) {
        let _ = write!(text, " Without {word}, which finds nothing.");
    }
    for (typed, used) in answer["corrected"].as_object().into_iter().flatten() {
        let _ = write!(text, " {typed:?} was read as {used}.");
    }
    for entry in entries {
        let _ = write!(text, "\n- {}", line(entry));
    }
    if let Some(cursor) = page["next_cursor"].as_str() {
        let _ = write!(text, "\nFor more, repeat with cursor {cursor:?}.");
    }
    text
}

/// A scholarship in one line. Checks have their verdict beside it, searches and recommendations below `match`.
fn line(entry: &Value) -> String {
    let id = entry.get("id").unwrap_or(&entry["scholarship_id"]);
    let id = id.as_str().unwrap_or_default();
    let verdict = entry.get("verdict").unwrap_or(&entry["match"]["verdict"]);
    let mut parts = vec![match entry["name"].as_str() {
        Some(name) => format!("{name} ({})", string(&entry["organization"])),
        None => "unknown scholarship".to_owned(),
    }];
    parts.extend(amount(entry));
    if let Some(deadline) = entry["application_deadline"].as_str() {
        // The day is enough here.
        parts.push(format!("due {}", deadline.get(..10).unwrap_or(deadline)));
    }
    if entry["expired"] == true {
        parts.push("expired".to_owned());
    }
    parts.extend(verdict.as_str().map(|verdict| verdict.replace('_', " ")));
    format!("{}: {id}", parts.join(", "))
}

fn amount(entry: &Value) -> Option<String> {
    let amount = entry["amount"].as_number()?;
    let currency = entry["award"]["currency"].as_str();
    let currency = currency.map_or(String::new(), |currency| format!(" {currency}"));
    Some(format!("up to {amount}{currency}"))
}

fn scholarship(entry: &Value) -> String {
    let mut text = line(entry);
    for key in ["description", "application_url"] {
        if let Some(value) = entry[key].as_str() {
            let _ = write!(text, "\n{value}");
        }
    }
    text
}

fn unlocks(answer: &Value) -> String {
    let verdicts = &answer["verdicts"];
    let unlocks = array(&answer["unlocks"]);
    let mut text = format!(
        "As it is, the profile is eligible for {} and possible for {}; {} single changes would open more.",
        verdicts["eligible"],
        verdicts["possible"],
        unlocks.len(),
    );
    for unlock in unlocks.iter().take(MOST_UNLOCKS) {
        let _ = write!(
            text,
            "\n- {} from {} to {}: opens {}, worth up to {} {}",
            string(&unlock["profile_key"]),
            unlock["from"],
            unlock["to"],
            unlock["opens"],
            unlock["total_amount"],
            string(&unlock["currency"]),
        );
    }
    if let Some(more @ 1..) = unlocks.len().checked_sub(MOST_UNLOCKS) {
        let _ = write!(text, "\nAnd {more} that open less.");
    }
    text
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
