//! Cuts a printed amount into numbers, currencies and the words that matter.

use super::currency_words::{self, Meaning};
use super::number::Number;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Number),
    Currency(Meaning),
    Word(Word),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    UpTo,
    AtLeast,
    /// `-`, `to`: from one number to the next.
    Through,
    /// `or`, `,`: one of several.
    Or,
    Varies,
    Between,
    /// `and`: leads from one number to the next only after `between`.
    And,
}

/// Words and signs with a meaning, longest first where one begins another.
const PHRASES: &[(&str, Option<Word>)] = &[
    ("up to a maximum of", Some(Word::UpTo)),
    ("up to", Some(Word::UpTo)),
    ("as much as", Some(Word::UpTo)),
    ("no more than", Some(Word::UpTo)),
    ("not more than", Some(Word::UpTo)),
    ("maximum of", Some(Word::UpTo)),
    ("maximum", Some(Word::UpTo)),
    ("max.", Some(Word::UpTo)),
    ("max", Some(Word::UpTo)),
    ("grand prize of", Some(Word::UpTo)),
    ("grand prize:", Some(Word::UpTo)),
    ("hasta", Some(Word::UpTo)),
    ("bis zu", Some(Word::UpTo)),
    ("at least", Some(Word::AtLeast)),
    ("no less than", Some(Word::AtLeast)),
    ("minimum of", Some(Word::AtLeast)),
    ("minimum", Some(Word::AtLeast)),
    ("min.", Some(Word::AtLeast)),
    ("starting at", Some(Word::AtLeast)),
    ("or more", Some(Word::AtLeast)),
    ("and up", Some(Word::AtLeast)),
    ("+", Some(Word::AtLeast)),
    ("through", Some(Word::Through)),
    ("to", Some(Word::Through)),
    ("-", Some(Word::Through)),
    ("or", Some(Word::Or)),
    (",", Some(Word::Or)),
    (";", Some(Word::Or)),
    ("varies", Some(Word::Varies)),
    ("vary", Some(Word::Varies)),
    ("varying", Some(Word::Varies)),
    ("variable", Some(Word::Varies)),
    ("between", Some(Word::Between)),
    ("and", Some(Word::And)),
    // Ranges need no word before them, so these only lead in.
    ("from", None),
    ("ranging", None),
    ("ranges", None),
    ("range", None),
    // Once a year, as long as it lasts: the amount as printed.
    ("per academic year", None),
    ("per study year", None),
    ("per school year", None),
    ("per calendar year", None),
    ("per year", None),
    ("per annum", None),
    ("each year", None),
    ("every year", None),
    ("a year", None),
    ("an academic year", None),
    ("/ year", None),
    ("/year", None),
    ("/yr", None),
    ("p.a.", None),
    ("annually", None),
    ("annual", None),
    ("yearly", None),
    ("lifetime", None),
    ("one-time", None),
    ("one time", None),
    ("non-renewable", None),
    ("nonrenewable", None),
    ("renewable", None),
    ("per student", None),
    ("per recipient", None),
    ("per award", None),
    ("each", None),
    ("scholarship", None),
    ("scholarships", None),
    ("bursary", None),
    ("grant", None),
    ("grants", None),
    ("award", None),
    ("awards", None),
    ("prize", None),
    ("amount", None),
    ("amounts", None),
    ("value", None),
    ("valued at", None),
    ("worth", None),
    ("cash", None),
    ("of", None),
    ("is", None),
    ("the", None),
    ("a", None),
    (":", None),
    ("(", None),
    (")", None),
    ("=", None),
    (".", None),
];

/// Words that make a number larger, as decimal places. They stand right after it.
const MULTIPLIERS: &[(&str, u32)] = &[
    ("thousand", 3),
    ("million", 6),
    ("lakhs", 5),
    ("lakh", 5),
    ("crores", 7),
    ("crore", 7),
    ("mio", 6),
    ("k", 3),
    ("m", 6),
    ("万", 4),
];

/// The tokens, or `None` at the first thing that is not understood.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let plain: String = text
        .chars()
        .map(|character| match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' | '～' => '-',
            character if character.is_whitespace() => ' ',
            character => character,
        })
        .collect();
    let mut tokens = Vec::new();
    let mut rest = plain.trim_start();
    while !rest.is_empty() {
        let (token, length) = next(rest)?;
        tokens.extend(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn next(rest: &str) -> Option<(Option<Token>, usize)> {
    if rest.starts_with(|character: char| character.is_ascii_digit()) {
        let (number, length) = number(rest);
        return Some((Some(Token::Number(number)), length));
    }
    // Only ASCII is folded, so that lengths stay what they are.
    let lower = rest.to_ascii_lowercase();
    if let Some((meaning, length)) = currency_words::sign_at(&lower) {
        return Some((Some(Token::Currency(meaning)), length));
    }
    let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
    if let Some(meaning) = currency_words::word(&word) {
        return Some((Some(Token::Currency(meaning)), word.len()));
    }
    let phrase = PHRASES
        .iter()
        .filter(|(phrase, _)| lower.starts_with(phrase) && ends_at_border(&lower, phrase))
        .max_by_key(|(phrase, _)| phrase.len());
    phrase.map(|(phrase, word)| (word.map(Token::Word), phrase.len()))
}

/// A phrase of letters must not end in the middle of a word.
fn ends_at_border(text: &str, phrase: &str) -> bool {
    let letters = phrase.ends_with(char::is_alphabetic);
    let next = text[phrase.len()..].chars().next();
    !letters || !next.is_some_and(char::is_alphabetic)
}

/// A number at the start of `rest`, with the bytes that it takes.
fn number(rest: &str) -> (Number, usize) {
    let bytes = rest.as_bytes();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    loop {
        while digit_at(end) {
            end += 1;
        }
        let separator = rest[end..].chars().next();
        let width = separator.map_or(0, char::len_utf8);
        let after = end + width;
        let three_follow = (0..3).all(|place| digit_at(after + place)) && !digit_at(after + 3);
        match separator {
            Some('.' | ',' | '\'' | '’') if digit_at(after) => end = after,
            Some(' ') if three_follow => end = after,
            _ => break,
        }
    }
    let digits = rest[..end].to_owned();
    let tail = rest[end..].trim_start().to_ascii_lowercase();
    let skipped = rest[end..].len() - rest[end..].trim_start().len();
    let multiplier = MULTIPLIERS
        .iter()
        .find(|(word, _)| tail.starts_with(word) && (*word == "万" || ends_at_border(&tail, word)));
    match multiplier {
        // "10 k" and "10 m" may be anything; "10k" and "10 million" may not.
        Some((word, shift)) if skipped == 0 || word.len() > 1 => (
            Number {
                digits,
                shift: Some(*shift),
            },
            end + skipped + word.len(),
        ),
        _ => (
            Number {
                digits,
                shift: None,
            },
            end,
        ),
    }
}
