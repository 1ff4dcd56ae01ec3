//! When applications close: fixed instants, yearly dates, rolling admission, or nobody knows.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::Timestamp;

/// The zone of deadlines that state none.
pub const DEFAULT_ZONE: Tz = chrono_tz::America::New_York;

/// When applications close, and when they open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Deadline {
    pub schedule: Schedule,
    /// First day on which applications are taken.
    pub opens_on: Option<NaiveDate>,
    /// As the source printed it.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Schedule {
    Fixed(FixedDeadline),
    /// Every year again; the month (1-12) and day are given when known, and the date of the current cycle.
    Annual {
        month: Option<u8>,
        day: Option<u8>,
        current_cycle: Option<NaiveDate>,
    },
    Rolling,
    Varies,
    #[default]
    Unknown,
}

/// A day on which applications close, at a time of day (else at its end, 23:59:59) in a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedDeadline {
    pub date: NaiveDate,
    pub time: Option<NaiveTime>,
    pub zone: Tz,
}

fn end_of_day() -> NaiveTime {
    NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default()
}

impl FixedDeadline {
    pub fn on(date: NaiveDate) -> Self {
        Self {
            date,
            time: None,
            zone: DEFAULT_ZONE,
        }
    }

    /// The last instant at which an application is in time. A local time that a clock change skips counts as one hour later;
    /// one that it repeats, as the later of the two.
    pub fn instant(&self) -> Timestamp {
        let local = self.date.and_time(self.time.unwrap_or_else(end_of_day));
        let found = self.zone.from_local_datetime(&local).latest().or_else(|| {
            self.zone
                .from_local_datetime(&(local + chrono::TimeDelta::hours(1)))
                .latest()
        });
        found.map_or_else(|| local.and_utc(), |instant| instant.to_utc())
    }
}

impl Deadline {
    pub fn fixed(date: NaiveDate) -> Self {
        Self {
            schedule: Schedule::Fixed(FixedDeadline::on(date)),
            ..Self::default()
        }
    }

    /// The instant after which nothing can be sent in any more. Only fixed deadlines have one.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.schedule {
            Schedule::Fixed(fixed) => Some(fixed.instant()),
            _ => None,
        }
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|instant| instant < now)
    }

    /// The day on which applications close next, in the deadline's own zone: the date of a fixed deadline (past or not), the
    /// next return of a yearly one whose month and day are known. Date filters and the order by deadline use it.
    pub fn next_due_on(&self, today: NaiveDate) -> Option<NaiveDate> {
        match &self.schedule {
            Schedule::Fixed(fixed) => Some(fixed.date),
            Schedule::Annual {
                month,
                day,
                current_cycle,
            } => current_cycle.filter(|date| *date >= today).or_else(|| {
                let (month, day) = (u32::from((*month)?), u32::from((*day)?));
                (today.year()..today.year() + 9)
                    .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
                    .find(|date| *date >= today)
            }),
            Schedule::Rolling | Schedule::Varies | Schedule::Unknown => None,
        }
    }

    /// The instant of [`Self::next_due_on`], for scoring the time that is left.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.schedule {
            Schedule::Fixed(fixed) => Some(fixed.instant()),
            _ => self
                .next_due_on(today(now))
                .map(|date| FixedDeadline::on(date).instant()),
        }
    }

    /// Whether applications may be sent on that day as far as is known: not before it opens, not after a fixed deadline.
    /// What is unknown does not exclude.
    pub fn may_be_open_on(&self, day: NaiveDate) -> bool {
        let opened = self.opens_on.is_none_or(|opens| opens <= day);
        match &self.schedule {
            Schedule::Fixed(fixed) => opened && day <= fixed.date,
            _ => opened,
        }
    }
}

/// The calendar day in [`DEFAULT_ZONE`].
pub fn today(now: Timestamp) -> NaiveDate {
    now.with_timezone(&DEFAULT_ZONE).date_naive()
}

/// `date` moved by whole days, saturating at the calendar's ends.
pub fn plus_days(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    #[test]
    fn a_deadline_without_a_time_ends_with_its_day_in_new_york() {
        let deadline = Deadline::fixed(date(2027, 3, 1));
        let last = "2027-03-02T04:59:59Z"
            .parse::<Timestamp>()
            .expect("a timestamp");
        assert_eq!(deadline.expires_at(), Some(last));
        assert!(!deadline.is_expired(last));
        assert!(deadline.is_expired(last + chrono::TimeDelta::seconds(1)));
    }

    #[test]
    fn a_time_that_the_clock_change_skips_still_has_an_instant() {
        let fixed = FixedDeadline {
            date: date(2027, 3, 14),
            time: NaiveTime::from_hms_opt(2, 30, 0),
            zone: DEFAULT_ZONE,
        };
        assert_eq!(fixed.instant().to_rfc3339(), "2027-03-14T07:30:00+00:00");
    }

    #[test]
    fn a_yearly_deadline_returns_and_never_expires() {
        let leap = Deadline {
            schedule: Schedule::Annual {
                month: Some(2),
                day: Some(29),
                current_cycle: None,
            },
            ..Deadline::default()
        };
        assert_eq!(
            leap.next_due_on(date(2026, 11, 23)),
            Some(date(2028, 2, 29))
        );
        let past = Deadline {
            schedule: Schedule::Annual {
                month: Some(1),
                day: Some(5),
                current_cycle: Some(date(2026, 1, 5)),
            },
            ..Deadline::default()
        };
        assert_eq!(past.next_due_on(date(2026, 11, 23)), Some(date(2027, 1, 5)));
        assert!(past.expires_at().is_none());
    }
}
