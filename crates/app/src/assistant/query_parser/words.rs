//! Splits a query into words, numbers and signs that remember where they stood and how they were written.

use std::ops::Range;

/// A word, a number or a sign of a query.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Lower case; numbers without group commas, abbreviations without dots.
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Bytes of the query.
    pub(super) range: Range<usize>,
    /// Begins with a capital.
    pub(super) is_capital: bool,
    /// Has two letters or more, all of them capitals.
    pub(super) is_upper: bool,
    pub(super) follows_space: bool,
    pub(super) ends: Ending,
    /// A full stop or inner dots: "calif.", "N.Y.".
    pub(super) is_abbreviated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Letters,
    Number(Suffix),
    Sign,
}

/// What stands behind a number without a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    None,
    Thousand,
    Ordinal,
}

/// What a word ends besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    Nothing,
    Comma,
    Clause,
}

/// The words of `text` in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    let mut follows_space = true;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let word = if character.is_ascii_digit() {
            number(rest, at)
        } else if character.is_alphanumeric() {
            letters(rest, at)
        } else if joins_words(words.last(), follows_space, rest) {
            None
        } else {
            sign(rest, at)
        };
        match word {
            Some(mut word) => {
                word.follows_space = follows_space;
                follows_space = false;
                at = word.range.end;
                words.push(word);
            }
            None => {
                follows_space |= character.is_whitespace();
                if let Some(last) = words.last_mut() {
                    last.ends = last.ends.max(ending(character));
                    last.is_abbreviated |= character == '.' && last.range.end == at;
                }
                at += character.len_utf8();
            }
        }
    }
    words
}

/// The hyphen of "low-income", "12th-grade" and "F-1", but not that of "500-2000".
fn joins_words(before: Option<&Word>, follows_space: bool, rest: &str) -> bool {
    let Some(after) = rest.strip_prefix('-') else {
        return false;
    };
    let follows_letters = before.is_some_and(|word| word.kind == Kind::Letters);
    !follows_space
        && (after.starts_with(char::is_alphabetic)
            || (follows_letters && after.starts_with(|c: char| c.is_ascii_digit())))
}

fn ending(character: char) -> Ending {
    match character {
        ',' => Ending::Comma,
        '.' | ';' | '!' | '?' | '(' | ')' | '\n' => Ending::Clause,
        _ => Ending::Nothing,
    }
}

fn word(original: &str, text: String, at: usize, kind: Kind) -> Word {
    let letters = || original.chars().filter(|c| c.is_alphabetic());
    Word {
        text,
        kind,
        range: at..at + original.len(),
        is_capital: original.starts_with(char::is_uppercase),
        is_upper: letters().count() >= 2 && letters().all(char::is_uppercase),
        follows_space: false,
        ends: Ending::Nothing,
        is_abbreviated: false,
    }
}

fn sign(rest: &str, at: usize) -> Option<Word> {
    const SIGNS: [&str; 13] = [
        ">=", "<=", "≥", "≤", ">", "<", "$", "€", "£", "-", "–", "/", "+",
    ];
    let found = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
    let text = match *found {
        "≥" => ">=",
        "≤" => "<=",
        "–" => "-",
        plain => plain,
    };
    Some(word(found, text.to_owned(), at, Kind::Sign))
}

/// Digits with group commas and a decimal point, and the letters that belong to them.
fn number(rest: &str, at: usize) -> Option<Word> {
    let bytes = rest.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    let mut has_point = false;
    loop {
        let groups_on = !has_point
            && bytes.get(end) == Some(&b',')
            && (1..=3).all(|ahead| is_digit(end + ahead))
            && !is_digit(end + 4);
        let decimals_follow = !has_point && bytes.get(end) == Some(&b'.') && is_digit(end + 1);
        if decimals_follow {
            has_point = true;
        } else if !is_digit(end) && !groups_on {
            break;
        }
        end += 1;
    }
    let tail: String = rest[end..]
        .chars()
        .take_while(|c| c.is_alphanumeric())
        .collect();
    let suffix = match tail.to_lowercase().as_str() {
        "" => Suffix::None,
        "k" => Suffix::Thousand,
        "st" | "nd" | "rd" | "th" => Suffix::Ordinal,
        _ => return letters(rest, at),
    };
    let text = rest[..end].replace(',', "");
    Some(word(
        &rest[..end + tail.len()],
        text,
        at,
        Kind::Number(suffix),
    ))
}

fn letters(rest: &str, at: usize) -> Option<Word> {
    if let Some(abbreviation) = dotted(rest, at) {
        return Some(abbreviation);
    }
    let mut end = 0;
    for (index, character) in rest.char_indices() {
        let after = &rest[index + character.len_utf8()..];
        let joins = matches!(character, '\'' | '’') && after.starts_with(char::is_alphabetic);
        // "A&M".
        let is_pair = character == '&'
            && rest[..index].chars().count() == 1
            && after.starts_with(char::is_alphanumeric);
        // "C++", "B+".
        let is_tail = character == '+' && index > 0 && !after.starts_with(char::is_alphanumeric);
        if !(character.is_alphanumeric() || joins || is_pair || is_tail) {
            break;
        }
        end = index + character.len_utf8();
    }
    let original = &rest[..end];
    let text = original.to_lowercase().replace('’', "'");
    (!original.is_empty()).then(|| word(original, text, at, Kind::Letters))
}

/// "N.Y.", "U.S", "Ph.D.": single letters with dots between them.
fn dotted(rest: &str, at: usize) -> Option<Word> {
    let mut end = 0;
    let mut parts = 0;
    let mut text = String::new();
    for part in rest.split('.') {
        let letters: String = part.chars().take_while(|c| c.is_alphanumeric()).collect();
        let is_part = letters.chars().count() == 1 || (parts == 0 && letters == "Ph");
        if !is_part || parts == 6 {
            break;
        }
        end += letters.len() + usize::from(parts > 0);
        text.push_str(&letters.to_lowercase());
        parts += 1;
        if letters.len() != part.len() {
            break;
        }
    }
    if parts < 2 || !text.chars().all(char::is_alphabetic) {
        return None;
    }
    let mut found = word(&rest[..end], text, at, Kind::Letters);
    found.is_abbreviated = true;
    if rest[end..].starts_with('.') {
        found.range.end += 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str) -> Vec<String> {
        words(query).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn numbers_signs_and_abbreviations_are_words() {
        assert_eq!(
            texts("$1.5k-$2,000, n.y. C++ 12th; don’t 2027-03-01"),
            [
                "$", "1.5", "-", "$", "2000", "ny", "c++", "12", "don't", "2027", "-", "03", "-",
                "01"
            ]
        );
        assert_eq!(
            texts("Ph.D. in low-income f1"),
            ["phd", "in", "low", "income", "f1"]
        );
    }

    #[test]
    fn a_full_stop_ends_a_clause_and_a_comma_less() {
        let ends: Vec<Ending> = words("a, b. c").into_iter().map(|word| word.ends).collect();
        assert_eq!(ends, [Ending::Comma, Ending::Clause, Ending::Nothing]);
    }
}
