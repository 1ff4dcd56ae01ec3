//! Large numbers of a text, whatever they count: an amount may stand without any sign of money.

use super::Facts;

pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    large(text).iter().all(|number| facts.has_number(number))
}

/// What is counted, and no money.
const COUNTED: &[&str] = &[
    "applicants",
    "applications",
    "students",
    "people",
    "members",
    "recipients",
    "winners",
    "words",
    "characters",
    "hours",
    "schools",
    "volunteers",
    "families",
];
/// What has large numbers as results.
const TESTS: &[&str] = &["sat", "gre", "psat", "score", "scores"];
/// How far before.
const NEAR: usize = 3;

/// Whole numbers of four digits and more, without the commas between their thousands. Years, results of tests and counts of
/// people, words and hours are none.
pub(super) fn large(text: &str) -> Vec<String> {
    let tokens: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let word = |token: &String| -> String {
        let letters = token.chars().filter(|character| character.is_alphabetic());
        letters.collect()
    };
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let counts = tokens
            .get(at + 1)
            .is_some_and(|next| COUNTED.contains(&word(next).as_str()));
        let before = &tokens[at.saturating_sub(NEAR)..at];
        let results = before
            .iter()
            .any(|before| TESTS.contains(&word(before).as_str()));
        if !counts && !results {
            found.extend(large_in(token));
        }
    }
    found
}

fn large_in(token: &str) -> impl Iterator<Item = String> {
    let is_part = |character: char| character.is_ascii_digit() || character == ',';
    token
        .split(move |character: char| !is_part(character))
        .map(|number| number.trim_matches(','))
        .filter_map(|number| {
            let digits = number.replace(',', "");
            let is_year = digits.len() == number.len() && ("1900"..="2100").contains(&&*digits);
            (digits.len() >= 4 && !is_year).then_some(digits)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_and_small_numbers_are_not_looked_at() {
        let text = "Founded in 1998, it has 250 members and gives 10,000, or 2,000 or 15000.";
        assert_eq!(large(text), ["10000", "2000", "15000"]);
        assert!(large("").is_empty());
        assert!(
            large("1,200 applicants, with an SAT of 1450 and essays of 1000 words.").is_empty()
        );
    }
}
