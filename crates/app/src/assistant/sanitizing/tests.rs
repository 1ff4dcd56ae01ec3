//! Batteries of texts, and properties of all texts.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct PersonalTexts {
    personal: Vec<PersonalText>,
    harmless: Vec<String>,
}

#[derive(Deserialize)]
struct PersonalText {
    text: String,
    expected: String,
}

#[derive(Deserialize)]
struct Injections {
    injections: Vec<String>,
    harmless: Vec<String>,
}

fn personal_texts() -> PersonalTexts {
    let json = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/personal_data.json"
    ));
    serde_json::from_str(json).expect("a battery")
}

fn injections() -> Injections {
    let json = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/injections.json"
    ));
    serde_json::from_str(json).expect("a battery")
}

fn answer(text: &str) -> Result<String, Unsafe> {
    sanitize_input(text).map(|safe| safe.text)
}

fn assert_none(misses: &[String]) {
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

#[test]
fn personal_data_becomes_placeholders() {
    let misses: Vec<String> = personal_texts()
        .personal
        .into_iter()
        .filter_map(|case| {
            let answer = answer(&case.text);
            (answer.as_ref() != Ok(&case.expected))
                .then(|| format!("{:?}\n  -> {answer:?}\n  != {:?}", case.text, case.expected))
        })
        .collect();
    assert_none(&misses);
}

#[test]
fn harmless_texts_pass_unchanged() {
    let texts = personal_texts().harmless.into_iter();
    let misses: Vec<String> = texts
        .chain(injections().harmless)
        .filter_map(|text| {
            let answer = answer(&text);
            (answer.as_ref() != Ok(&text)).then(|| format!("{text:?}\n  -> {answer:?}"))
        })
        .collect();
    assert_none(&misses);
}

#[test]
fn texts_that_talk_to_the_model_are_refused() {
    let misses: Vec<String> = injections()
        .injections
        .into_iter()
        .filter(|text| answer(text) != Err(Unsafe::Injection))
        .collect();
    assert_none(&misses);
}

#[test]
fn the_kinds_that_were_removed_are_named() {
    let safe = sanitize_input("a@b.com, 555-123-4567 and c@d.com").expect("safe");
    let kinds = [PersonalData::Email, PersonalData::Phone];
    assert_eq!(safe.removed, BTreeSet::from(kinds));
}

#[test]
fn long_texts_are_refused() {
    assert!(sanitize_input(&"é".repeat(LONGEST_INPUT)).is_ok());
    let long = "é".repeat(LONGEST_INPUT + 1);
    assert_eq!(sanitize_input(&long), Err(Unsafe::TooLong));
    let grows = "\u{FDFA}".repeat(100);
    assert_eq!(sanitize_input(&grows), Err(Unsafe::TooLong));
}

#[test]
fn invisible_characters_and_line_breaks_go() {
    let text = "nur\u{200b}sing\u{202e} in\u{e0041}\n\tOhio\u{fe0f}\u{0}  \r\n now";
    assert_eq!(answer(text).as_deref(), Ok("nursing in Ohio now"));
}

fn card() -> impl Strategy<Value = String> {
    ("[3-6][0-9]{14}", prop::sample::select(vec!["", " ", "-"])).prop_map(|(digits, separator)| {
        let sum: u32 = digits
            .bytes()
            .rev()
            .enumerate()
            .map(|(at, byte)| {
                let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
                digit / 10 + digit % 10
            })
            .sum();
        let digits = format!("{digits}{}", (10 - sum % 10) % 10);
        let groups: Vec<&str> = (0..4).map(|at| &digits[at * 4..at * 4 + 4]).collect();
        groups.join(separator)
    })
}

proptest! {
    #[test]
    fn any_text_is_cleaned_once_and_for_all(text in ".{0,120}|[ -~]{0,200}|[0-9@./: +()a-cAIDM-]{0,120}|(id|born|my name is|PO Box|[0-9]{1,5}| |\\[ID\\]|\\[|\\]|@|at|dot|com|st|may|ssn|phone|\\.|,|-|/|https://|::){0,60}") {
        if let Ok(safe) = sanitize_input(&text) {
            let again = sanitize_input(&safe.text);
            prop_assert_eq!(again.map(|again| again.text), Ok(safe.text));
        }
    }

    #[test]
    fn generated_personal_data_never_stays(
        before in "[a-zA-Z ,.;:!]{0,40}",
        email in "[a-z0-9]{1,12}([._+-][a-z0-9]{1,8})?@[a-z0-9]{1,12}(-[a-z]{1,5})?\\.(com|edu|org|co\\.uk)",
        ssn in "[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}",
        card in card(),
        after in "[a-zA-Z ,.;:!]{0,40}",
    ) {
        let text = format!("{before} {email} {before} {ssn} {after} {card} {after}");
        if let Ok(safe) = sanitize_input(&text) {
            prop_assert!(!safe.text.contains('@'), "{}", safe.text);
            prop_assert!(!safe.text.contains(char::is_numeric), "{}", safe.text);
        }
    }
}
