//! What became of requests, and how long whoever asked waited for it: from the moment that each was due.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// In microseconds. Whatever lasts longer counts as this.
const LONGEST: u64 = 60_000_000;
/// Kinds of failures that are told apart.
const MOST_KINDS: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// 429: nothing was done, and nothing is said about how the service does under the load.
    Refused,
    /// An answer, or an end of the connection, that was not what is expected.
    Failed(String),
    /// Not sent, or not answered, in the time that people wait.
    GaveUp(String),
}

/// One request that is over.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// When it was due, from the beginning of what is measured.
    pub(super) due: Duration,
    /// Its number in the scenario.
    pub(super) request: usize,
    pub(super) waited: Duration,
    /// How much later than due we were ready to send it.
    pub(super) late: Duration,
    pub(super) outcome: Outcome,
    /// Of the answer's body.
    pub(super) bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) answered: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// Of those that failed: not sent or not answered in time.
    pub(super) gave_up: u64,
}

impl Counts {
    pub(super) fn all(self) -> u64 {
        self.answered + self.refused + self.failed
    }

    /// All that may have kept the service busy; of those who gave up, nobody knows.
    pub(super) fn sent(self) -> u64 {
        self.all() - self.gave_up
    }

    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::GaveUp(_) => {
                self.failed += 1;
                self.gave_up += 1;
            }
        }
    }

    fn add_all(&mut self, other: Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.failed += other.failed;
        self.gave_up += other.gave_up;
    }
}

/// Requests that were due within the same span, or that are of one kind.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) counts: Counts,
    /// In microseconds, of good answers and of those who gave up: bad answers make nothing look fast.
    pub(super) waits: Histogram<u32>,
}

impl Group {
    /// With so many significant digits.
    fn new(digits: u8) -> anyhow::Result<Self> {
        Ok(Self {
            counts: Counts::default(),
            waits: Histogram::new_with_bounds(1, LONGEST, digits)?,
        })
    }

    fn add(&mut self, event: &Event) {
        self.counts.add(&event.outcome);
        if matches!(event.outcome, Outcome::Answered | Outcome::GaveUp(_)) {
            self.waits.saturating_record(microseconds(event.waited));
        }
    }

    /// # Errors
    ///
    /// When the two have other bounds.
    pub(super) fn add_group(&mut self, other: &Self) -> anyhow::Result<()> {
        self.counts.add_all(other.counts);
        Ok(self.waits.add(&other.waits)?)
    }

    /// That many of 1 waited at most so long.
    pub(super) fn milliseconds(&self, quantile: f64) -> f64 {
        milliseconds(self.waits.value_at_quantile(quantile))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) count: u64,
    pub(super) first_due: Duration,
}

#[derive(Debug, Clone)]
pub(super) struct Record {
    /// What one of the intervals lasts.
    pub(super) interval: Duration,
    pub(super) intervals: Vec<Group>,
    pub(super) all: Group,
    /// By their number in the scenario.
    pub(super) requests: Vec<Group>,
    /// In microseconds.
    pub(super) lateness: Histogram<u32>,
    /// By the number of the request and what went wrong.
    pub(super) failures: BTreeMap<(usize, String), Failure>,
    pub(super) bytes: u64,
}

impl Record {
    /// # Errors
    ///
    /// When there is no histogram for it.
    pub(super) fn new(interval: Duration, requests: usize) -> anyhow::Result<Self> {
        Ok(Self {
            interval,
            intervals: Vec::new(),
            all: Group::new(3)?,
            requests: (0..requests)
                .map(|_| Group::new(3))
                .collect::<Result<_, _>>()?,
            lateness: Histogram::new_with_bounds(1, LONGEST, 3)?,
            failures: BTreeMap::new(),
            bytes: 0,
        })
    }

