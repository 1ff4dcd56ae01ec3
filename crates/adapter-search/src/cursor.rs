//! Cursors: where a page ended, as a token that survives writes and restarts and cannot be used for another request.
//!
//! A token is base64url of: format, a digest of the request (the profile is only in there as part of that digest), the
//! instant at which the first page was made, the key of the last result, what the words of the query said on the first page,
//! and a checksum. Later pages are evaluated as of that instant, so that nothing expires between two pages, and with those
//! words, so that a record which is not written to stays where it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Citizenship, StudentProfile, Term, TermSet, Timestamp};
use ports::search_index::{SearchError, SearchRequest};
use sha2::{Digest, Sha256};

use crate::ordering::{NumericKey, OwnedKey};
use crate::query::PlanMark;

const FORMAT: u8 = 2;
const CHECKSUM: usize = 8;

/// Longer than any token that is made here.
const MOST_BYTES: usize = 2_000;

/// How long the pages of one search may be turned.
const MOST_AGE: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Clocks of replicas may differ.
const MOST_LEAD: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) request: [u8; 8],
    pub(crate) now: Timestamp,
    pub(crate) last: OwnedKey,
    pub(crate) plan: PlanMark,
}

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.request);
        bytes.extend(self.now.timestamp_micros().to_be_bytes());
        bytes.push(self.last.numbers.rank);
        bytes.extend(self.last.numbers.first.to_be_bytes());
        bytes.extend(self.last.numbers.second.to_be_bytes());
        for text in [&self.last.name, &self.last.id] {
            bytes.extend((text.len() as u16).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.push(u8::from(self.plan.apart));
        bytes.extend(self.plan.kept.to_be_bytes());
        bytes.extend(
            self.plan
                .weights
                .iter()
                .flat_map(|weight| weight.to_be_bytes()),
        );
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// # Errors
    /// When this is no cursor, was changed, belongs to another request or is too old.
    pub(crate) fn decode(
        token: &str,
        request: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, SearchError> {
        let cursor = read(token).ok_or(SearchError::InvalidCursor(
            "was not made by this service or was changed; leave it out to start from the first page",
        ))?;
        if cursor.request != request {
            return Err(SearchError::InvalidCursor(
                "belongs to a search with other words, filters, profile or sort; repeat those, or leave it out",
            ));
        }
        let age = now.signed_duration_since(cursor.now);
        if age > MOST_AGE || age < -MOST_LEAD {
            return Err(SearchError::InvalidCursor(
                "is older than a day; leave it out to start from the first page",
            ));
        }
        Ok(cursor)
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    shortened(Sha256::new_with_prefix(b"search cursor").chain_update(bytes))
}

fn shortened(digest: Sha256) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&digest.finalize()[..8]);
    short
}

fn read(token: &str) -> Option<Cursor> {
    if token.len() > MOST_BYTES {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (content, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    if checksum(content) != sum {
        return None;
    }
    let mut reader = Reader(content);
    if reader.array::<1>()? != [FORMAT] {
        return None;
    }
    let request = reader.array()?;
    let now = Timestamp::from_timestamp_micros(i64::from_be_bytes(reader.array()?))?;
    let [rank] = reader.array()?;
    let numbers = NumericKey {
        rank,
        first: i64::from_be_bytes(reader.array()?),
        second: i64::from_be_bytes(reader.array()?),
    };
    let (name, id) = (reader.text()?, reader.text()?);
    let [apart] = reader.array()?;
    let kept = u32::from_be_bytes(reader.array()?);
    let (weights, rest) = reader.0.as_chunks();
    rest.is_empty().then(|| Cursor {
        request,
        now,
        last: OwnedKey { numbers, name, id },
        plan: PlanMark {
            apart: apart != 0,
            kept,
            weights: weights
                .iter()
                .map(|weight| u16::from_be_bytes(*weight))
                .collect(),
        },
    })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// A digest of everything that decides which results there are and in which order.
pub(crate) fn request_digest(request: &SearchRequest) -> [u8; 8] {
    let mut digest = Sha256::new();
    let mut part = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    part(&request.query);
    part(&format!("{:?}", request.filters));
    part(request.sort.code());
    if let Some(filter) = &request.profile {
        part(&filter.verdicts.codes());
        profile_parts(&filter.profile, part);
    }
    shortened(digest)
}

/// Every fact of the profile, which does not print itself.
fn profile_parts(profile: &StudentProfile, mut part: impl FnMut(&str)) {
    let StudentProfile {
        gpa,
        grade_levels,
        field_of_study,
        citizenship,
        state_of_residence,
        country_of_residence,
        age,
        financial_need,
        household_income,
        attributes,
    } = profile;
    part(&format!("{gpa:?}"));
    part(&TermSet::codes(*grade_levels));
    part(&format!("{field_of_study:?}"));
    part(citizenship.as_ref().map_or("", Citizenship::code));
    part(&format!("{state_of_residence:?}"));
    part(&format!("{country_of_residence:?}"));
    part(&format!("{age:?} {financial_need:?} {household_income:?}"));
    for (kind, values) in attributes {
        part(kind);
        part(&format!("{values:?}"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor(name: String, id: String, first: i64) -> Cursor {
        Cursor {
            request: [7; 8],
            now: Timestamp::from_timestamp_micros(1_795_000_000_000_001).expect("an instant"),
            last: OwnedKey {
                numbers: NumericKey {
                    rank: 1,
                    first,
                    second: -3,
                },
                name,
                id,
            },
            plan: PlanMark {
                apart: first % 2 == 0,
                kept: 5,
                weights: vec![1, 17_000],
            },
        }
    }

    proptest! {
        #[test]
        fn a_cursor_survives_the_round_trip_and_no_changed_byte(
            name in ".{0,40}", id in "[a-z]{1,8}", first in any::<i64>(), at in any::<prop::sample::Index>(), byte in 33_u8..127,
        ) {
            let cursor = cursor(name, id, first);
            let token = cursor.encode();
            prop_assert_eq!(Cursor::decode(&token, [7; 8], cursor.now), Ok(cursor.clone()));
            prop_assert!(Cursor::decode(&token, [8; 8], cursor.now).is_err());
            prop_assert!(Cursor::decode(&token, [7; 8], cursor.now + chrono::TimeDelta::days(2)).is_err());
            let mut changed = token.clone().into_bytes();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != byte);
            changed[at] = byte;
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert!(Cursor::decode(&changed, [7; 8], cursor.now).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(read(&text).is_none());
            let mut bytes = bytes;
            let sum = checksum(&bytes);
            bytes.extend(sum);
            let _ = read(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
