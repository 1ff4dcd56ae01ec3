//! Finds what could name or reach a person, and puts placeholders in its place.

mod birth_date;
mod digit_groups;
mod email;
mod identifier;
mod link;
mod person_name;
mod street_address;

pub(super) use link::{Strictness, links};

use std::collections::BTreeSet;

use super::pieces::Pieces;

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PersonalData {
    Email,
    Phone,
    /// A social security number of the United States or its like.
    Ssn,
    /// The number of a payment card.
    Card,
    Address,
    DateOfBirth,
    /// A number of a student, passport, licence, account and the like.
    Identifier,
    Name,
    Link,
    IpAddress,
}

impl PersonalData {
    pub(crate) const ALL: [Self; 10] = [
        Self::Email,
        Self::Phone,
        Self::Ssn,
        Self::Card,
        Self::Address,
        Self::DateOfBirth,
        Self::Identifier,
        Self::Name,
        Self::Link,
        Self::IpAddress,
    ];

    /// What stands in a text instead of it.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Email => "[EMAIL]",
            Self::Phone => "[PHONE]",
            Self::Ssn => "[SSN]",
            Self::Card => "[CARD]",
            Self::Address => "[ADDRESS]",
            Self::DateOfBirth => "[DATE_OF_BIRTH]",
            Self::Identifier => "[ID]",
            Self::Name => "[NAME]",
            Self::Link => "[URL]",
            Self::IpAddress => "[IP]",
        }
    }

    /// Bytes of the placeholder at the start of `rest`.
    pub(super) fn placeholder_length(rest: &str) -> Option<usize> {
        let mut placeholders = Self::ALL.iter().map(|kind| kind.placeholder());
        placeholders
            .find(|placeholder| rest.starts_with(placeholder))
            .map(str::len)
    }
}

/// Where personal data stands: from byte `start` to before byte `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: PersonalData,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All personal data of `text`, from left to right, none overlapping another.
pub(super) fn find(text: &str) -> Vec<Finding> {
    let pieces = Pieces::of(text);
    let mut found = email::emails(text, &pieces);
    let mut add = |more: Vec<Finding>| {
        for finding in more {
            let apart = |other: &Finding| finding.end <= other.start || other.end <= finding.start;
            if finding.start < finding.end && found.iter().all(apart) {
                found.push(finding);
            }
        }
    };
    add(link::links(text, Strictness::Prose));
    add(link::ip_addresses(text));
    add(birth_date::birth_dates(&pieces));
    add(identifier::announced(&pieces));
    add(identifier::recognised(text, char::is_alphabetic));
    add(digit_groups::numbers(&pieces));
    add(street_address::addresses(&pieces));
    add(identifier::recognised(text, |_| true));
    add(person_name::announced(&pieces));
    found.sort_by_key(|finding| finding.start);
    found
}

/// `text` with placeholders for all personal data, and the kinds that were there.
pub(super) fn replace(text: &str) -> (String, BTreeSet<PersonalData>) {
    let mut kinds = BTreeSet::new();
    let mut text = text.to_owned();
    // What was hidden by its neighbour may show once that is gone. Each round leaves fewer characters that are no placeholder.
    loop {
        let findings = find(&text);
        if findings.is_empty() {
            return (text, kinds);
        }
        let mut replaced = String::with_capacity(text.len());
        let mut at = 0;
        for finding in findings {
            replaced.push_str(&text[at..finding.start]);
            replaced.push_str(finding.kind.placeholder());
            kinds.insert(finding.kind);
            at = finding.end;
        }
        replaced.push_str(&text[at..]);
        text = replaced;
    }
}

/// Pieces `start..end` as a finding.
fn finding(pieces: &Pieces, kind: PersonalData, start: usize, end: usize) -> Option<Finding> {
    Some(Finding {
        kind,
        start: pieces.get(start)?.start,
        end: pieces.get(end.checked_sub(1)?)?.end,
    })
}
