//! E-mail addresses, also where `at` and `dot` are spelled out.

use super::super::pieces::{Kind, Pieces};
use super::{Finding, PersonalData, finding};

/// Characters before and behind the sign that are looked at: more than an address may have.
const LONGEST_PART: usize = 255;
/// Endings of hosts that people spell out.
const ENDINGS: &[&str] = &[
    "com", "edu", "org", "net", "gov", "io", "us", "uk", "ca", "co", "me",
];
/// Hosts of mail that need no ending to be known.
const PROVIDERS: &[&str] = &[
    "gmail",
    "yahoo",
    "outlook",
    "hotmail",
    "icloud",
    "aol",
    "protonmail",
    "proton",
    "ymail",
    "gmx",
];

pub(super) fn emails(text: &str, pieces: &Pieces) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let is_new = found.last().is_none_or(|last| last.end <= at);
        if is_new {
            let begins_after = found.last().map_or(0, |last| last.end);
            found.extend(around_sign(text, begins_after, at));
        }
    }
    for at in 0..pieces.len() {
        let spelled = spelled_out(pieces, at);
        let spelled = spelled.filter(|new| {
            found
                .iter()
                .all(|old| new.end <= old.start || old.end <= new.start)
        });
        found.extend(spelled);
    }
    found
}

/// Everything around the sign that an address may hold.
fn around_sign(text: &str, begins_after: usize, sign: usize) -> Option<Finding> {
    let (before, after) = (text.get(begins_after..sign)?, text.get(sign + 1..)?);
    let is_local = |next: char| next.is_alphanumeric() || "._%+-'’!#$&*=?^{|}~`/@".contains(next);
    let is_host = |next: char| next.is_alphanumeric() || "._-@".contains(next);
    let length: usize = before
        .chars()
        .rev()
        .take(LONGEST_PART)
        .take_while(|next| is_local(*next))
        .map(char::len_utf8)
        .sum();
    let local =
        before[before.len() - length..].trim_start_matches(|next: char| !next.is_alphanumeric());
    let length: usize = after
        .chars()
        .take(LONGEST_PART)
        .take_while(|next| is_host(*next))
        .map(char::len_utf8)
        .sum();
    let host = after[..length].trim_end_matches(|next: char| !next.is_alphanumeric());
    let named = local.contains(char::is_alphanumeric) && host.contains(char::is_alphanumeric);
    named.then_some(Finding {
        kind: PersonalData::Email,
        start: sign - local.len(),
        end: sign + 1 + host.len(),
    })
}

/// "jane dot doe at gmail dot com", "jane [at] school.edu", "jane at gmail.com".
fn spelled_out(pieces: &Pieces, at: usize) -> Option<Finding> {
    let (bracketed, after) = joint(pieces, at, "at", '@')?;
    let first = at.checked_sub(1)?;
    let mut start = first;
    let is_name = |at: usize| {
        pieces
            .get(at)
            .is_some_and(|piece| matches!(piece.kind, Kind::Word | Kind::Number))
    };
    if !is_name(start) {
        return None;
    }
    let (host_end, spelled_dot) = host(pieces, after)?;
    let known = PROVIDERS.contains(&pieces.word(after));
    if !(bracketed || spelled_dot || known) {
        return None;
    }
    while let Some(before) = start.checked_sub(1) {
        let glued = pieces.is_glued(start);
        let joins = pieces.word(before) == "dot" || (glued && pieces.is_sign(before, "._-+"));
        if joins && before > 0 && is_name(before - 1) {
            start = before - 1;
        } else if glued && is_name(before) {
            start = before;
        } else {
            break;
        }
    }
    finding(pieces, PersonalData::Email, start, host_end)
}

/// The end of a host, and whether one of its dots is spelled out.
fn host(pieces: &Pieces, start: usize) -> Option<(usize, bool)> {
    let (mut at, mut spelled, mut ended) = (start, false, false);
    if pieces.word(at).is_empty() {
        return None;
    }
    at += 1;
    for _ in 0..6 {
        let dotted = pieces.is_sign(at, ".-") && pieces.is_glued(at) && pieces.is_glued(at + 1);
        let spelled_here = joint(pieces, at, "dot", '.').filter(|_| !pieces.is_sign(at, "."));
        let next = match spelled_here {
            Some((_, after)) => after,
            None if dotted => at + 1,
            None => break,
        };
        let word = pieces.word(next);
        if word.is_empty() {
            break;
        }
        spelled |= spelled_here.is_some();
        ended = ENDINGS.contains(&word);
        at = next + 1;
    }
    ended.then_some((at, spelled))
}

/// A spelled out sign: `at`, `(at)`, `[at]`, `{at}`, `(@)`; whether it stands in brackets, and the place behind it.
fn joint(pieces: &Pieces, at: usize, word: &str, sign: char) -> Option<(bool, usize)> {
    let is_it = |at: usize| pieces.word(at) == word || pieces.sign(at) == Some(sign);
    if pieces.is_sign(at, "([{<") && is_it(at + 1) && pieces.is_sign(at + 2, ")]}>") {
        return Some((true, at + 3));
    }
    (pieces.word(at) == word).then_some((false, at + 1))
}
