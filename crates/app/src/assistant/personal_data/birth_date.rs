//! Dates of birth: dates that a word announces, and full dates of years in which students are born.

use super::super::calendar::{self, WrittenDate};
use super::super::pieces::{Pieces, is_in};
use super::{Finding, PersonalData, finding};

/// Words that announce a date of birth, before or behind it.
const BIRTH_WORDS: &str = "born birthday birthdate dob birth bday nacimiento nací naci cumpleaños né née naissance geboren geburtsdatum \
geburtstag nascimento nasci aniversário";
/// Words that make a date a limit or another event of a life.
const OTHER_EVENTS: &str = "before after since until between graduated graduate graduation founded established enlisted discharged through \
deadline due arrived moved enrolled married started came";
/// Full dates of these years are taken for dates of birth. Nobody under thirteen may have an account; no deadline is that old.
const BIRTH_YEARS: std::ops::RangeInclusive<i32> = 1920..=2014;
/// Pieces between the word and the date at most.
const DISTANCE: usize = 5;

pub(super) fn birth_dates(pieces: &Pieces) -> Vec<Finding> {
    let dates = calendar::dates(pieces);
    let written = dates
        .iter()
        .filter(|date| is_announced(pieces, date) || is_old(pieces, date))
        .filter_map(|date| finding(pieces, PersonalData::DateOfBirth, date.start, date.end));
    let digits = (0..pieces.len())
        .filter(|at| matches!(pieces.digits(*at).len(), 6 | 8) && is_announced_before(pieces, *at))
        .filter_map(|at| finding(pieces, PersonalData::DateOfBirth, at, at + 1));
    written.chain(digits).collect()
}

fn is_announced(pieces: &Pieces, date: &WrittenDate) -> bool {
    is_announced_before(pieces, date.start) || is_announced_behind(pieces, date.end)
}

fn is_announced_before(pieces: &Pieces, at: usize) -> bool {
    let is_dotted = (at.saturating_sub(DISTANCE + 3)..at).any(|start| {
        pieces.word(start) == "d" && pieces.word(start + 2) == "o" && pieces.word(start + 4) == "b"
    });
    let words: Vec<&str> = pieces.words_before(at, DISTANCE).collect();
    let named = words.iter().any(|word| is_in(BIRTH_WORDS, word));
    let other = words.iter().any(|word| is_in(OTHER_EVENTS, word));
    is_dotted || (named && !other)
}

fn is_announced_behind(pieces: &Pieces, at: usize) -> bool {
    (at..at + DISTANCE)
        .take_while(|place| {
            let word = pieces.word(*place);
            pieces.is_sign(*place, "(=-")
                || is_in(BIRTH_WORDS, word)
                || matches!(
                    word,
                    "is" | "was" | "my" | "the" | "as" | "date" | "of" | "es" | "ist"
                )
        })
        .any(|place| is_in(BIRTH_WORDS, pieces.word(place)))
}

fn is_old(pieces: &Pieces, date: &WrittenDate) -> bool {
    let four_digits = (date.start..date.end).any(|at| pieces.digits(at).len() == 4);
    let old = date.year.is_some_and(|year| BIRTH_YEARS.contains(&year));
    let other = |word: &str| is_in(OTHER_EVENTS, word);
    old && four_digits && date.day.is_some() && !pieces.words_before(date.start, 4).any(other)
}
