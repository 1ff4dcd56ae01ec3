//! Dates of a text.

use super::super::calendar::{self, WrittenDate};
use super::super::pieces::Pieces;
use super::Facts;

/// Words before "3/1" that make it a day and no fraction.
const BEFORE_A_DAY: &[&str] = &[
    "by", "on", "due", "deadline", "until", "before", "closes", "close", "opens", "is", "ends",
    "till",
];

pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    dates(text).iter().all(|date| facts.has_date(date))
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
