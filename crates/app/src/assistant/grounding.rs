//! Whether filters that a model set have their ground in what was asked.

use chrono::NaiveDate;
use domain::award::MinorUnits;
use domain::{Currency, Term as _, UsState};
use ports::search_index::Filters;

use super::{folding, query_parser};
use crate::month_names;

/// Words beside months and digits that a date may come from.
const TIMES: &[&str] = &[
    "today",
    "tomorrow",
    "tonight",
    "now",
    "soon",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "spring",
    "summer",
    "fall",
    "autumn",
    "winter",
    "semester",
    "quarter",
    "christmas",
    "holidays",
    "open",
    "currently",
    "deadline",
];

/// Amounts and averages must be numbers of the text, states be named in it, and dates come from words about time. What kind of
/// scholarship somebody means is for the model to understand.
pub(super) fn is_grounded(filters: &Filters, seen: &str, today: NaiveDate) -> bool {
    let words = folding::words(seen);
    let numbers = numbers(seen);
    let read = query_parser::parse(seen, today).filters;
    let amount = |set: Option<MinorUnits>, read: Option<MinorUnits>| {
        set.is_none() || set == read || set.is_some_and(|set| is_among(&numbers, set))
    };
    let average = filters.min_gpa.is_none_or(|gpa| {
        filters.min_gpa == read.min_gpa
            || numbers
                .iter()
                .any(|number| (number - gpa.points()).abs() < 0.005)
    });
    let speaks_of_time = words.iter().any(|word| {
        TIMES.contains(&word.as_str())
            || month_names::of_any_language(word).is_some()
            || word.contains(|character: char| character.is_ascii_digit())
    });
    let sets_dates = [
        filters.deadline_after,
        filters.deadline_before,
        filters.open_on,
    ]
    .iter()
    .any(Option::is_some);
    amount(filters.min_amount, read.min_amount)
        && amount(filters.max_amount, read.max_amount)
        && average
        && (!sets_dates || speaks_of_time)
        && filters
            .states
            .iter()
            .all(|state| read.states.contains(state) || is_named(state, &words))
}

fn is_named(state: UsState, words: &[String]) -> bool {
    let name = folding::words(&state.name());
    words.windows(name.len()).any(|window| window == name)
        || words
            .iter()
            .any(|word| word.eq_ignore_ascii_case(state.code()))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts that are asked for are far below 2^52 cents"
)]
fn is_among(numbers: &[f64], amount: MinorUnits) -> bool {
    let scale = 10_f64.powi(i32::try_from(Currency::USD.decimals()).unwrap_or(2));
    let amount = amount as f64 / scale;
    numbers.iter().any(|number| (number - amount).abs() < 0.005)
}

/// All numbers, with what k and thousand make of them.
fn numbers(text: &str) -> Vec<f64> {
    let plain = text.to_lowercase().replace(',', "");
    let is_part = |character: char| character.is_ascii_digit() || character == '.';
    let mut numbers = Vec::new();
    let mut rest = plain.as_str();
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest
            .find(|character| !is_part(character))
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        if let Ok(number) = number.trim_end_matches('.').parse::<f64>() {
            let behind = behind.trim_start();
            let thousands = ["k", "thousand", "grand"]
                .iter()
                .any(|word| behind.starts_with(word));
            numbers.push(number);
            if thousands {
                numbers.push(number * 1_000.0);
            }
        }
        rest = behind;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_states_and_times_must_be_there() {
        let today = "2026-11-26".parse().expect("a date");
        let seen = "nursing in texas, at least 5k, I have a 3.2, due before June";
        let set = |change: fn(&mut Filters)| {
            let mut filters = Filters::default();
            change(&mut filters);
            is_grounded(&filters, seen, today)
        };
        assert!(set(|filters| filters.min_amount = Some(500_000)));
        assert!(!set(|filters| filters.min_amount = Some(5_000_000)));
        assert!(!set(|filters| filters.max_amount = Some(100)));
        assert!(set(
            |filters| filters.min_gpa = domain::Gpa::from_hundredths(320).ok()
        ));
        assert!(!set(
            |filters| filters.min_gpa = domain::Gpa::from_hundredths(380).ok()
        ));
        assert!(set(|filters| filters.states.insert(UsState::Texas)));
        assert!(!set(|filters| filters.states.insert(UsState::Nevada)));
        assert!(set(
            |filters| filters.deadline_before = "2027-05-31".parse().ok()
        ));
        let filters = Filters {
            open_on: Some(today),
            ..Filters::default()
        };
        assert!(!is_grounded(&filters, "nursing", today));
    }
}
