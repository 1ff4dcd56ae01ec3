//! Whether a service that is asked for long stays as it was: its latency and its memory, last third against first third.

use std::time::Duration;

use serde::Serialize;

use super::record::{Group, Record};
use super::subject::Sample;
use crate::bench::median;

/// Of latency, 95 of 100: so many times as much, and at least so many milliseconds more, is no noise.
const SLOWER: f64 = 1.5;
const SLOWER_MS: f64 = 5.0;
/// The same of memory, in millions of bytes.
const LARGER: f64 = 1.1;
const LARGER_MB: f64 = 8.0;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Soak {
    pub(super) minutes: Vec<Minute>,
    /// Of the first third and of the last one.
    pub(super) p95_ms: [f64; 2],
    /// Of a server of our own only.
    pub(super) megabytes: Option<[f64; 2]>,
    pub(super) is_flat: bool,
    /// Why not.
    pub(super) reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Minute {
    /// From 1.
    pub(super) minute: usize,
    pub(super) answered: u64,
    pub(super) failed: u64,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    /// At its end.
    pub(super) megabytes: Option<f64>,
}

impl Soak {
    /// # Errors
    ///
    /// When histograms do not fit each other.
    pub(super) fn of(record: &Record, samples: &[Sample]) -> anyhow::Result<Self> {
        let [first, last] = ends(&record.intervals);
        let p95_ms = [p95(first)?, p95(last)?];
        let megabytes: Vec<f64> = samples.iter().map(|sample| sample.megabytes).collect();
        let megabytes =
            (!megabytes.is_empty()).then(|| ends(&megabytes).map(|third| median(third.to_vec())));
        let mut reasons = Vec::new();
        let [first, last] = p95_ms;
        if last > first * SLOWER && last - first > SLOWER_MS {
            reasons.push(format!(
                "it became slower: 95 of 100 waited up to {first:.1} ms in the first third, and {last:.1} ms in the last one"
            ));
        }
        if let Some([first, last]) = megabytes
            && last > first * LARGER
            && last - first > LARGER_MB
        {
            reasons.push(format!(
                "its memory grew: {first:.0} MB in the first third, and {last:.0} MB in the last one"
            ));
        }
        Ok(Self {
            minutes: minutes(record, samples)?,
            p95_ms,
            megabytes,
            is_flat: reasons.is_empty(),
            reasons,
        })
    }

    pub(super) fn sentence(&self) -> String {
        let [first, last] = self.p95_ms;
        let latency = format!("p95 {first:.1} ms in the first third, {last:.1} ms in the last");
        let memory = self.megabytes.map_or_else(
            || "its memory is not known here".to_owned(),
            |[first, last]| format!("memory {first:.0} MB, then {last:.0} MB"),
        );
        let word = if self.is_flat { "flat" } else { "NOT flat" };
        format!("{word}: {latency}; {memory}")
    }
}

/// The first third and the last one.
fn ends<T>(all: &[T]) -> [&[T]; 2] {
    let third = all.len().div_ceil(3);
    [&all[..third], &all[all.len() - third..]]
}

fn p95(groups: &[Group]) -> anyhow::Result<f64> {
    Ok(merged(groups)?.map_or(0.0, |group| group.milliseconds(0.95)))
}

fn merged(groups: &[Group]) -> anyhow::Result<Option<Group>> {
    let Some((first, others)) = groups.split_first() else {
        return Ok(None);
    };
    let mut all = first.clone();
    for group in others {
        all.add_group(group)?;
    }
    Ok(Some(all))
}

fn minutes(record: &Record, samples: &[Sample]) -> anyhow::Result<Vec<Minute>> {
    let in_a_minute = 60 / record.interval.as_secs().clamp(1, 60);
    let in_a_minute = usize::try_from(in_a_minute)?;
    let mut minutes = Vec::new();
    for (index, groups) in record.intervals.chunks(in_a_minute).enumerate() {
        let Some(group) = merged(groups)? else {
            continue;
        };
        let end = Duration::from_secs(60) * u32::try_from(index + 1)?;
        let mut until = samples.iter().filter(|sample| sample.at <= end);
        minutes.push(Minute {
            minute: index + 1,
            answered: group.counts.answered,
            failed: group.counts.failed,
            p50_ms: group.milliseconds(0.5),
            p95_ms: group.milliseconds(0.95),
            p99_ms: group.milliseconds(0.99),
            megabytes: until.next_back().map(|sample| sample.megabytes),
        });
    }
    Ok(minutes)
}

#[cfg(test)]
mod tests {
    use super::super::record::{Event, Outcome};
    use super::*;

    /// Three minutes in which both grow from one value to the other.
    fn soak(waits: [f64; 2], megabytes: [f64; 2]) -> Soak {
        let mut record = Record::new(Duration::from_secs(10), 1).unwrap();
        let mut samples = Vec::new();
        let between =
            |ends: [f64; 2], at: u32| ends[0] + (ends[1] - ends[0]) * f64::from(at) / 179.0;
        for second in 0..180 {
            let due = Duration::from_secs(u64::from(second));
            let event = Event {
                due,
                request: 0,
                waited: Duration::from_secs_f64(between(waits, second) / 1e3),
                late: Duration::ZERO,
                outcome: Outcome::Answered,
                bytes: 0,
            };
            record.add(&event).unwrap();
            samples.push(Sample {
                at: due,
                cpu_seconds: 0.0,
                megabytes: between(megabytes, second),
            });
        }
        Soak::of(&record, &samples).unwrap()
    }

    #[test]
    fn what_stays_as_it_was_is_flat() {
        let soak = soak([20.0, 24.0], [100.0, 104.0]);
        assert!(soak.is_flat, "{soak:?}");
        assert_eq!(soak.minutes.len(), 3);
        assert_eq!(soak.minutes[1].answered, 60);
        let at_the_end = soak.minutes[2].megabytes.unwrap();
        assert!((at_the_end - 104.0).abs() < 0.1, "{at_the_end}");
    }

    #[test]
    fn a_leak_and_a_slowdown_are_named() {
        let leaking = soak([20.0, 20.0], [100.0, 160.0]);
        assert!(!leaking.is_flat && leaking.reasons.len() == 1);
        assert!(leaking.reasons[0].contains("memory grew"), "{leaking:?}");
        let slower = soak([20.0, 90.0], [100.0, 100.0]);
        assert!(slower.reasons[0].contains("slower"), "{slower:?}");
        assert!(slower.sentence().starts_with("NOT flat"));
    }
}
