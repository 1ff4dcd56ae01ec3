//! Days and spans of days as people name them: "1/15", "March 1st", "next spring", "end of the month".

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::day_spans::{date, month, next_day, week, whole_year};
use super::reading::Reading;
use super::words::{Ending, Suffix};
use crate::month_names;

/// A day, or the days of a week, month, season or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// The word after its last.
    pub(super) end: usize,
    pub(super) sort: Sort,
}

/// How surely a span is meant as a date of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing else is written like this.
    Certain,
    /// The end of a span, so that "before" includes it.
    EndOf,
    /// "May", "march": words too, so something must say that a month is meant.
    Word,
    /// Seasons and years, which also say when studies begin.
    Season,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// The span that begins here. What has no year is the next one that is not over `today`.
pub(super) fn span_at(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    if !reading.is_open(at) {
        return None;
    }
    end_of(reading, at, today)
        .or_else(|| by_numbers(reading, at, today))
        .or_else(|| by_month(reading, at, today))
        .or_else(|| relative(reading, at, today))
        .or_else(|| season(reading, at, today))
        .or_else(|| year_alone(reading, at))
}

fn day(date: NaiveDate, end: usize) -> Span {
    days(date, date, end, Sort::Certain)
}

fn days(first: NaiveDate, last: NaiveDate, end: usize, sort: Sort) -> Span {
    Span {
        first,
        last,
        end,
        sort,
    }
}

/// "The end of the month", "end of March"; "the new year" is the whole of it, or what its eve comes before.
fn end_of(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    let at = at + usize::from(reading.word(at) == "the");
    if let ("new", "year" | "years" | "year's") = (reading.word(at), reading.word(at + 1)) {
        let (first, last) = whole_year(today.year().checked_add(1)?)?;
        let eve = first.pred_opt()?;
        let follows = reading.is_near_before(at, 2, &["after"]);
        let (first, last) = if follows { (eve, eve) } else { (first, last) };
        return Some(days(first, last, at + 2, Sort::Season));
    }
    if reading.word(at) != "end" || reading.word(at + 1) != "of" {
        return None;
    }
    let at = at + 2;
    let named = at + usize::from(matches!(reading.word(at), "the" | "this"));
    let (last, end) = match reading.word(named) {
        "month" => (month(today.year(), today.month())?.1, named + 1),
        "year" => (NaiveDate::from_ymd_opt(today.year(), 12, 31)?, named + 1),
        "week" => (week(today)?.1, named + 1),
        _ => {
            let span =
                by_month(reading, named, today).or_else(|| relative(reading, named, today))?;
            (span.last, span.end)
        }
    };
    Some(days(last, last, end, Sort::EndOf))
}

/// "2027-03-01", "1/15", "1/15/27", "the 15th".
fn by_numbers(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    let first = match reading.word(at) {
        "the" if reading.suffix(at + 1) == Some(Suffix::Ordinal) => {
            return day_of_month(reading.whole(at + 1)?, at + 2, today)
                .filter(|span| !reading.word(span.end).starts_with("grade"));
        }
        _ => reading.whole(at)?,
    };
    let joined = |sign: usize, text: &str| {
        reading.word(sign) == text && reading.is_joined(sign) && reading.is_joined(sign + 1)
    };
    if joined(at + 1, "-") && joined(at + 3, "-") && reading.word(at).len() == 4 {
        let date = date(first, reading.whole(at + 2)?, reading.whole(at + 4)?)?;
        return Some(day(date, at + 5));
    }
    if !joined(at + 1, "/") {
        return None;
    }
    let second = reading.whole(at + 2)?;
    if joined(at + 3, "/") {
        let year = reading.whole(at + 4)?;
        let year = if year < 100 { year + 2000 } else { year };
        return Some(day(date(year, first, second)?, at + 5));
    }
    Some(day(next_day(first, second, today)?, at + 3))
}

fn day_of_month(number: u32, end: usize, today: NaiveDate) -> Option<Span> {
    let this = date(today.year().unsigned_abs(), today.month(), number);
    let next = today.with_day(1)?.checked_add_months(Months::new(1))?;
    let date = this
        .filter(|date| *date >= today)
        .or_else(|| next.with_day(number))?;
    Some(day(date, end))
}

