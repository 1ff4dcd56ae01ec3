//! Deadlines of every kind.

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime};
use domain::deadline::DEFAULT_ZONE;
use domain::{Deadline, FixedDeadline, Schedule};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::words::line;

const ZONES: &[&str] = &[
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
];

/// Days from 2024 to 2029.
pub(super) fn date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..6 * 365).prop_map(|days| NaiveDate::default() + Days::new(54 * 365 + 13 + days))
}

fn fixed() -> impl Strategy<Value = Schedule> {
    let time = (0_u32..24 * 60).prop_map(|minutes| {
        NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0).unwrap_or_default()
    });
    (date(), option::weighted(0.3, time), select(ZONES)).prop_map(|(date, time, zone)| {
        Schedule::Fixed(FixedDeadline {
            date,
            time,
            zone: zone.parse().unwrap_or(DEFAULT_ZONE),
        })
    })
}

fn annual() -> impl Strategy<Value = Schedule> {
    (date(), 0..4).prop_map(|(date, known)| {
        let month = u8::try_from(date.month()).ok();
        let day = u8::try_from(date.day()).ok();
        Schedule::Annual {
            month: month.filter(|_| known > 0),
            day: day.filter(|_| known > 1),
            current_cycle: Some(date).filter(|_| known > 2),
        }
    })
}

/// Fixed most of the time; opening days lie before what they open.
pub fn deadline() -> impl Strategy<Value = Deadline> {
    let schedule = prop_oneof![
        5 => fixed(),
        2 => annual(),
        1 => Just(Schedule::Rolling),
        1 => Just(Schedule::Varies),
        1 => Just(Schedule::Unknown),
    ];
    (
        schedule,
        option::weighted(0.3, date()),
        option::weighted(0.3, line(40)),
    )
        .prop_map(|(schedule, opens_on, text)| {
            let closes = match &schedule {
                Schedule::Fixed(fixed) => Some(fixed.date),
                _ => None,
            };
            let in_time = |opens: &NaiveDate| closes.is_none_or(|closes| *opens <= closes);
            Deadline {
                schedule,
                opens_on: opens_on.filter(in_time),
                text,
            }
        })
}
