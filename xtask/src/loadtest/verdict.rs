//! Whether what was measured keeps the thresholds, and whether it was measured at all.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::record::Record;

/// Fewer requests say nothing about 95 of 100.
const FEWEST: u64 = 100;
/// A part of 1. When more are refused by rate limits, the load that was meant has not reached the service.
const MOST_REFUSED: f64 = 0.01;
/// So much of the latency threshold the generator itself may be late, 99 times of 100.
const LATE_SHARE: f64 = 0.1;
/// In milliseconds: what any machine is late now and then.
const LATE_ALWAYS: f64 = 2.0;

const MISSED: u8 = 1;
pub(super) const WRONG_USAGE: u8 = 2;
pub(super) const NOT_MEASURED: u8 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Thresholds {
    /// 95 of 100 wait at most so long.
    pub(super) p95_ms: f64,
    /// At most so many of 100 fail.
    pub(super) errors_percent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Met,
    Missed,
    /// Nothing is known about the service.
    NotMeasured,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Met => "MET",
            Self::Missed => "MISSED",
            Self::NotMeasured => "NOT MEASURED",
        }
    }

    pub(super) fn exit_code(self) -> ExitCode {
        match self {
            Self::Met => ExitCode::SUCCESS,
            Self::Missed => ExitCode::from(MISSED),
            Self::NotMeasured => ExitCode::from(NOT_MEASURED),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// Of anything but [`Verdict::Met`].
    pub(super) reasons: Vec<String>,
}

impl Judgement {
    pub(super) fn of(record: &Record, thresholds: Thresholds) -> Self {
        let obstacles = obstacles(record, thresholds);
        if !obstacles.is_empty() {
            return Self {
                verdict: Verdict::NotMeasured,
                reasons: obstacles,
            };
        }
        let reasons = missed(record, thresholds);
        let verdict = if reasons.is_empty() {
            Verdict::Met
        } else {
            Verdict::Missed
        };
        Self { verdict, reasons }
    }

    /// Something happened that no obstacle excuses.
    pub(super) fn missed_whatever_else(&mut self, reason: &str) {
        self.verdict = Verdict::Missed;
        self.reasons.insert(0, reason.to_owned());
    }

    /// It was not what was meant, so that nothing is proved by what was seen; what would have been missed is still told.
    pub(super) fn not_measured_whatever_else(&mut self, reason: &str) {
        self.verdict = Verdict::NotMeasured;
        self.reasons.insert(0, reason.to_owned());
    }

    /// Whatever else was to be kept, and was not. What was not measured stays so.
    pub(super) fn and_missed(&mut self, reasons: &[String]) {
        if self.verdict != Verdict::NotMeasured && !reasons.is_empty() {
            self.verdict = Verdict::Missed;
            self.reasons.extend_from_slice(reasons);
        }
    }
}

/// Milliseconds that the generator may be late.
pub(super) fn late_at_most(thresholds: Thresholds) -> f64 {
    (thresholds.p95_ms * LATE_SHARE).max(LATE_ALWAYS)
}

/// Why nothing can be said.
fn obstacles(record: &Record, thresholds: Thresholds) -> Vec<String> {
    let mut obstacles = Vec::new();
    let refused = record.refused_share();
    if refused > MOST_REFUSED {
        obstacles.push(format!(
            "{:.1} % of the requests were refused with 429: the service limits its callers, so the load has not reached it. \
             Give it limits for the test (RATE_LIMIT_PUBLIC, RATE_LIMIT_AUTHENTICATED, RATE_LIMIT_AGENT, RATE_LIMIT_ADMIN)",
            refused * 100.0
        ));
    }
    let counted = record.counted();
    if counted < FEWEST {
        obstacles.push(format!(
            "{counted} requests were counted, and {FEWEST} are needed to speak of 95 of 100"
        ));
    }
    let (late, most) = (record.late_milliseconds(0.99), late_at_most(thresholds));
    if late > most {
        obstacles.push(format!(
            "the generator itself was {late:.1} ms late with 1 of 100 requests, and {most:.1} ms are allowed: this machine is too \
             busy or too small to send at this rate"
        ));
    }
    obstacles
}

fn missed(record: &Record, thresholds: Thresholds) -> Vec<String> {
    let mut missed = Vec::new();
    let p95 = record.all.milliseconds(0.95);
    if p95 > thresholds.p95_ms {
        missed.push(format!(
            "95 of 100 waited up to {p95:.1} ms, and {} ms are allowed",
            thresholds.p95_ms
        ));
    }
    let failed = record.failed_share() * 100.0;
    if failed > thresholds.errors_percent {
        missed.push(format!(
            "{failed:.2} % failed, and {} % may",
            thresholds.errors_percent
        ));
    }
    missed
}

/// A threshold on the command line, in milliseconds.
///
/// # Errors
///
/// What it should look like.
pub(super) fn parse_milliseconds(text: &str) -> Result<f64, String> {
    let wanted = || "it must be like 200ms or 2s".to_owned();
    let span = match text.strip_suffix("ms") {
        Some(digits) => Duration::from_millis(digits.parse().map_err(|_| wanted())?),
        None => rollout::span::parse(text).ok_or_else(wanted)?,
    };
    if span.is_zero() {
        return Err(wanted());
    }
    Ok(span.as_secs_f64() * 1e3)
}

/// A part of 100 on the command line.
///
/// # Errors
///
/// What it should look like.
pub(super) fn parse_percent(text: &str) -> Result<f64, String> {
    text.strip_suffix('%')
        .and_then(|number| number.trim_end().parse().ok())
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "it must be like 0.5%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::record::{Event, Outcome};
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds {
        p95_ms: 200.0,
        errors_percent: 0.5,
    };

    /// So many of each, with the wait and the lateness in milliseconds.
    fn judged(parts: &[(usize, u64, u64, Outcome)]) -> Judgement {
        let mut record = Record::new(Duration::from_secs(1), 1).unwrap();
        for (count, waited, late, outcome) in parts {
            let event = Event {
                due: Duration::ZERO,
                request: 0,
                waited: Duration::from_millis(*waited),
                late: Duration::from_millis(*late),
                outcome: outcome.clone(),
                bytes: 0,
            };
            for _ in 0..*count {
                record.add(&event).unwrap();
            }
        }
        Judgement::of(&record, THRESHOLDS)
    }

    fn failed() -> Outcome {
        Outcome::Failed("500".to_owned())
    }

    #[test]
    fn what_is_within_both_thresholds_is_met() {
        let met = judged(&[
            (955, 150, 0, Outcome::Answered),
            (40, 900, 0, Outcome::Answered),
            (5, 1, 0, failed()),
        ]);
        assert_eq!(met.verdict, Verdict::Met, "{met:?}");
        assert_eq!(met.verdict.exit_code(), ExitCode::SUCCESS);
    }

    #[test]
    fn each_threshold_is_missed_by_itself() {
        let slow = judged(&[
            (940, 150, 0, Outcome::Answered),
            (60, 900, 0, Outcome::Answered),
        ]);
        assert_eq!(slow.verdict, Verdict::Missed);
        assert!(slow.reasons[0].contains("waited up to"), "{slow:?}");
        let failing = judged(&[(994, 1, 0, Outcome::Answered), (6, 1, 0, failed())]);
        assert_eq!(failing.verdict, Verdict::Missed);
        assert!(failing.reasons[0].contains("0.60 % failed"), "{failing:?}");
        assert_eq!(failing.verdict.exit_code(), ExitCode::from(1));
    }

    #[test]
    fn nothing_is_said_when_the_load_was_not_what_was_meant() {
        for (parts, why) in [
            (vec![(99, 1, 0, Outcome::Answered)], "99 requests"),
            (
                vec![
                    (900, 1, 0, Outcome::Answered),
                    (100, 1, 0, Outcome::Refused),
                ],
                "RATE_LIMIT_PUBLIC",
            ),
            (
                vec![
                    (980, 1, 0, Outcome::Answered),
                    (20, 900, 30, Outcome::Answered),
                ],
                "the generator itself",
            ),
            // Missed, too, and even that is not said.
            (
                vec![(1_000, 900, 30, Outcome::Answered)],
                "the generator itself",
            ),
        ] {
            let judgement = judged(&parts);
            assert_eq!(judgement.verdict, Verdict::NotMeasured, "{why}");
            assert!(judgement.reasons[0].contains(why), "{judgement:?}");
            assert_eq!(judgement.verdict.exit_code(), ExitCode::from(30));
        }
    }

    #[test]
    fn thresholds_are_read_with_their_units_only() {
        assert_eq!(parse_milliseconds("200ms"), Ok(200.0));
        assert_eq!(parse_milliseconds("2s"), Ok(2_000.0));
        for bad in ["200", "0ms", "-1ms", "ms", "2.5s"] {
            assert!(parse_milliseconds(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_percent("0.5%"), Ok(0.5));
        for bad in ["0.5", "-1%", "101%", "%", "NaN%"] {
            assert!(parse_percent(bad).is_err(), "{bad}");
        }
    }
}