/// "March", "Mar 1st, 2027", "15 April 2027", "next March".
fn by_month(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    if let Some(number) = reading.whole(at).filter(|number| (1..=31).contains(number)) {
        let name = at + 1 + usize::from(reading.word(at + 1) == "of");
        let month = month_names::english(reading.word(name))?;
        let (year, end) = year_behind(reading, name + 1);
        return Some(day(day_in(year, month, number, today)?, end));
    }
    let name = at + usize::from(reading.word(at) == "next");
    let word = reading.word(name);
    let number = month_names::english(word)?;
    let goes_on = reading.ends_at(name) == Ending::Nothing;
    if goes_on
        && let Some(of_month) = reading.whole(name + 1).filter(|day| (1..=31).contains(day))
        && reading.suffix(name + 1) != Some(Suffix::Thousand)
    {
        let (year, end) = year_behind(reading, name + 2);
        return Some(day(day_in(year, number, of_month, today)?, end));
    }
    let (year, end) = if goes_on {
        year_behind(reading, name + 1)
    } else {
        (None, name + 1)
    };
    let of_year = year.unwrap_or_else(|| today.year() + i32::from(number < today.month()));
    let (first, last) = month(of_year, number)?;
    let is_word =
        year.is_none() && name == at && matches!(word, "may" | "march" | "mar" | "jan" | "dec");
    Some(days(
        first,
        last,
        end,
        if is_word { Sort::Word } else { Sort::Certain },
    ))
}

fn day_in(year: Option<i32>, month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    match year {
        Some(year) => NaiveDate::from_ymd_opt(year, month, day),
        None => next_day(month, day, today),
    }
}

/// A year here, after "of" too, and the word after it.
fn year_behind(reading: &Reading<'_>, at: usize) -> (Option<i32>, usize) {
    let year_at = at + usize::from(reading.word(at) == "of");
    match year(reading, year_at) {
        Some(year) if reading.ends_at(at - 1) != Ending::Clause => (Some(year), year_at + 1),
        _ => (None, at),
    }
}

fn year(reading: &Reading<'_>, at: usize) -> Option<i32> {
    let number = reading.whole(at).filter(|_| reading.is_open(at))?;
    let is_year = (2000..=2099).contains(&number) && reading.word(at).len() == 4;
    is_year.then(|| i32::try_from(number).ok()).flatten()
}

fn year_alone(reading: &Reading<'_>, at: usize) -> Option<Span> {
    let year = year(reading, at)?;
    let (first, last) = whole_year(year)?;
    Some(days(first, last, at + 1, Sort::Season))
}

/// "Today", "Friday", "this week", "next month", "next year".
fn relative(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    match reading.word(at) {
        "today" | "tonight" => return Some(day(today, at + 1)),
        "tomorrow" => return Some(day(today.checked_add_days(Days::new(1))?, at + 1)),
        "christmas" => return Some(day(next_day(12, 25, today)?, at + 1)),
        _ => {}
    }
    let pointer = reading.word(at);
    let is_next = match pointer {
        "next" => true,
        "this" | "current" => false,
        _ => return weekday(reading, at, today),
    };
    let name = at + 1;
    let steps = u64::from(is_next);
    let (first, last) = match reading.word(name) {
        "week" => week(today.checked_add_days(Days::new(7 * steps))?)?,
        "month" => {
            let other = today
                .with_day(1)?
                .checked_add_months(Months::new(u32::from(is_next)))?;
            month(other.year(), other.month())?
        }
        "year" => {
            let (first, last) = whole_year(today.year() + i32::from(is_next))?;
            return Some(days(first, last, name + 1, Sort::Season));
        }
        _ => return weekday(reading, name, today),
    };
    Some(days(first, last, name + 1, Sort::Certain))
}

fn weekday(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    let (_, weekday) = WEEKDAYS
        .iter()
        .find(|(name, _)| *name == reading.word(at))?;
    let ahead = weekday.days_since(today.weekday());
    Some(day(
        today.checked_add_days(Days::new(ahead.into()))?,
        at + 1,
    ))
}

/// Spring is March to May, and so on by three months; winter begins in December.
fn season(reading: &Reading<'_>, at: usize, today: NaiveDate) -> Option<Span> {
    let name = at + usize::from(matches!(reading.word(at), "next" | "this" | "the"));
    let first_month = match reading.word(name) {
        "spring" => 3,
        "summer" => 6,
        "fall" | "autumn" => 9,
        "winter" => 12,
        _ => return None,
    };
    let (year, end) = year_behind(reading, name + 1);
    let season = |year: i32| {
        let first = NaiveDate::from_ymd_opt(year, first_month, 1)?;
        let last = first.checked_add_months(Months::new(3))?.pred_opt()?;
        Some((first, last))
    };
    let (first, last) = match year {
        Some(year) => season(year)?,
        None => (today.year() - 1..=today.year() + 1)
            .filter_map(season)
            .find(|(first, last)| {
                *last >= today && (reading.word(at) != "next" || *first > today)
            })?,
    };
    Some(days(first, last, end, Sort::Season))
}
