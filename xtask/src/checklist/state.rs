//! What is known of an item, weighed today.

use chrono::{DateTime, TimeDelta, Utc};

use super::items::ItemName;
use super::record::{Check, Confirmation, Proof, Record};

/// Of clocks that differ a little.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What is known of releases when a confirmation is looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Releases {
    /// The version that is to be released.
    pub(super) next: Option<String>,
    /// The version of the last release that is over, and when it ended.
    pub(super) ended: Option<(String, DateTime<Utc>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Missing,
    Fresh(Proof),
    Expired(Proof),
    /// Of a time that has not come.
    Ahead(Proof),
    /// The release that it was given for is over.
    Over(Confirmation),
    /// Given for another release, or for none.
    OtherRelease(Confirmation),
    /// Nothing that speaks for the item is newer.
    Failed(Check),
}

impl State {
    /// By the newest that is known.
    pub(super) fn of(
        record: &Record,
        item: ItemName,
        now: DateTime<Utc>,
        releases: &Releases,
    ) -> Self {
        let proofs = record.proofs(item).into_iter();
        let (ahead, known): (Vec<Proof>, Vec<Proof>) =
            proofs.partition(|proof| proof.at() - now > TOLERANCE);
        let newest = known.into_iter().max_by_key(Proof::at);
        if let Some(failed) = record.failed(item)
            && newest.as_ref().is_none_or(|proof| proof.at() < failed.at)
        {
            return Self::Failed(failed.clone());
        }
        match newest {
            None => {
                let ahead = ahead.into_iter().next();
                ahead.map_or(Self::Missing, Self::Ahead)
            }
            Some(proof) if now - proof.at() >= item.good_for() => Self::Expired(proof),
            Some(Proof::Confirmed(found)) if item.is_of_one_release() => releases.state(found),
            Some(proof) => Self::Fresh(proof),
        }
    }
}

impl Releases {
    /// Of a confirmation that is good for one release only.
    fn state(&self, found: Confirmation) -> State {
        let Some(version) = &found.version else {
            return State::OtherRelease(found);
        };
        let is_over = self
            .ended
            .as_ref()
            .is_some_and(|(ended, at)| ended == version && *at >= found.at);
        if self.next.as_ref().is_some_and(|next| next != version) {
            State::OtherRelease(found)
        } else if is_over {
            State::Over(found)
        } else {
            State::Fresh(Proof::Confirmed(found))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Failure;
    use super::*;

    const ITEM: ItemName = ItemName::LoadTest;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days)
    }

    fn confirmed(days: i64) -> Confirmation {
        Confirmation {
            by: "Ada".to_owned(),
            at: at(days),
            note: None,
            version: None,
        }
    }

    fn passed(days: i64) -> Check {
        Check {
            at: at(days),
            commands: vec!["loadtest".to_owned()],
            commit: None,
            failures: Vec::new(),
        }
    }

    fn failed(days: i64) -> Check {
        Check {
            failures: vec![Failure {
                command: "loadtest".to_owned(),
                ended: "exit status: 1".to_owned(),
                said: Vec::new(),
            }],
            ..passed(days)
        }
    }

    fn state(record: &Record, days: i64) -> State {
        State::of(record, ITEM, at(days), &Releases::default())
    }

    #[test]
    fn a_check_and_a_confirmation_are_good_for_thirty_days() {
        let (mut checked, mut said) = (Record::default(), Record::default());
        assert_eq!(state(&checked, 100), State::Missing);
        checked.add_check(ITEM, passed(100));
        said.add_confirmation(ITEM, confirmed(100));
        for (record, proof) in [
            (checked, Proof::Checked(passed(100))),
            (said, Proof::Confirmed(confirmed(100))),
        ] {
            assert_eq!(state(&record, 100), State::Fresh(proof.clone()));
            assert_eq!(state(&record, 129), State::Fresh(proof.clone()));
            assert_eq!(state(&record, 130), State::Expired(proof.clone()));
            assert_eq!(state(&record, 99), State::Ahead(proof));
            let other = ItemName::Migrations;
            let other = State::of(&record, other, at(100), &Releases::default());
            assert_eq!(other, State::Missing);
        }
    }

    #[test]
    fn the_newest_that_speaks_for_it_counts() {
        let mut record = Record::default();
        record.add_check(ITEM, passed(100));
        record.add_confirmation(ITEM, confirmed(110));
        let proof = Proof::Confirmed(confirmed(110));
        assert_eq!(state(&record, 131), State::Fresh(proof));
        record.add_check(ITEM, passed(120));
        let proof = Proof::Checked(passed(120));
        assert_eq!(state(&record, 149), State::Fresh(proof.clone()));
        // A wrong clock hides nothing.
        record.add_confirmation(ITEM, confirmed(200));
        assert_eq!(state(&record, 149), State::Fresh(proof));
    }

    #[test]
    fn a_failure_holds_until_a_check_passes_or_somebody_confirms() {
        let mut record = Record::default();
        record.add_check(ITEM, failed(90));
        assert_eq!(state(&record, 100), State::Failed(failed(90)));
        assert_eq!(state(&record, 190), State::Failed(failed(90)));
        record.add_check(ITEM, passed(100));
        record.add_confirmation(ITEM, confirmed(101));
        record.add_check(ITEM, failed(102));
        assert_eq!(state(&record, 103), State::Failed(failed(102)));
        record.add_confirmation(ITEM, confirmed(104));
        let proof = Proof::Confirmed(confirmed(104));
        assert_eq!(state(&record, 105), State::Fresh(proof.clone()));
        // What happened before does not come back.
        assert_eq!(state(&record, 134), State::Expired(proof));
        record.add_check(ITEM, failed(135));
        record.add_check(ITEM, passed(136));
        let proof = Proof::Checked(passed(136));
        assert_eq!(state(&record, 137), State::Fresh(proof));
    }

    #[test]
    fn somebody_is_on_call_for_a_day_and_for_one_release() {
        let state = |confirmation: &Confirmation, hours, next: Option<&str>, ended| {
            let mut record = Record::default();
            record.add_confirmation(ItemName::OnCall, confirmation.clone());
            let releases = Releases {
                next: next.map(str::to_owned),
                ended,
            };
            let now = at(100) + TimeDelta::hours(hours);
            State::of(&record, ItemName::OnCall, now, &releases)
        };
        let given = Confirmation {
            version: Some("2".to_owned()),
            ..confirmed(100)
        };
        let proof = Proof::Confirmed(given.clone());
        let ended = |version: &str, hours| {
            let at = at(100) + TimeDelta::hours(hours);
            Some((version.to_owned(), at))
        };
        assert_eq!(state(&given, 23, None, None), State::Fresh(proof.clone()));
        assert_eq!(
            state(&given, 23, Some("2"), None),
            State::Fresh(proof.clone())
        );
        assert_eq!(state(&given, 24, None, None), State::Expired(proof.clone()));
        assert_eq!(
            state(&given, 1, Some("3"), None),
            State::OtherRelease(given.clone())
        );
        assert_eq!(
            state(&given, 3, Some("2"), ended("2", 2)),
            State::Over(given.clone())
        );
        // Of another version, or before it was confirmed again.
        for ended in [ended("1", 2), ended("2", -2)] {
            assert_eq!(state(&given, 3, None, ended), State::Fresh(proof.clone()));
        }
        let unsaid = confirmed(100);
        assert_eq!(
            state(&unsaid, 1, None, None),
            State::OtherRelease(unsaid.clone())
        );
    }
}
