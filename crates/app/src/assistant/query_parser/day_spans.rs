//! First and last days of weeks, months and years.

use chrono::{Datelike, Days, Months, NaiveDate};

/// The next such day from `today` on; a 29 February may be years away.
pub(super) fn next_day(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    (today.year()..=today.year().saturating_add(8))
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date >= today)
}

/// `None` for what is no day, and for years before 1900 or after 2200.
pub(super) fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// Its first and its last day.
pub(super) fn month(year: i32, month: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    Some((first, last))
}

/// Its first and its last day.
pub(super) fn whole_year(year: i32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
    Some((first, NaiveDate::from_ymd_opt(year, 12, 31)?))
}

/// The Monday and the Sunday around a day.
pub(super) fn week(of: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let first = of.checked_sub_days(Days::new(of.weekday().num_days_from_monday().into()))?;
    Some((first, first.checked_add_days(Days::new(6))?))
}
