//! Reads award amounts as catalogues print them: what is certain becomes numbers, everything else stays text.
//!
//! The text must be understood to its last word. One word that is not known, a second currency, a monthly rate or a number
//! that could be read in two ways leaves both bounds open.

mod currency_words;
mod number;
mod token;

use domain::Currency;
use domain::award::MinorUnits;

use token::{Token, Word};

/// What a printed amount certainly says. Both bounds are `None` when it says nothing certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedAmount {
    pub minimum: Option<MinorUnits>,
    pub maximum: Option<MinorUnits>,
    pub currency: Currency,
}

/// Longer texts are prose, not amounts.
const LONGEST: usize = 200;

/// Reads `text`; `default_currency` stands for a missing currency and decides what `$` means if it is a dollar.
///
/// An exact amount sets both bounds; "up to" sets the upper one, "at least" the lower one. A number without any currency
/// counts only from 100 on, and not when it looks like a year.
pub fn parse(text: &str, default_currency: Currency) -> PrintedAmount {
    let nothing = PrintedAmount {
        minimum: None,
        maximum: None,
        currency: default_currency,
    };
    if text.chars().count() > LONGEST {
        return nothing;
    }
    read(text, default_currency).unwrap_or(nothing)
}

fn read(text: &str, default_currency: Currency) -> Option<PrintedAmount> {
    let tokens = token::tokens(text)?;
    let stated = currency_words::agree(
        tokens.iter().filter_map(|token| match token {
            Token::Currency(meaning) => Some(meaning),
            _ => None,
        }),
        default_currency,
    )?;
    let currency = stated.unwrap_or(default_currency);
    if begins_with_a_count(&tokens) {
        return None;
    }
    let mut amounts = Vec::new();
    for token in &tokens {
        if let Token::Number(number) = token {
            amounts.push((number.minor_units(currency)?, number));
        }
    }
    if stated.is_none()
        && amounts
            .iter()
            .any(|(_, number)| !number.is_money_without_currency())
    {
        return None;
    }
    // "$5-10k" may start at five dollars or at five thousand.
    let multiplied = amounts
        .iter()
        .filter(|(_, number)| number.has_multiplier())
        .count();
    if multiplied != 0 && multiplied != amounts.len() {
        return None;
    }
    let amounts: Vec<MinorUnits> = amounts.into_iter().map(|(minor, _)| minor).collect();
    let (minimum, maximum) = bounds(&tokens, &amounts)?;
    Some(PrintedAmount {
        minimum,
        maximum,
        currency,
    })
}

/// "2 - $500 scholarships" are two of them: a first number without a sign before one with a sign may be a count.
fn begins_with_a_count(tokens: &[Token]) -> bool {
    let is_currency = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|token| matches!(token, Token::Currency(_)))
    };
    let mut numbers = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| matches!(token, Token::Number(_)))
        .map(|(at, _)| at);
    let Some(first) = numbers.next() else {
        return false;
    };
    let first_is_money = is_currency(first.checked_sub(1)) || is_currency(Some(first + 1));
    !first_is_money && numbers.any(|at| is_currency(at.checked_sub(1)))
}

/// The bounds that the words give to the amounts. A zero is no award, so it bounds nothing alone.
fn bounds(
    tokens: &[Token],
    amounts: &[MinorUnits],
) -> Option<(Option<MinorUnits>, Option<MinorUnits>)> {
    let says = |word: Word| tokens.contains(&Token::Word(word));
    let least = *amounts.iter().min()?;
    let most = *amounts.iter().max()?;
    if most == 0 {
        return None;
    }
    let between_numbers = joints(tokens)?;
    match amounts.len() {
        1 => match (says(Word::UpTo), says(Word::AtLeast)) {
            (true, true) => None,
            (true, false) => Some((None, Some(most))),
            (false, true) => Some((Some(least), None)),
            (false, false) if says(Word::Varies) => None,
            (false, false) => Some((Some(least), Some(most))),
        },
        // "up to $500 or $1,000" and "from $500 to $1,000" are both ranges; "at least $500, $1,000" is not.
        2 if between_numbers == [Word::Through] => {
            (!says(Word::UpTo)).then_some((Some(least), Some(most)))
        }
        _ if between_numbers.iter().all(|joint| *joint == Word::Or) => {
            let plain = !says(Word::UpTo) && !says(Word::AtLeast);
            plain.then_some((Some(least), Some(most)))
        }
        _ => None,
    }
}

/// The word that stands between each number and the next; `None` when there is none, or more than one kind.
fn joints(tokens: &[Token]) -> Option<Vec<Word>> {
    let mut joints = Vec::new();
    let mut since_number: Option<Vec<Word>> = None;
    let between = tokens.contains(&Token::Word(Word::Between));
    for token in tokens {
        match token {
            Token::Number(_) => {
                if let Some(mut words) = since_number.replace(Vec::new()) {
                    words.dedup();
                    let [joint] = words[..] else {
                        return None;
                    };
                    joints.push(joint);
                }
            }
            Token::Word(word @ (Word::Through | Word::Or | Word::And)) => {
                let joint = if *word == Word::And && between {
                    Word::Through
                } else {
                    *word
                };
                if let Some(words) = &mut since_number {
                    words.push(joint);
                }
            }
            Token::Word(_) | Token::Currency(_) => {}
        }
    }
    // A dash or "or" after the last number leads to something that is not there.
    (since_number?.is_empty()).then_some(joints)
}

#[cfg(test)]
mod tests;
