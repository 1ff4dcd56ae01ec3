//! Reads deadlines as catalogues print them: what is certain becomes a schedule, everything else stays text.
//!
//! A date counts only with every word around it understood ("winners are announced on March 1" is no deadline), a year is
//! never supplied, and a date whose order of day and month is open stays text.

mod calendar_words;
mod span;
mod token;

use chrono::{DateTime, Datelike, NaiveDate};
use domain::deadline::DEFAULT_ZONE;
use domain::{FixedDeadline, Schedule};

use span::Span;
use token::{PrintedDate, Token};

/// What a printed deadline certainly says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrintedDeadline {
    pub schedule: Schedule,
    /// First day on which applications are taken.
    pub opens_on: Option<NaiveDate>,
}

/// Longer texts are prose, not deadlines.
const LONGEST: usize = 300;

/// Reads `text`.
///
/// Several dates that are no range, and words such as "monthly", are [`Schedule::Varies`]; words such as "until filled" are
/// [`Schedule::Rolling`]; a missing year is bridged only where the text says that the deadline returns every year.
pub fn parse(text: &str) -> PrintedDeadline {
    if text.chars().count() > LONGEST {
        return PrintedDeadline::default();
    }
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        let utc = instant.naive_utc();
        return scheduled(
            within_calendar(utc.date()).map_or(Schedule::Unknown, |date| {
                Schedule::Fixed(FixedDeadline {
                    date,
                    time: Some(utc.time()),
                    zone: chrono_tz::UTC,
                })
            }),
        );
    }
    let tokens = token::tokens(text);
    let says = calendar_words::Phrases::of(text);
    let spans = span::spans(&tokens);
    match spans.as_slice() {
        [] => scheduled(says.schedule_without_date()),
        [only] => single(&tokens, only, says),
        _ if spans.iter().any(|span| span.opens) => PrintedDeadline::default(),
        _ => scheduled(Schedule::Varies),
    }
}

fn scheduled(schedule: Schedule) -> PrintedDeadline {
    PrintedDeadline {
        schedule,
        opens_on: None,
    }
}

fn single(tokens: &[Token], span: &Span, says: calendar_words::Phrases) -> PrintedDeadline {
    if says.varies {
        return scheduled(Schedule::Varies);
    }
    let yearly = |month, day, current_cycle| {
        if says.annual {
            Schedule::Annual {
                month,
                day,
                current_cycle,
            }
        } else {
            Schedule::Unknown
        }
    };
    if says.rolling || !tokens.iter().all(Token::is_understood) {
        return scheduled(yearly(None, None, None));
    }
    if span.opens {
        return PrintedDeadline {
            schedule: yearly(None, None, None),
            opens_on: span.end.full().filter(|_| !says.annual),
        };
    }
    let PrintedDate::Certain { month, day, .. } = span.end else {
        return scheduled(yearly(None, None, None));
    };
    let full = span.end.full();
    let weekdays_agree = full.is_none_or(|date| {
        tokens.iter().all(|token| match token {
            Token::Weekday(weekday) => *weekday == date.weekday(),
            _ => true,
        })
    });
    if !weekdays_agree {
        return scheduled(yearly(None, None, None));
    }
    let schedule = match full {
        Some(date) if !says.annual => Schedule::Fixed(FixedDeadline {
            date,
            time: span::time(tokens),
            zone: span::zone(tokens).unwrap_or(DEFAULT_ZONE),
        }),
        full => yearly(Some(month), day, full),
    };
    let opens_on = span
        .start
        .and_then(|start| start.full_or_in_year_of(span.end))
        .filter(|opens| full.is_some_and(|closes| *opens <= closes));
    PrintedDeadline { schedule, opens_on }
}

fn within_calendar(date: NaiveDate) -> Option<NaiveDate> {
    (1900..=2200).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests;
