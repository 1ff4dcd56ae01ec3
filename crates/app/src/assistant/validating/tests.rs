//! A battery of texts, and properties of all texts.

use chrono::{Datelike, NaiveDate};
use domain::{Currency, Scholarship, ScholarshipDocument};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

const LIMITS: TextLimits = TextLimits { characters: 600 };

#[derive(Deserialize)]
struct Battery {
    facts: GivenFacts,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct GivenFacts {
    scholarships: Vec<ScholarshipDocument>,
    question: String,
    /// Sums that were computed, in cents.
    amounts: Vec<i64>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    violation: Option<String>,
}

fn battery() -> Battery {
    let json = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/model_texts.json"
    ));
    serde_json::from_str(json).expect("a battery")
}

impl GivenFacts {
    fn facts(self) -> Facts {
        let scholarships: Vec<Scholarship> = self
            .scholarships
            .into_iter()
            .map(|document| document.into_scholarship().expect("a scholarship"))
            .collect();
        let facts = Facts::of(&scholarships).with_text(&self.question);
        let amounts = self.amounts.into_iter();
        amounts.fold(facts, |facts, minor| {
            facts.with_amount(minor, Currency::USD)
        })
    }
}

fn name(violation: Violation) -> &'static str {
    match violation {
        Violation::TooLong => "too_long",
        Violation::PersonalData(_) => "personal_data",
        Violation::ForeignLink => "foreign_link",
        Violation::UnknownScholarship => "unknown_scholarship",
        Violation::UnknownAmount => "unknown_amount",
        Violation::UnknownDeadline => "unknown_deadline",
        Violation::UnsafeContent => "unsafe_content",
        Violation::Markup => "markup",
    }
}

#[test]
fn every_text_of_the_battery_is_judged_rightly() {
    let Battery { facts, cases } = battery();
    let facts = facts.facts();
    let misses: Vec<String> = cases
        .into_iter()
        .filter_map(|case| {
            let found = validate_text(&case.text, &facts, LIMITS).err().map(name);
            (found != case.violation.as_deref())
                .then(|| format!("{:?}\n  -> {found:?}\n  != {:?}", case.text, case.violation))
        })
        .collect();
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

#[test]
fn without_facts_nothing_may_be_named() {
    let facts = Facts::default();
    for text in ["$5", "March 1", "sch_a", "the Gates Scholarship", "a.com"] {
        assert!(validate_text(text, &facts, LIMITS).is_err(), "{text}");
    }
    assert_eq!(
        validate_text("A GPA of 3.5 in 2027", &facts, LIMITS),
        Ok(())
    );
}

#[test]
fn a_violation_says_nothing_of_the_text() {
    let text = "Write to jane@secret.com";
    let violation = validate_text(text, &Facts::default(), LIMITS).expect_err("foreign");
    assert_eq!(
        violation.to_string(),
        "the text holds personal data: [EMAIL]"
    );
}

fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in ".{0,120}|[ -~]{0,200}|(\\$|[0-9]{1,4}|,|\\.|-|k|to| |March|May|Scholarship|The|and|thousand|hundred|a|dollars|USD|€|/|<|\\]\\(|&|;|sch_|@){0,60}") {
        let facts = Facts::of([]).with_text(&text);
        let _ = validate_text(&text, &facts, LIMITS);
    }

    #[test]
    fn a_text_of_facts_passes(
        words in prop::collection::vec("(Oak|River|Hope|Miller|Stone|Lopez|Garcia|Bright)", 1..4),
        head in "(Scholarship|Award|Grant|Fellowship|Prize|Fund)",
        dollars in 1_i64..200_000,
        days in 0_u64..2_000,
        amount_form in 0..4,
        date_form in 0..6,
    ) {
        let mut scholarship = battery()
            .facts
            .scholarships
            .into_iter()
            .next()
            .expect("one")
            .into_scholarship()
            .expect("a scholarship");
        let content = &mut scholarship.content;
        content.name = format!("{} {head}", words.join(" "));
        content.award.maximum = Some(dollars * 100);
        let date = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date") + chrono::Days::new(days);
        content.deadline = domain::Deadline::fixed(date);
        let amount = match amount_form {
            0 => format!("${}", grouped(dollars)),
            1 => format!("{} dollars", grouped(dollars)),
            2 => format!("USD {dollars}"),
            _ => format!("${dollars}.00"),
        };
        let date = match date_form {
            0 => date.to_string(),
            1 => date.format("%B %-d, %Y").to_string(),
            2 => date.format("%-d %B").to_string(),
            3 => format!("{}/{}/{}", date.month(), date.day(), date.year()),
            4 => date.format("%b. %-d").to_string(),
            _ => date.format("%A, %B %-d").to_string(),
        };
        let text = format!(
            "The {} ({}) gives up to {amount} and closes on {date}. See {}.",
            scholarship.content.name,
            scholarship.id,
            scholarship.content.application_url.as_deref().unwrap_or(""),
        );
        let facts = Facts::of([&scholarship]);
        prop_assert_eq!(validate_text(&text, &facts, LIMITS), Ok(()), "{}", text);
    }
}
