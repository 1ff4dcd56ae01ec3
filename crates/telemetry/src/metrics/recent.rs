//! What the last hour was like, as this process saw it: for its status page, where no Prometheus is at hand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Metrics;
use super::http::Totals;

/// Between two looks, if the caller keeps to it.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// An hour of looks, and one before.
const MOST_LOOKS: usize = 361;

/// Requests since the start; probes are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Since the process started.
    pub after: Duration,
    pub requests: u64,
    /// Of them, those with a status of 500 or more.
    pub failed: u64,
    /// Of them, those that took longer than 200 ms.
    pub slow: u64,
}

/// What happened between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub lasted: Duration,
    pub requests: u64,
    pub failed: u64,
    pub slow: u64,
}

#[derive(Debug)]
pub(super) struct Recent {
    begun: Instant,
    looks: Mutex<VecDeque<Look>>,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            looks: Mutex::default(),
        }
    }
}

impl Recent {
    fn look(&self, totals: Totals) -> Look {
        Look {
            after: self.begun.elapsed(),
            requests: totals.requests,
            failed: totals.failed,
            slow: totals.slow,
        }
    }

    fn keep(&self, look: Look) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() == MOST_LOOKS {
            looks.pop_front();
        }
        looks.push_back(look);
    }

    fn all(&self) -> Vec<Look> {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.iter().copied().collect()
    }
}

impl Stretch {
    /// The last `window`, or as much of it as there was. Of no looks, nothing.
    pub fn of_the_last(window: Duration, looks: &[Look]) -> Option<Self> {
        let last = looks.last()?;
        let from = last.after.saturating_sub(window);
        // The youngest that is old enough; before there is one, the start itself.
        let first = looks.iter().rev().find(|look| look.after <= from);
        Some(Self::between(first, last))
    }

    /// Between neighbours, in order.
    pub fn each(looks: &[Look]) -> Vec<Self> {
        looks
            .windows(2)
            .map(|pair| Self::between(Some(&pair[0]), &pair[1]))
            .collect()
    }

    fn between(first: Option<&Look>, last: &Look) -> Self {
        let (after, requests, failed, slow) = first.map_or((Duration::ZERO, 0, 0, 0), |first| {
            (first.after, first.requests, first.failed, first.slow)
        });
        Self {
            lasted: last.after - after,
            requests: last.requests - requests,
            failed: last.failed - failed,
            slow: last.slow - slow,
        }
    }
}

impl Metrics {
    /// Remembers how much was counted until now: to be called every [`LOOK_EVERY`].
    pub fn look(&self) {
        self.with(|recorded| {
            recorded
                .recent
                .keep(recorded.recent.look(recorded.http.totals()))
        });
    }

    /// Of the last hour, the oldest first, and one of now; none where nothing is counted.
    pub fn looks(&self) -> Vec<Look> {
        let mut looks = Vec::new();
        self.with(|recorded| {
            looks = recorded.recent.all();
            looks.push(recorded.recent.look(recorded.http.totals()));
        });
        looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(second: u64, requests: u64) -> Look {
        Look {
            after: Duration::from_secs(second),
            requests,
            failed: requests / 10,
            slow: requests / 5,
        }
    }

    #[test]
    fn a_stretch_is_as_long_as_there_were_looks() {
        let looks = [look(0, 0), look(10, 100), look(20, 300)];
        let of = |seconds| Stretch::of_the_last(Duration::from_secs(seconds), &looks).unwrap();
        assert_eq!((of(10).requests, of(10).failed, of(10).slow), (200, 20, 40));
        assert_eq!((of(20).requests, of(20).lasted.as_secs()), (300, 20));
        assert_eq!((of(3_600).requests, of(3_600).lasted.as_secs()), (300, 20));
        // Between two looks, the older one: never less than was asked for.
        assert_eq!(of(15).requests, 300);
        assert_eq!(Stretch::of_the_last(Duration::from_secs(1), &[]), None);
    }

    #[test]
    fn looks_are_bounded() {
        let recent = Recent::default();
        for second in 0..1_000 {
            recent.keep(look(second, second));
        }
        let all = recent.all();
        assert_eq!(all.len(), MOST_LOOKS);
        assert_eq!(all.last().unwrap().requests, 999);
    }

    #[test]
    fn probes_are_no_requests() {
        let metrics = Metrics::new("1", [("GET", "/healthz"), ("GET", "/a")]);
        metrics.look();
        for (route, status, milliseconds) in [
            ("/a", 200, 1),
            ("/a", 503, 1),
            ("/a", 200, 201),
            ("/healthz", 500, 999),
        ] {
            let took = Duration::from_millis(milliseconds);
            metrics.http_request_finished("GET", route, status, took, None);
        }
        let looks = metrics.looks();
        assert_eq!(looks.len(), 2);
        let last = Stretch::of_the_last(Duration::from_secs(300), &looks).unwrap();
        assert_eq!((last.requests, last.failed, last.slow), (3, 1, 1));
        assert!(Metrics::off().looks().is_empty());
    }
}
