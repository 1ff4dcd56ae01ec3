//! Puts dates together: from opening to closing, or each alone.

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::token::{PrintedDate, Token};

/// A closing date, with the opening date of the range that it ends; or an opening date alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Option<PrintedDate>,
    pub(super) end: PrintedDate,
    /// `end` is when applications open; nothing is said about the close.
    pub(super) opens: bool,
}

const OPENING: &[&str] = &[
    "open", "opens", "opening", "begin", "begins", "start", "starts", "from",
];
const CLOSING: &[&str] = &[
    "close", "closes", "closing", "deadline", "due", "until", "till", "by", "ends", "end",
];
const BETWEEN: &[&str] = &["between", "zwischen", "entre"];

/// Every date of the text, ranges as one.
pub(super) fn spans(tokens: &[Token]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let (mut opening, mut between, mut leads_on) = (false, false, false);
    for token in tokens {
        match token {
            Token::Word(word) => {
                let word = word.as_str();
                between |= BETWEEN.contains(&word);
                if OPENING.contains(&word) {
                    opening = true;
                }
                if CLOSING.contains(&word) {
                    // "opens X, closes Y" is a range; in "opens X", nothing has closed yet.
                    leads_on = opening && !spans.is_empty();
                    opening = false;
                }
                leads_on |= matches!(word, "to" | "through" | "until" | "till" | "bis" | "hasta")
                    || (between && matches!(word, "and" | "und" | "y"));
            }
            Token::Sign('-') => leads_on = true,
            Token::Sign(';' | '/' | '(') => leads_on = false,
            Token::Date(date) => {
                match spans.last_mut() {
                    Some(last) if leads_on && last.start.is_none() => {
                        *last = Span {
                            start: Some(last.end),
                            end: *date,
                            opens: false,
                        };
                    }
                    _ => spans.push(Span {
                        start: None,
                        end: *date,
                        opens: opening,
                    }),
                }
                leads_on = false;
            }
            Token::Time(_)
            | Token::Zone(_)
            | Token::Weekday(_)
            | Token::Number
            | Token::Sign(_) => {}
        }
    }
    spans
}

/// The time of day, if exactly one is given, certain, and its zone is too.
pub(super) fn time(tokens: &[Token]) -> Option<NaiveTime> {
    let mut times = tokens.iter().filter_map(|token| match token {
        Token::Time(time) => Some(*time),
        _ => None,
    });
    let zone_is_open = tokens.contains(&Token::Zone(None));
    match (times.next(), times.next()) {
        (Some(time), None) if !zone_is_open => time,
        _ => None,
    }
}

/// The zone, if exactly one is given.
pub(super) fn zone(tokens: &[Token]) -> Option<Tz> {
    let mut zones = tokens.iter().filter_map(|token| match token {
        Token::Zone(zone) => Some(*zone),
        _ => None,
    });
    match (zones.next(), zones.next()) {
        (Some(zone), None) => zone,
        _ => None,
    }
}
