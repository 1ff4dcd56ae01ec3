//! Deadlines in JSON.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::text;
use crate::deadline::DEFAULT_ZONE;
use crate::vocabulary;
use crate::{Deadline, FieldError, FixedDeadline, Schedule, Term};

vocabulary!(
    /// How a deadline is given.
    DeadlineKind { Fixed = "fixed", Annual = "annual", Rolling = "rolling", Varies = "varies", Unknown = "unknown" }
);

/// When applications open and close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Deadline))]
pub struct DeadlineDocument {
    pub kind: DeadlineKind,
    /// The day of a fixed deadline; for a yearly one that of the current cycle, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Local time of a fixed deadline; without it, the day's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "17:00:00"))]
    pub time: Option<NaiveTime>,
    /// IANA name; America/New_York when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "America/New_York"))]
    pub time_zone: Option<String>,
    /// Of a yearly deadline, 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<u8>,
    /// Of a yearly deadline, 1 to 31.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_on: Option<NaiveDate>,
    /// As the source printed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl DeadlineDocument {
    pub(super) fn of(deadline: &Deadline) -> Self {
        let mut document = Self {
            kind: DeadlineKind::Unknown,
            date: None,
            time: None,
            time_zone: None,
            month: None,
            day: None,
            opens_on: deadline.opens_on,
            text: deadline.text.clone(),
        };
        match &deadline.schedule {
            Schedule::Fixed(fixed) => {
                document.kind = DeadlineKind::Fixed;
                document.date = Some(fixed.date);
                document.time = fixed.time;
                document.time_zone = Some(fixed.zone.name().to_owned());
            }
            Schedule::Annual {
                month,
                day,
                current_cycle,
            } => {
                document.kind = DeadlineKind::Annual;
                (document.month, document.day, document.date) = (*month, *day, *current_cycle);
            }
            Schedule::Rolling => document.kind = DeadlineKind::Rolling,
            Schedule::Varies => document.kind = DeadlineKind::Varies,
            Schedule::Unknown => {}
        }
        document
    }
}

/// The instant of a fixed deadline, written in its own zone.
pub(super) fn instant_text(deadline: &Deadline) -> Option<String> {
    match &deadline.schedule {
        Schedule::Fixed(fixed) => {
            let local = fixed.instant().with_timezone(&fixed.zone);
            // RFC 3339 has no seconds in offsets, which some zones had until the 1970s.
            let fits = local.offset().fix().local_minus_utc() % 60 == 0;
            Some(if fits {
                local.to_rfc3339()
            } else {
                local.to_utc().to_rfc3339()
            })
        }
        _ => None,
    }
}

/// The deadline of the two keys that may give one; given both, they must agree.
pub(super) fn deadline(
    instant: Option<String>,
    document: Option<DeadlineDocument>,
    errors: &mut Vec<FieldError>,
) -> Deadline {
    let stated = instant
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| {
            read_instant(text.trim())
                .map_err(|message| errors.push(FieldError::new("application_deadline", message)))
                .ok()
        });
    let Some(document) = document else {
        return stated.map_or_else(Deadline::default, |fixed| Deadline {
            schedule: Schedule::Fixed(fixed),
            ..Deadline::default()
        });
    };
    let (opens_on, printed) = (document.opens_on, document.text.clone());
    let read = schedule(document, errors);
    let schedule = match (stated, read) {
        (Some(fixed), Schedule::Unknown) => Schedule::Fixed(fixed),
        (Some(stated), Schedule::Fixed(fixed))
            if stated.instant() == fixed.instant()
                || (stated.time.is_none() && stated.date == fixed.date) =>
        {
            Schedule::Fixed(fixed)
        }
        (Some(_), read) => {
            errors.push(FieldError::new(
                "application_deadline",
                "contradicts deadline; leave one of them out",
            ));
            read
        }
        (None, read) => read,
    };
    if let (Some(opens), Schedule::Fixed(fixed)) = (opens_on, &schedule)
        && opens > fixed.date
    {
        errors.push(FieldError::new(
            "deadline.opens_on",
            "must not be after deadline.date",
        ));
    }
    Deadline {
        schedule,
        opens_on,
        text: text::prose("deadline.text", printed, 2_000, errors),
    }
}

