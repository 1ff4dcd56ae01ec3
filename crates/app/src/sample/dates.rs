//! When the samples close, counted from a given day.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use chrono_tz::{America, Tz};
use domain::deadline::{DEFAULT_ZONE, plus_days};
use domain::{Deadline, FixedDeadline, Schedule};

use super::random::Random;

const ZONES: &[Tz] = &[
    America::Chicago,
    America::Denver,
    America::Los_Angeles,
    chrono_tz::UTC,
];
const ROLLING: &[&str] = &[
    "Rolling",
    "Rolling admission",
    "Open until filled",
    "Ongoing",
    "No deadline",
];
const VARIES: &[&str] = &[
    "Varies",
    "Varies by campus",
    "Deadlines vary by program",
    "Multiple deadlines; see the website",
    "Quarterly",
    "Monthly",
];
const UNKNOWN: &[&str] = &["TBA", "See website", "To be announced in the fall"];

/// Two in a hundred have passed, if `past` are wanted.
pub(super) fn deadline(random: &mut Random, today: NaiveDate, past: bool) -> Deadline {
    match random.below(100) {
        0..=1 if past => {
            let date = earlier(today, random.between(1, 90));
            fixed(random, date, None)
        }
        0..=41 => {
            let days = random.between(7, 350);
            let date = plus_days(today, u64::try_from(days).unwrap_or(7));
            let opens_on = random
                .percent(25)
                .then(|| earlier(date, random.between(45, 120)));
            fixed(random, date, opens_on)
        }
        42..=71 => annual(random, today),
        72..=81 => said(Schedule::Rolling, random, ROLLING),
        82..=91 => said(Schedule::Varies, random, VARIES),
        _ => said(Schedule::Unknown, random, UNKNOWN),
    }
}

fn fixed(random: &mut Random, date: NaiveDate, opens_on: Option<NaiveDate>) -> Deadline {
    let timed = random.percent(10);
    let zone = if timed {
        random.pick(ZONES)
    } else {
        DEFAULT_ZONE
    };
    let format = random.pick(&[
        "%B %-d, %Y",
        "%B %-d, %Y",
        "%b %-d, %Y",
        "%-d %B %Y",
        "%Y-%m-%d",
    ]);
    let mut text = date.format(format).to_string();
    if timed {
        text.push_str(" at 5:00 PM");
    }
    Deadline {
        schedule: Schedule::Fixed(FixedDeadline {
            date,
            time: timed.then(|| NaiveTime::from_hms_opt(17, 0, 0)).flatten(),
            zone,
        }),
        opens_on,
        text: random.percent(90).then_some(text),
    }
}

fn annual(random: &mut Random, today: NaiveDate) -> Deadline {
    if random.percent(15) {
        return said(
            Schedule::Annual {
                month: None,
                day: None,
                current_cycle: None,
            },
            random,
            &[
                "Annual",
                "Every year in spring",
                "Yearly; dates are announced each fall",
            ],
        );
    }
    let date = plus_days(today, u64::try_from(random.below(365)).unwrap_or(0));
    // The first and the middle of a month are what people like to print.
    let day = random.pick(&[1, 1, 15, 15, date.day().min(28)]);
    let date = date.with_day(day).unwrap_or(date);
    Deadline {
        schedule: Schedule::Annual {
            month: u8::try_from(date.month()).ok(),
            day: u8::try_from(day).ok(),
            current_cycle: random.percent(40).then_some(date),
        },
        opens_on: None,
        text: random
            .percent(92)
            .then(|| date.format("%B %-d each year").to_string()),
    }
}

fn said(schedule: Schedule, random: &mut Random, texts: &[&str]) -> Deadline {
    Deadline {
        schedule,
        opens_on: None,
        text: random.percent(90).then(|| random.pick(texts).to_owned()),
    }
}

pub(super) fn earlier(date: NaiveDate, days: usize) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::try_from(days).unwrap_or(0)))
        .unwrap_or(date)
}
