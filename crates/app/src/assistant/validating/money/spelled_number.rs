//! Numbers in words.

use super::super::super::pieces::Pieces;

const ONES: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &[
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// The number in words that begins at `start`, and the place behind it: "two thousand five hundred", "a thousand".
pub(super) fn spelled_number(pieces: &Pieces, start: usize) -> Option<(i128, usize)> {
    let (mut total, mut group, mut read) = (0_i128, 0_i128, false);
    let mut at = start;
    if matches!(pieces.word(at), "a" | "an") && scale(pieces.word(at + 1)).is_some() {
        group = 1;
        at += 1;
    }
    loop {
        let joint = usize::from(read && (pieces.word(at) == "and" || pieces.is_dash(at)));
        let word = pieces.word(at + joint);
        if let Some(value) = small(word) {
            group = group.checked_add(value)?;
        } else if word == "hundred" {
            group = group.max(1).checked_mul(100)?;
        } else if let Some(factor) = scale(word).filter(|_| joint == 0) {
            total = total.checked_add(group.max(1).checked_mul(factor)?)?;
            group = 0;
        } else {
            break;
        }
        read = true;
        at += joint + 1;
        if at > start + 20 {
            return None;
        }
    }
    read.then_some((total.checked_add(group)?, at))
}

fn small(word: &str) -> Option<i128> {
    let position = |list: &[&str]| list.iter().position(|known| *known == word);
    let value = position(ONES).or_else(|| position(TENS).map(|at| (at + 2) * 10))?;
    i128::try_from(value).ok()
}

fn scale(word: &str) -> Option<i128> {
    match word {
        "hundred" => Some(100),
        "thousand" | "grand" => Some(1_000),
        "million" => Some(1_000_000),
        _ => None,
    }
}
