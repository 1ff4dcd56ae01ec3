//! Cuts a printed deadline into dates, times, zones and words.

use chrono::{NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::{calendar_words, within_calendar};
use crate::month_names;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrintedDate {
    Certain {
        year: Option<i32>,
        month: u8,
        day: Option<u8>,
    },
    /// A date in numbers that can be read in two ways.
    Ambiguous,
}

impl PrintedDate {
    pub(super) fn full(self) -> Option<NaiveDate> {
        let Self::Certain {
            year: Some(year),
            month,
            day: Some(day),
        } = self
        else {
            return None;
        };
        NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day))
    }

    /// The date, with the year of `other` where it has none itself ("1 January - 1 March 2027").
    pub(super) fn full_or_in_year_of(self, other: Self) -> Option<NaiveDate> {
        match (self, other) {
            (
                Self::Certain {
                    year: None,
                    month,
                    day,
                },
                Self::Certain { year, .. },
            ) => Self::Certain { year, month, day }.full(),
            _ => self.full(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Date(PrintedDate),
    /// A time of day; `None` when morning or evening is open.
    Time(Option<NaiveTime>),
    Zone(Option<Tz>),
    Weekday(Weekday),
    /// In lower case.
    Word(String),
    Number,
    Sign(char),
}

impl Token {
    /// Whether the token leaves no doubt about a date beside it.
    pub(super) fn is_understood(&self) -> bool {
        match self {
            Self::Word(word) => calendar_words::is_filler(word),
            Self::Number => false,
            Self::Sign(sign) => ".,;:()-/".contains(*sign),
            Self::Date(date) => *date != PrintedDate::Ambiguous,
            Self::Time(_) | Self::Zone(_) | Self::Weekday(_) => true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Word { lower: String, capital: bool },
    Number { digits: usize, value: u32 },
    Sign(char),
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let pieces = pieces(text);
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        let reader = Reader {
            pieces: &pieces[at..],
        };
        let found = reader.date().or_else(|| reader.time());
        if let Some((token, length)) = found {
            tokens.push(token);
            at += length;
            continue;
        }
        tokens.push(match piece {
            Piece::Number { .. } => Token::Number,
            Piece::Sign(sign) => Token::Sign(*sign),
            Piece::Word { lower, .. } => {
                if let Some(weekday) = calendar_words::weekday(lower) {
                    Token::Weekday(weekday)
                } else if let Some(zone) = calendar_words::zone(lower) {
                    Token::Zone(zone)
                } else {
                    Token::Word(lower.clone())
                }
            }
        });
        at += 1;
    }
    tokens
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        let mut run = String::from(first);
        let same_kind = |next: &char| {
            if first.is_ascii_digit() {
                next.is_ascii_digit()
            } else {
                first.is_alphabetic() && next.is_alphabetic()
            }
        };
        while let Some(next) = characters.next_if(same_kind) {
            run.push(next);
        }
        if first.is_ascii_digit() {
            pieces.push(Piece::Number {
                digits: run.len(),
                value: run.parse().unwrap_or(u32::MAX),
            });
        } else if first.is_alphabetic() {
            pieces.push(Piece::Word {
                lower: run.to_lowercase(),
                capital: first.is_uppercase(),
            });
        } else if !first.is_whitespace() {
            let dash = matches!(first, '\u{2010}'..='\u{2015}' | '\u{2212}' | '~');
            pieces.push(Piece::Sign(if dash { '-' } else { first }));
        }
    }
    pieces
}

/// Looks for a date or time at the start of its pieces.
struct Reader<'a> {
    pieces: &'a [Piece],
}

impl Reader<'_> {
    fn number(&self, at: usize) -> Option<(usize, u32)> {
        match self.pieces.get(at)? {
            Piece::Number { digits, value } => Some((*digits, *value)),
            _ => None,
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.pieces.get(at)? {
            Piece::Word { lower, .. } => Some(lower),
            _ => None,
        }
    }

    fn sign(&self, at: usize) -> Option<char> {
        match self.pieces.get(at)? {
            Piece::Sign(sign) => Some(*sign),
            _ => None,
        }
    }

    fn date(&self) -> Option<(Token, usize)> {
        let (date, length) = self
            .chinese_date()
            .or_else(|| self.date_in_numbers())
            .or_else(|| self.month_first())
            .or_else(|| self.day_first())?;
        Some((Token::Date(date), length))
    }

    /// 2027年3月1日, or without the year.
    fn chinese_date(&self) -> Option<(PrintedDate, usize)> {
        let (year, at) = match (self.number(0), self.word(1)) {
            (Some((4, year)), Some("年")) => (i32::try_from(year).ok(), 2),
            _ => (None, 0),
        };
        let ((_, month), (_, day)) = (self.number(at)?, self.number(at + 2)?);
        let named =
            self.word(at + 1) == Some("月") && matches!(self.word(at + 3), Some("日" | "号"));
        named.then(|| checked(year, month, Some(day)).map(|date| (date, at + 4)))?
    }

    fn date_in_numbers(&self) -> Option<(PrintedDate, usize)> {
        let (first_digits, first) = self.number(0)?;
        let separator = self.sign(1).filter(|sign| "/-.".contains(*sign))?;
        let (_, second) = self.number(2)?;
        let third = self.number(4).filter(|_| self.sign(3) == Some(separator));
        let Some((third_digits, third)) = third else {
            // "12/1" is a day of some year; "11-22" and "22.59" are too little to be sure of that.
            let day = separator == '/' && first_digits <= 2 && first <= 31 && second <= 31;
            return day.then_some((PrintedDate::Ambiguous, 3));
        };
        let date = if first_digits == 4 {
            checked(i32::try_from(first).ok(), second, Some(third))?
        } else if third_digits != 4 {
            PrintedDate::Ambiguous
        } else {
            let year = i32::try_from(third).ok();
            match (first <= 12, second <= 12) {
                (true, true) if first != second => PrintedDate::Ambiguous,
                (true, _) => checked(year, first, Some(second))?,
                (false, true) => checked(year, second, Some(first))?,
                (false, false) => return None,
            }
        };
        Some((date, 5))
    }

    /// March 4, 2016; Nov.11; July, 12; March 2016; March.
    fn month_first(&self) -> Option<(PrintedDate, usize)> {
        let name = self.word(0)?;
        let month = month_names::of_any_language(name)?;
        let mut at = 1;
        if self.sign(at) == Some('.') {
            at += 1;
        }
        let after_comma = at + usize::from(self.sign(at) == Some(','));
        let after_article = after_comma + usize::from(self.word(after_comma) == Some("the"));
        if let Some((day, length)) = self.day(after_article) {
            let (year, length) = self.year(after_article + length);
            let date = checked(year, month, Some(day))?;
            return Some((date, length));
        }
        // "may" is a word, too.
        let capital = matches!(self.pieces.first(), Some(Piece::Word { capital: true, .. }));
        if name == "may" && (!capital || self.word(at) == Some("be")) {
            return None;
        }
        let (year, length) = self.year(at);
        Some((checked(year, month, None)?, length))
    }

    /// 4 March 2016; 15. Oktober; the 4th of March.
    fn day_first(&self) -> Option<(PrintedDate, usize)> {
        let (day, mut at) = self.day(0)?;
        if self.sign(at) == Some('.') {
            at += 1;
        }
        if matches!(self.word(at), Some("of" | "de")) {
            at += 1;
        }
        let month = month_names::of_any_language(self.word(at)?)?;
        at += 1;
        if self.sign(at) == Some('.') {
            at += 1;
        }
        let (year, length) = self.year(at);
        Some((checked(year, month, Some(day))?, length))
    }

    /// A day of a month with its ordinal letters.
    fn day(&self, at: usize) -> Option<(u32, usize)> {
        let (digits, value) = self.number(at)?;
        if digits > 2 || !(1..=31).contains(&value) || self.sign(at + 1) == Some(':') {
            return None;
        }
        let ordinal = matches!(self.word(at + 1), Some("st" | "nd" | "rd" | "th"));
        Some((value, at_length(at, ordinal) - at))
    }

    /// A year of four digits, after an optional comma or "de"; with the place after it, or `at` when there is none.
    fn year(&self, at: usize) -> (Option<i32>, usize) {
        let comma =
            self.sign(at) == Some(',') || matches!(self.word(at), Some("of" | "de" | "del"));
        let place = at + usize::from(comma);
        match self.number(place) {
            Some((4, year)) => (i32::try_from(year).ok(), place + 1),
            _ => (None, at),
        }
    }

    fn time(&self) -> Option<(Token, usize)> {
        match self.word(0) {
            Some("noon") => return Some((Token::Time(NaiveTime::from_hms_opt(12, 0, 0)), 1)),
            // The one before the day or the one after it?
            Some("midnight") => return Some((Token::Time(None), 1)),
            _ => {}
        }
        let (_, hour) = self.number(0)?;
        let (minute, mut at) = match (self.sign(1), self.number(2)) {
            (Some(':'), Some((2, minute))) => (Some(minute), 3),
            _ => (None, 1),
        };
        if self.sign(at) == Some(':') && self.number(at + 1).is_some() {
            at += 2;
        }
        let half = match (self.word(at), self.sign(at + 1), self.word(at + 2)) {
            (Some("am"), ..) => Some((0, 1)),
            (Some("pm"), ..) => Some((12, 1)),
            (Some("a"), Some('.'), Some("m")) => Some((0, 3)),
            (Some("p"), Some('.'), Some("m")) => Some((12, 3)),
            _ => None,
        };
        match half {
            Some((offset, length)) if (1..=12).contains(&hour) => {
                let time = NaiveTime::from_hms_opt(hour % 12 + offset, minute.unwrap_or(0), 0)?;
                Some((Token::Time(Some(time)), at + length))
            }
            Some(_) => None,
            None => {
                let time = NaiveTime::from_hms_opt(hour, minute?, 0)?;
                let certain = hour == 0 || hour > 12;
                Some((Token::Time(certain.then_some(time)), at))
            }
        }
    }
}

fn at_length(at: usize, ordinal: bool) -> usize {
    at + 1 + usize::from(ordinal)
}

/// A date that exists (in a leap year, when it has no year of its own).
fn checked(year: Option<i32>, month: u32, day: Option<u32>) -> Option<PrintedDate> {
    let date = NaiveDate::from_ymd_opt(year.unwrap_or(2024), month, day.unwrap_or(1))?;
    if year.is_some() {
        within_calendar(date)?;
    }
    Some(PrintedDate::Certain {
        year,
        month: u8::try_from(month).ok()?,
        day: day.and_then(|day| u8::try_from(day).ok()),
    })
}