    /// # Errors
    ///
    /// When there is no histogram for it.
    pub(super) fn add(&mut self, event: &Event) -> anyhow::Result<()> {
        let place = event.due.as_micros() / self.interval.as_micros().max(1);
        let place = usize::try_from(place)?;
        while self.intervals.len() <= place {
            // Two digits: a soak has many of them.
            self.intervals.push(Group::new(2)?);
        }
        self.intervals[place].add(event);
        self.all.add(event);
        self.requests[event.request].add(event);
        self.lateness.saturating_record(microseconds(event.late));
        self.bytes += u64::try_from(event.bytes)?;
        if let Outcome::Failed(what) | Outcome::GaveUp(what) = &event.outcome {
            self.add_failure(event, what);
        }
        Ok(())
    }

    fn add_failure(&mut self, event: &Event, what: &str) {
        let is_known = |what: &str| {
            self.failures
                .contains_key(&(event.request, what.to_owned()))
        };
        let what = if is_known(what) || self.failures.len() < MOST_KINDS {
            what
        } else {
            "others"
        };
        let key = (event.request, what.to_owned());
        let failure = self.failures.entry(key).or_insert(Failure {
            count: 0,
            first_due: event.due,
        });
        failure.count += 1;
        failure.first_due = failure.first_due.min(event.due);
    }

    /// Requests of which something is known about the service: all that were not refused.
    pub(super) fn counted(&self) -> u64 {
        self.all.counts.answered + self.all.counts.failed
    }

    /// A part of 1 of those counted.
    pub(super) fn failed_share(&self) -> f64 {
        share(self.all.counts.failed, self.counted())
    }

    /// A part of 1 of all.
    pub(super) fn refused_share(&self) -> f64 {
        share(self.all.counts.refused, self.all.counts.all())
    }

    pub(super) fn late_milliseconds(&self, quantile: f64) -> f64 {
        milliseconds(self.lateness.value_at_quantile(quantile))
    }
}

pub(super) fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        return 0.0;
    }
    number(part) / number(all)
}

#[expect(clippy::cast_precision_loss, reason = "counts of hours")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

fn microseconds(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "at most a minute")]
fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: u64, waited: u64, outcome: Outcome) -> Event {
        Event {
            due: Duration::from_secs(second),
            request: 0,
            waited: Duration::from_millis(waited),
            late: Duration::ZERO,
            outcome,
            bytes: 10,
        }
    }

    #[test]
    fn quick_failures_make_nothing_look_fast_and_waiting_in_vain_counts() {
        let mut record = Record::new(Duration::from_secs(1), 1).unwrap();
        for _ in 0..90 {
            record.add(&event(0, 100, Outcome::Answered)).unwrap();
        }
        for _ in 0..100 {
            let outcome = Outcome::Failed("503".to_owned());
            record.add(&event(1, 1, outcome)).unwrap();
            record.add(&event(1, 1, Outcome::Refused)).unwrap();
        }
        for _ in 0..10 {
            let outcome = Outcome::GaveUp("not answered".to_owned());
            record.add(&event(3, 10_000, outcome)).unwrap();
        }
        let counts = record.all.counts;
        assert_eq!((counts.answered, counts.refused), (90, 100));
        assert_eq!((counts.failed, counts.gave_up), (110, 10));
        assert_eq!((counts.all(), counts.sent()), (300, 290));
        assert!((record.failed_share() - 0.55).abs() < 1e-9);
        assert!((record.refused_share() - 1.0 / 3.0).abs() < 1e-9);
        assert!((record.all.milliseconds(0.5) - 100.0).abs() < 0.2);
        assert!((record.all.milliseconds(0.99) - 10_000.0).abs() < 10.0);
        let by_interval: Vec<u64> = record
            .intervals
            .iter()
            .map(|one| one.counts.all())
            .collect();
        assert_eq!(by_interval, [90, 200, 0, 10]);
        let failure = &record.failures[&(0, "503".to_owned())];
        assert_eq!((failure.count, failure.first_due.as_secs()), (100, 1));
    }

    #[test]
    fn kinds_of_failures_are_bounded() {
        let mut record = Record::new(Duration::from_secs(1), 1).unwrap();
        for kind in 0..100 {
            let outcome = Outcome::Failed(format!("kind {kind}"));
            record.add(&event(0, 1, outcome)).unwrap();
        }
        assert_eq!(record.failures.len(), MOST_KINDS + 1);
        assert_eq!(record.failures[&(0, "others".to_owned())].count, 60);
    }
}
