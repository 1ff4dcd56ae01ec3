//! What the history tells of the releases that ended in a stretch of time.

use chrono::{DateTime, TimeDelta, Utc};
use rollout::history::{Event, Record};

/// Releases by their ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Releases {
    /// Those that went through all stages.
    pub(super) finished: u64,
    /// Those that were rolled back, by a verdict, a timeout or a person.
    pub(super) rolled_back: u64,
    /// From each decision to roll back until the old version was seen to have all traffic.
    pub(super) restored_in: Vec<TimeDelta>,
}

impl Releases {
    /// Those of which the end lies in the stretch, both moments included.
    pub(super) fn of(records: &[Record], (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Self {
        let mut releases = Self::default();
        let mut decided_at = None;
        let mut is_counted_as_finished = false;
        for record in records {
            let is_inside = (from..=to).contains(&record.at);
            match &record.event {
                Event::Started { .. } => {
                    decided_at = None;
                    is_counted_as_finished = false;
                }
                Event::RollbackBegan { .. } => decided_at = Some(record.at),
                Event::RolledBack if is_inside => {
                    releases.rolled_back += 1;
                    // It had gone through all stages, and did not last.
                    releases.finished -= u64::from(is_counted_as_finished);
                    is_counted_as_finished = false;
                    releases
                        .restored_in
                        .extend(decided_at.map(|decided_at| record.at - decided_at));
                }
                Event::Finished if is_inside => {
                    releases.finished += 1;
                    is_counted_as_finished = true;
                }
                _ => {}
            }
        }
        releases
    }

    pub(super) fn ended(&self) -> u64 {
        self.finished + self.rolled_back
    }

    /// Seconds that the old version needed to have all traffic again, in the mean; `None` without a rollback.
    pub(super) fn seconds_to_restore(&self) -> Option<f64> {
        let milliseconds = self.restored_in.iter().map(TimeDelta::num_milliseconds);
        let count = i32::try_from(self.restored_in.len()).ok()?;
        let sum = i32::try_from(milliseconds.sum::<i64>()).unwrap_or(i32::MAX);
        (count > 0).then(|| f64::from(sum) / 1e3 / f64::from(count))
    }
}

#[cfg(test)]
mod tests {
    use rollout::history::{Cause, Entry, Head};
    use rollout::traffic::Weights;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn history(events: &[(i64, Event)]) -> Vec<Record> {
        let mut head = Head::default();
        let sealed = events.iter().map(|(minute, event)| {
            let entry = Entry {
                at: at(*minute),
                operator: "ada".to_owned(),
                reason: "a test".to_owned(),
                event: event.clone(),
                verdict_hash: None,
                weights: Weights::ALL_STABLE,
            };
            let record = Record::after(&head, entry);
            head = record.head();
            record
        });
        sealed.collect()
    }

    fn started() -> Event {
        Event::Started {
            canary: "2".to_owned(),
            stable: "1".to_owned(),
            policy_hash: String::new(),
        }
    }

    #[test]
    fn releases_are_counted_by_their_ends() {
        let began = |cause| Event::RollbackBegan { cause };
        let records = history(&[
            (0, started()),
            (10, Event::Finished),
            (20, started()),
            (30, began(Cause::Abort)),
            (32, Event::RolledBack),
            (40, started()),
            (50, began(Cause::Timeout)),
            (54, Event::RolledBack),
            (60, started()),
            (70, Event::Finished),
            // Found to be bad after its end: one release, and no good one.
            (72, started()),
            (74, Event::Finished),
            (75, began(Cause::Abort)),
            (78, Event::RolledBack),
            (80, started()),
        ]);
        let all = Releases::of(&records, (at(0), at(90)));
        assert_eq!((all.finished, all.rolled_back, all.ended()), (2, 3, 5));
        assert_eq!(all.seconds_to_restore(), Some(180.0));
        // Of a release that was decided on before, the end counts.
        let some = Releases::of(&records, (at(31), at(54)));
        assert_eq!((some.finished, some.rolled_back), (0, 2));
        let none = Releases::of(&records, (at(79), at(90)));
        assert_eq!(none, Releases::default());
        assert_eq!(none.seconds_to_restore(), None);
    }
}
