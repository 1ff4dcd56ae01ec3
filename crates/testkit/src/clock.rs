//! Clocks and ids that the test decides.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use domain::{ScholarshipId, Timestamp};
use ports::{Clock, IdGenerator};

/// Reads an RFC 3339 instant.
///
/// # Panics
/// When the text is none.
pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an RFC 3339 instant")
}

/// The machine's own time, for tests that wait for servers which go by it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

impl Clock for RealClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the injected clock of tests that need real time"
    )]
    fn now(&self) -> Timestamp {
        chrono::Utc::now()
    }
}

/// Stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves on by one step with each look.
#[derive(Debug)]
pub struct StepClock {
    next: Mutex<Timestamp>,
    step: TimeDelta,
}

impl StepClock {
    /// The first look gives `start`.
    pub fn new(start: Timestamp, step: TimeDelta) -> Self {
        Self {
            next: Mutex::new(start),
            step,
        }
    }
}

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *next;
        *next += self.step;
        now
    }
}

/// The ids of 1, 2, 3 and so on.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdGenerator for SequentialIds {
    fn scholarship_id(&self) -> ScholarshipId {
        ScholarshipId::from_bits(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_clock_moves_and_a_fixed_one_only_when_told() {
        let start = instant("2026-11-23T12:00:00Z");
        let step = TimeDelta::seconds(1);
        let steps = StepClock::new(start, step);
        assert_eq!((steps.now(), steps.now()), (start, start + step));
        let fixed = FixedClock::at(start);
        assert_eq!((fixed.now(), fixed.now()), (start, start));
        fixed.advance(step);
        assert_eq!(fixed.now(), start + step);
    }

    #[test]
    fn sequential_ids_sort_in_the_order_of_their_making() {
        let ids = SequentialIds::default();
        let made: Vec<_> = (0..100).map(|_| ids.scholarship_id()).collect();
        assert!(made.is_sorted());
    }
}
