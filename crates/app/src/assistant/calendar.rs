//! Finds dates in prose: full ones, days of a month, and months of a year.

use chrono::NaiveDate;

use super::pieces::Pieces;
use crate::month_names;

/// A date as written. A year of two digits counts from 1930 to 2029.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenDate {
    /// Places of its first piece and of the piece behind it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) year: Option<i32>,
    pub(super) month: u32,
    pub(super) day: Option<u32>,
}

impl WrittenDate {
    pub(super) fn full(&self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year?, self.month, self.day?)
    }
}

/// Every date, from left to right; none overlaps another.
pub(super) fn dates(pieces: &Pieces) -> Vec<WrittenDate> {
    let mut dates = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let reader = Reader { pieces, start: at };
        if let Some(found) = reader.read() {
            at = found.last().map_or(at + 1, |date| date.end).max(at + 1);
            dates.extend(found);
        } else {
            at += 1;
        }
    }
    dates
}

struct Reader<'a> {
    pieces: &'a Pieces<'a>,
    start: usize,
}

impl Reader<'_> {
    /// One date, or the two ends of "March 1-15".
    fn read(&self) -> Option<Vec<WrittenDate>> {
        let one = self
            .chinese()
            .or_else(|| self.in_numbers())
            .or_else(|| self.day_first());
        one.map(|date| vec![date]).or_else(|| self.month_first())
    }

    fn date(
        &self,
        end: usize,
        year: Option<u32>,
        month: u32,
        day: Option<u32>,
    ) -> Option<WrittenDate> {
        let year = year.map(i32::try_from).transpose().ok()?;
        // A day without a year may be the one of a leap year.
        NaiveDate::from_ymd_opt(year.unwrap_or(2024), month, day.unwrap_or(1))?;
        Some(WrittenDate {
            start: self.start,
            end,
            year,
            month,
            day,
        })
    }

    /// 2027年3月1日, or without the year.
    fn chinese(&self) -> Option<WrittenDate> {
        let (pieces, mut at) = (self.pieces, self.start);
        let mut year = None;
        if pieces.word(at + 1) == "年" {
            year = Some(pieces.number(at)?);
            at += 2;
        }
        let (month, day) = (pieces.number(at)?, pieces.number(at + 2)?);
        let named = pieces.word(at + 1) == "月" && pieces.word(at + 3).starts_with(['日', '号']);
        named.then(|| self.date(at + 4, year, month, Some(day)))?
    }

    /// 2027-03-01, 3/1/2027, 3/1/27; where both orders are possible, the month comes first, as in the United States.
    fn in_numbers(&self) -> Option<WrittenDate> {
        let (pieces, at) = (self.pieces, self.start);
        let first = pieces.number(at)?;
        let separator = pieces.sign(at + 1).filter(|sign| "/-.".contains(*sign))?;
        let (second, third) = (pieces.number(at + 2)?, pieces.number(at + 4)?);
        let inside = pieces.is_glued(at)
            && at.checked_sub(1).is_some_and(|before| {
                pieces.sign(before) == Some(separator) || pieces.is_sign(before, "$")
            });
        let goes_on = pieces.sign(at + 5) == Some(separator) && pieces.is_glued(at + 6);
        let one_run = (at + 1..at + 5).all(|place| pieces.is_glued(place));
        if inside
            || (goes_on && !pieces.digits(at + 6).is_empty())
            || !one_run
            || pieces.sign(at + 3) != Some(separator)
        {
            return None;
        }
        let lengths = (pieces.digits(at).len(), pieces.digits(at + 4).len());
        let (year, month, day) = match lengths {
            (4, 1 | 2) => (first, second, third),
            (1 | 2, 4) if first > 12 => (third, second, first),
            (1 | 2, 4) => (third, first, second),
            (1 | 2, 2) => {
                let year = third + if third < 30 { 2000 } else { 1900 };
                if first > 12 {
                    (year, second, first)
                } else {
                    (year, first, second)
                }
            }
            _ => return None,
        };
        self.date(at + 5, Some(year), month, Some(day))
    }

    /// 4 March 2016; 15. Oktober; the 4th of March; 1 de marzo de 2027.
    fn day_first(&self) -> Option<WrittenDate> {
        let pieces = self.pieces;
        let (day, mut at) = self.day(self.start)?;
        let joined = matches!(pieces.word(at), "of" | "de");
        at += usize::from(joined || pieces.is_sign(at, ".-"));
        let (year, end) = self.year(at + 1);
        let month = self.month(at, joined || year.is_some())?;
        self.date(end, year, month, Some(day))
    }

    /// March 4, 2016; Nov. 11; March 1st; March 1-15, 2027; March 2016.
    fn month_first(&self) -> Option<Vec<WrittenDate>> {
        let pieces = self.pieces;
        let mut at = self.start + 1;
        let dotted = pieces.is_sign(at, ".");
        let digits_follow = !pieces.digits(at + usize::from(dotted)).is_empty();
        let ordinal = matches!(pieces.word(at + 1), "st" | "nd" | "rd" | "th");
        let month = self.month(self.start, digits_follow && ordinal)?;
        at += usize::from(dotted);
        at += usize::from(pieces.word(at) == "the");
        let Some((day, mut at)) = self.day(at) else {
            let (year, end) = self.year(at);
            return year
                .and_then(|year| self.date(end, Some(year), month, None))
                .map(|date| vec![date]);
        };
        let mut last = None;
        if pieces.is_dash(at)
            && let Some((day, end)) = self.day(at + 1)
        {
            last = Some(day);
            at = end;
        }
        let (year, end) = self.year(at);
        let first = self.date(end, year, month, Some(day))?;
        let last = last.and_then(|last| self.date(end, year, month, Some(last)));
        Some(std::iter::once(first).chain(last).collect())
    }

    /// "may" and "mar" are words, too: in small letters they count only where `certain`.
    fn month(&self, at: usize, certain: bool) -> Option<u32> {
        let piece = self.pieces.get(at)?;
        let month = month_names::of_any_language(self.pieces.word(at))?;
        let doubtful = matches!(&*piece.lower, "may" | "mar" | "mars" | "sep" | "dec");
        (!doubtful || certain || piece.starts_with_capital()).then_some(month)
    }

    /// A day of a month with its ordinal letters, and the place behind it. "5,000", "10:30" and "5%" are none.
    fn day(&self, at: usize) -> Option<(u32, usize)> {
        let pieces = self.pieces;
        let day = pieces
            .number(at)
            .filter(|day| pieces.digits(at).len() <= 2 && (1..=31).contains(day))?;
        let grouped = pieces.is_sign(at + 1, ",.")
            && pieces.is_glued(at + 1)
            && pieces.is_glued(at + 2)
            && !pieces.digits(at + 2).is_empty();
        let is_sum = at
            .checked_sub(1)
            .is_some_and(|before| pieces.is_sign(before, "$€£.,:") && pieces.is_glued(at));
        if (grouped && pieces.digits(at + 2).len() != 4) || is_sum || pieces.is_sign(at + 1, ":%") {
            return None;
        }
        let ordinal = matches!(pieces.word(at + 1), "st" | "nd" | "rd" | "th" | "er" | "º");
        Some((day, at + 1 + usize::from(ordinal)))
    }

    /// A year of four digits, after a sign or word that may join it, with the place behind it; else `at`.
    fn year(&self, at: usize) -> (Option<u32>, usize) {
        let joined =
            self.pieces.is_sign(at, ",.-") || matches!(self.pieces.word(at), "of" | "de" | "del");
        let place = at + usize::from(joined);
        match self.pieces.number(place) {
            Some(year @ 1900..=2200) if self.pieces.digits(place).len() == 4 => {
                (Some(year), place + 1)
            }
            _ => (None, at),
        }
    }
}
