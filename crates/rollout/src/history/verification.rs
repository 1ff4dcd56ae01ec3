//! Whether a history is the one that was written.

use std::collections::BTreeMap;

use super::{Head, Record, SCHEMA, Unreadable, read};

/// How a record is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("it has the form {found}, which nobody here can read")]
    OtherSchema { found: u32 },
    #[error("its content is not the one that was sealed")]
    Edited,
    #[error("{missing} before it were removed")]
    Removed { missing: u64 },
    #[error("it stands where {expected} should: records were reordered or doubled")]
    Reordered { expected: u64 },
    #[error("the record before it is not the one it was sealed to")]
    Unchained,
    #[error("it is the last one, but the history went on to {known}")]
    CutOff { known: u64 },
    #[error("the history is another one than that of the known head")]
    OtherHead,
}

#[derive(Debug, thiserror::Error)]
pub enum FlawedHistory {
    #[error("record {sequence} of the history is wrong: {flaw}")]
    Record {
        /// The number that the record carries; 0 when there is none at all.
        sequence: u64,
        #[source]
        flaw: Flaw,
    },
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// The head of records that are complete and unchanged. Without a known head nobody can tell whether the end was cut off.
///
/// # Errors
///
/// The first record that is wrong, and how.
pub fn verify(records: &[Record], known: Option<&Head>) -> Result<Head, FlawedHistory> {
    let places: BTreeMap<u64, usize> = records
        .iter()
        .enumerate()
        .map(|(place, record)| (record.sequence, place))
        .collect();
    let mut head = Head::default();
    for (place, record) in records.iter().enumerate() {
        let is_later = |sequence: u64| places.get(&sequence).is_some_and(|found| *found > place);
        if let Some(flaw) = flaw(record, &head, is_later) {
            let sequence = record.sequence;
            return Err(FlawedHistory::Record { sequence, flaw });
        }
        head = record.head();
    }
    match known.and_then(|known| flaw_of_head(records, &head, known)) {
        Some((sequence, flaw)) => Err(FlawedHistory::Record { sequence, flaw }),
        None => Ok(head),
    }
}

/// The same for the text; a torn last line is no flaw.
///
/// # Errors
///
/// As [`verify`], or the first whole line that is no record.
pub fn verify_text(text: &str, known: Option<&Head>) -> Result<Head, FlawedHistory> {
    verify(&read(text)?.records, known)
}

fn flaw(record: &Record, head: &Head, is_later: impl Fn(u64) -> bool) -> Option<Flaw> {
    let expected = head.sequence + 1;
    if record.schema != SCHEMA {
        let found = record.schema;
        return Some(Flaw::OtherSchema { found });
    }
    if !record.is_intact() {
        return Some(Flaw::Edited);
    }
    if record.sequence > expected && !is_later(expected) {
        let missing = record.sequence - expected;
        return Some(Flaw::Removed { missing });
    }
    if record.sequence != expected {
        return Some(Flaw::Reordered { expected });
    }
    (record.previous != head.hash).then_some(Flaw::Unchained)
}

/// A history that goes on after the known head is fine, if it went through it.
fn flaw_of_head(records: &[Record], head: &Head, known: &Head) -> Option<(u64, Flaw)> {
    if known.sequence > head.sequence {
        let known = known.sequence;
        return Some((head.sequence, Flaw::CutOff { known }));
    }
    let passed = records
        .iter()
        .find(|record| record.sequence == known.sequence);
    let is_passed = passed.is_none_or(|record| record.hash == known.hash);
    (!is_passed).then_some((known.sequence, Flaw::OtherHead))
}
