//! How long something was watched, by a clock that may jump.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// More spans than these are never kept: the shortest is forgotten, which never makes the time longer.
const MOST_SPANS: usize = 256;

/// The time between looks that were close enough to each other. The same minute of the clock never counts twice, so a clock that
/// is set back gains nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    last: Option<DateTime<Utc>>,
    /// Ascending, and apart from each other.
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Watch {
    /// Looks again. The time since the last look counts unless it is longer than a gap, or negative.
    pub fn look(&mut self, at: DateTime<Utc>, longest_gap: TimeDelta) {
        let since = self.last.replace(at).filter(|last| *last < at);
        if let Some(from) = since.filter(|last| at - *last <= longest_gap) {
            self.add(Span { from, to: at });
        }
    }

    /// The time until the next look will not count.
    pub fn interrupt(&mut self) {
        self.last = None;
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// When it was last looked, unless interrupted since.
    pub fn last(&self) -> Option<DateTime<Utc>> {
        self.last
    }

    pub fn total(&self) -> TimeDelta {
        self.spans.iter().map(|span| span.to - span.from).sum()
    }

    fn add(&mut self, mut new: Span) {
        self.spans.retain(|span| {
            let is_apart = span.to < new.from || new.to < span.from;
            if !is_apart {
                new.from = new.from.min(span.from);
                new.to = new.to.max(span.to);
            }
            is_apart
        });
        let place = self.spans.partition_point(|span| span.from < new.from);
        self.spans.insert(place, new);
        if self.spans.len() > MOST_SPANS {
            self.forget_the_shortest();
        }
    }

    fn forget_the_shortest(&mut self) {
        let lengths = self.spans.iter().map(|span| span.to - span.from);
        if let Some((place, _)) = lengths.enumerate().min_by_key(|(_, length)| *length) {
            self.spans.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The minutes that were watched by looks at these minutes.
    fn watched(looks: &[i64]) -> i64 {
        let mut watch = Watch::default();
        for minute in looks {
            let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(*minute);
            watch.look(at, TimeDelta::minutes(3));
        }
        watch.total().num_minutes()
    }

    #[test]
    fn looks_that_are_close_add_up() {
        assert_eq!(watched(&[]), 0);
        assert_eq!(watched(&[0]), 0);
        assert_eq!(watched(&[0, 1, 2, 5]), 5);
    }

    #[test]
    fn a_gap_does_not_count() {
        assert_eq!(watched(&[0, 1, 60, 61]), 2);
    }

    #[test]
    fn doubled_and_late_looks_add_nothing() {
        assert_eq!(watched(&[0, 1, 1, 1, 2]), 2);
        assert_eq!(watched(&[0, 2, 1, 3, 2, 4]), 4);
    }

    #[test]
    fn a_clock_that_is_set_back_gains_nothing() {
        assert_eq!(watched(&[0, 1, 2, 0, 1, 2, 0, 1, 2, 3]), 3);
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_back_loses_nothing() {
        assert_eq!(watched(&[0, 1, 600, 601, 2, 3]), 3);
    }

    #[test]
    fn too_many_spans_never_make_the_time_longer() {
        let looks: Vec<i64> = (0..2_000)
            .flat_map(|block| [block * 10, block * 10 + 1])
            .collect();
        assert_eq!(watched(&looks), 256);
    }
}
