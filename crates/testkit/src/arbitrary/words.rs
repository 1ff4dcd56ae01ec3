//! Texts in several languages, addresses, and picks from vocabularies.

use domain::{Term, TermSet};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const WORDS: &[&str] = &[
    "scholarship",
    "engineering",
    "women",
    "in",
    "the",
    "future",
    "Nevada",
    "nursing",
    "STEM",
    "first-generation",
    "O'Brien",
    "AT&T",
    "<b>bold</b>",
    "\"quoted\"",
    "100%",
    "Stipendium",
    "für",
    "Studierende",
    "Straße",
    "becas",
    "educación",
    "niñas",
    "bourse",
    "d'études",
    "élève",
    "奖学金",
    "大学",
    "奨学金",
    "장학금",
    "стипендия",
    "студент",
    "منحة",
    "दराज",
    "İstanbul",
    "e\u{301}cole",
    "👩\u{200d}🎓",
];

/// Words with single blanks between them: at least one, at most `most` characters or one word.
pub(super) fn line(most: usize) -> impl Strategy<Value = String> {
    vec(select(WORDS), 1..12).prop_map(move |words| joined(&words, " ", most))
}

/// Lines of words.
pub(super) fn prose(most: usize) -> impl Strategy<Value = String> {
    vec(line(120), 1..6).prop_map(move |lines| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        joined(&lines, "\n", most)
    })
}

fn joined(parts: &[&str], between: &str, most: usize) -> String {
    let mut text = parts.first().copied().unwrap_or_default().to_owned();
    for part in parts.iter().skip(1) {
        if text.chars().count() + part.chars().count() < most {
            text.push_str(between);
            text.push_str(part);
        }
    }
    text
}

pub(super) fn address() -> impl Strategy<Value = String> {
    "https?://[a-z]{1,12}\\.example(/[a-z0-9-]{1,10}){0,3}(\\?[a-z]=[0-9]{1,3})?"
}

/// The values without repetitions, in their order.
pub(super) fn distinct<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(values.len());
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

pub(super) fn term<T: Term>() -> impl Strategy<Value = T> {
    select(T::ALL)
}

/// Often empty, sometimes large.
pub(super) fn terms<T: Term>() -> impl Strategy<Value = TermSet<T>> {
    prop_oneof![
        2 => Just(TermSet::default()),
        2 => subsequence(T::ALL, 1..=3).prop_map(|terms| TermSet::of(&terms)),
        1 => subsequence(T::ALL, 1..=T::ALL.len()).prop_map(|terms| TermSet::of(&terms)),
    ]
}
