//! Dates of a text.

use super::super::calendar::{self, WrittenDate};
use super::super::pieces::Pieces;
use super::Facts;
use crate::month_names;

/// Words before "3/1" that make it a day and no fraction.
const BEFORE_A_DAY: &[&str] = &[
    "by", "on", "due", "deadline", "until", "before", "closes", "close", "opens", "is", "ends",
    "till",
];

const BEFORE_A_MONTH: &[&str] = &[
    "in", "by", "of", "until", "till", "before", "after", "since", "from", "to", "late", "early",
    "mid", "every", "each", "next",
];

pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    dates(text).iter().all(|date| facts.has_date(date))
        && months(text).iter().all(|month| facts.names_month(*month))
}

/// Months by name, with a day or without. Two of them are other words as well, unless such a word stands before them.
pub(super) fn months(text: &str) -> Vec<u32> {
    let pieces = Pieces::of(text);
    let named = |at: usize| {
        let word = pieces.word(at);
        let month = month_names::of_any_language(word)?;
        let has_capital = pieces.get(at)?.starts_with_capital();
        let before = at.checked_sub(1).map_or("", |before| pieces.word(before));
        let certain = !matches!(word, "may" | "march") || BEFORE_A_MONTH.contains(&before);
        (has_capital && certain).then_some(month)
    };
    (0..pieces.len()).filter_map(named).collect()
}

pub(super) fn dates(text: &str) -> Vec<WrittenDate> {
    let pieces = Pieces::of(text);
    let mut dates = calendar::dates(&pieces);
    let short = (1..pieces.len()).filter_map(|at| month_and_day(&pieces, at));
    dates.extend(short);
    dates
}

/// "3/1" behind a word such as "by".
fn month_and_day(pieces: &Pieces, at: usize) -> Option<WrittenDate> {
    let announced = BEFORE_A_DAY.contains(&pieces.word(at - 1))
        || (pieces.is_sign(at - 1, ":") && at > 1 && BEFORE_A_DAY.contains(&pieces.word(at - 2)));
    let (month, day) = (pieces.number(at)?, pieces.number(at + 2)?);
    let whole = pieces.is_sign(at + 1, "/") && pieces.is_glued(at + 1) && pieces.is_glued(at + 2);
    let goes_on = pieces.is_sign(at + 3, "/%") && pieces.is_glued(at + 3);
    let possible = (1..=12).contains(&month) && (1..=31).contains(&day);
    (announced && whole && !goes_on && possible).then_some(WrittenDate {
        start: at,
        end: at + 3,
        year: None,
        month,
        day: Some(day),
    })
}
