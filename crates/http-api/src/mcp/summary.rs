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
    let mut parts = match entry["name"].as_str() {
        Some(name) => vec![
            format!("{name} ({})", string(&entry["organization"])),
            amount(entry),
            deadline(entry),
        ],
        None => vec!["unknown scholarship".to_owned()],
    };
    if entry["expired"] == true {
        parts.push("expired".to_owned());
    }
    parts.extend(verdict.as_str().map(|verdict| verdict.replace('_', " ")));
    format!("{}: {id}", parts.join(", "))
}

/// Checks have the currency beside the amount, scholarships below `award`.
fn amount(entry: &Value) -> String {
    let currency = entry.get("currency").unwrap_or(&entry["award"]["currency"]);
    match (entry["amount"].as_number(), currency.as_str()) {
        (Some(amount), Some(currency)) => format!("up to {amount} {currency}"),
        _ => "amount unknown".to_owned(),
    }
}

/// The day is enough here.
fn deadline(entry: &Value) -> String {
    let deadline = &entry["deadline"];
    if let Some(instant) = entry["application_deadline"].as_str() {
        return format!("due {}", instant.get(..10).unwrap_or(instant));
    }
    let (month, day) = (deadline["month"].as_u64(), deadline["day"].as_u64());
    match (string(&deadline["kind"]), deadline["date"].as_str()) {
        ("annual", Some(date)) => format!("due yearly, next on {date}"),
        ("annual", None) => match (month, day) {
            (Some(month), Some(day)) => format!("due yearly on {month:02}-{day:02}"),
            (Some(month), None) => format!("due yearly in month {month}"),
            (None, _) => "due yearly".to_owned(),
        },
        ("rolling", _) => "rolling deadline".to_owned(),
        ("varies", _) => "deadline varies".to_owned(),
        _ => "deadline unknown".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_amount_with_currency_and_deadline() {
        let mut entry = json!({
            "id": "sch_1", "name": "N", "organization": "O", "amount": 5, "award": {"currency": "EUR"},
            "application_deadline": "2027-03-01T23:59:59-05:00", "deadline": {"kind": "fixed", "date": "2027-03-01"},
        });
        assert_eq!(line(&entry), "N (O), up to 5 EUR, due 2027-03-01: sch_1");
        entry["application_deadline"] = Value::Null;
        for (deadline, said) in [
            (
                json!({"kind": "annual", "date": "2027-03-01"}),
                "due yearly, next on 2027-03-01",
            ),
            (
                json!({"kind": "annual", "month": 3, "day": 1}),
                "due yearly on 03-01",
            ),
            (
                json!({"kind": "annual", "month": 3}),
                "due yearly in month 3",
            ),
            (json!({"kind": "annual"}), "due yearly"),
            (json!({"kind": "rolling"}), "rolling deadline"),
            (json!({"kind": "varies"}), "deadline varies"),
            (json!({"kind": "unknown"}), "deadline unknown"),
        ] {
            entry["deadline"] = deadline;
            assert_eq!(line(&entry), format!("N (O), up to 5 EUR, {said}: sch_1"));
        }
    }

    #[test]
    fn a_check_has_its_currency_beside_the_amount() {
        let mut entry = json!({
            "scholarship_id": "sch_1", "name": "N", "organization": "O", "amount": 5, "currency": "CAD",
            "application_deadline": null, "deadline": {"kind": "rolling"}, "expired": true, "verdict": "possible",
        });
        let said = "N (O), up to 5 CAD, rolling deadline, expired, possible: sch_1";
        assert_eq!(line(&entry), said);
        entry["amount"] = Value::Null;
        assert!(line(&entry).contains("amount unknown"));
        let unknown = json!({"scholarship_id": "sch_2", "verdict": "not_found"});
        assert_eq!(line(&unknown), "unknown scholarship, not found: sch_2");
    }
}