fn schedule(document: DeadlineDocument, errors: &mut Vec<FieldError>) -> Schedule {
    let kind = document.kind;
    let mut refuse = |field: &str, present: bool| {
        if present {
            errors.push(FieldError::new(
                format!("deadline.{field}"),
                format!("does not go with the kind {}", kind.code()),
            ));
        }
    };
    if kind != DeadlineKind::Fixed {
        refuse("time", document.time.is_some());
        refuse("time_zone", document.time_zone.is_some());
    }
    if kind != DeadlineKind::Annual {
        refuse("month", document.month.is_some());
        refuse("day", document.day.is_some());
    }
    match kind {
        DeadlineKind::Fixed => {
            let zone = document
                .time_zone
                .as_deref()
                .map_or(Ok(DEFAULT_ZONE), str::parse::<Tz>)
                .unwrap_or_else(|_| {
                    errors.push(FieldError::new(
                        "deadline.time_zone",
                        "must be an IANA time zone such as America/New_York",
                    ));
                    DEFAULT_ZONE
                });
            let Some(date) = document.date else {
                errors.push(FieldError::new(
                    "deadline.date",
                    "is required for the kind fixed",
                ));
                return Schedule::Unknown;
            };
            if !(1900..=2200).contains(&date.year()) {
                errors.push(FieldError::new(
                    "deadline.date",
                    "must lie between the years 1900 and 2200",
                ));
            }
            Schedule::Fixed(FixedDeadline {
                date,
                time: document.time,
                zone,
            })
        }
        DeadlineKind::Annual => {
            let month = document.month.or_else(|| {
                document
                    .date
                    .and_then(|date| u8::try_from(date.month()).ok())
            });
            let day = document.day.or_else(|| {
                document
                    .date
                    .filter(|_| document.month.is_none())
                    .and_then(|date| u8::try_from(date.day()).ok())
            });
            // A leap year, so that 29 February is a day.
            let exists = NaiveDate::from_ymd_opt(
                2024,
                u32::from(month.unwrap_or(1)),
                u32::from(day.unwrap_or(1)),
            )
            .is_some();
            if !exists || (day.is_some() && month.is_none()) {
                errors.push(FieldError::new(
                    "deadline.month",
                    "must, with deadline.day, be a day of the year",
                ));
                return Schedule::Unknown;
            }
            Schedule::Annual {
                month,
                day,
                current_cycle: document.date,
            }
        }
        DeadlineKind::Rolling | DeadlineKind::Varies | DeadlineKind::Unknown => {
            if document.date.is_some() {
                errors.push(FieldError::new(
                    "deadline.date",
                    format!("does not go with the kind {}", kind.code()),
                ));
            }
            match kind {
                DeadlineKind::Rolling => Schedule::Rolling,
                DeadlineKind::Varies => Schedule::Varies,
                _ => Schedule::Unknown,
            }
        }
    }
}

/// Reads a date, or an RFC 3339 instant: in New York if its offset is New York's at that instant, else in UTC. So is the
/// first passage of the hour that New York repeats in autumn, since a local time stands for the second one.
fn read_instant(text: &str) -> Result<FixedDeadline, String> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return within_calendar(FixedDeadline::on(date));
    }
    let expected = "must be a date (2027-03-01) or an RFC 3339 instant (2027-03-01T17:00:00-05:00)";
    let instant =
        DateTime::<FixedOffset>::parse_from_rfc3339(text).map_err(|_| expected.to_owned())?;
    let zone = if DEFAULT_ZONE
        .offset_from_utc_datetime(&instant.naive_utc())
        .fix()
        == *instant.offset()
    {
        DEFAULT_ZONE
    } else {
        Tz::UTC
    };
    let in_zone = |zone: Tz| {
        let local = instant.with_timezone(&zone).naive_local();
        FixedDeadline {
            date: local.date(),
            time: Some(local.time()),
            zone,
        }
    };
    let mut fixed = in_zone(zone);
    if fixed.instant() != instant {
        fixed = in_zone(Tz::UTC);
    }
    let whole_day = FixedDeadline {
        time: None,
        ..fixed
    };
    within_calendar(if whole_day.instant() == fixed.instant() {
        whole_day
    } else {
        fixed
    })
}

fn within_calendar(fixed: FixedDeadline) -> Result<FixedDeadline, String> {
    if (1900..=2200).contains(&fixed.date.year()) {
        Ok(fixed)
    } else {
        Err("must lie between the years 1900 and 2200".to_owned())
    }
}
