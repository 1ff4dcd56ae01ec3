//! Numbers of papers, accounts and people: where a word announces them, and where their form tells.

use super::super::pieces::{Kind, Pieces, is_in};
use super::{Finding, PersonalData, finding};

/// Words that announce an identifier alone.
const ALONE: &str = "id passport sevis matrikelnummer dni nie cpf curp netid emplid uin cwid eid pasaporte passeport reisepass passaporte \
uid pin iban userid studentid";
/// Words that announce one together with "number", "no" or "#".
const WITH_NUMBER: &str = "student passport alien registration member membership account routing case identification license licence visa a roll \
enrollment enrolment application applicant medicaid medicare insurance policy employee badge school candidate campus \
receipt tribal record uscis admission";
const SSN_WORDS: &[&str] = &["ssn", "itin", "ssns"];
/// Words between the announcement and the number.
const FILLERS: &str = "number no num nr nummer is was are my its the card ends in with de es número numero ist est é of code last four digits";
/// Pieces between the announcement and the number at most.
const DISTANCE: usize = 6;

pub(super) fn announced(pieces: &Pieces) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let value = announcement(pieces, at).and_then(|(kind, behind)| {
            let (start, end) = value(pieces, behind, kind)?;
            Some((finding(pieces, kind, start, end)?, end))
        });
        match value {
            Some((finding, end)) => {
                found.push(finding);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// What kind is announced at `at`, and the place behind the announcement.
fn announcement(pieces: &Pieces, at: usize) -> Option<(PersonalData, usize)> {
    let (word, next) = (pieces.word(at), pieces.word(at + 1));
    let social = word == "social" && matches!(next, "security" | "insurance" | "sec");
    if SSN_WORDS.contains(&word) || social {
        return Some((PersonalData::Ssn, at + 1 + usize::from(social)));
    }
    let licence = matches!(word, "driver" | "drivers" | "driving" | "dl");
    let licence = (licence && matches!(next, "license" | "licence" | "lic")).then_some(at + 2);
    let numbered = is_in(WITH_NUMBER, word)
        && (matches!(next, "number" | "no" | "num" | "nr" | "id") || pieces.is_sign(at + 1, "#"));
    // The state of Idaho, before a zip code.
    let idaho = pieces.get(at).is_some_and(|piece| piece.text == "ID")
        && pieces.digits(at + 1).len() == 5
        && at.checked_sub(1).is_some_and(|before| {
            pieces.is_sign(before, ",")
                || pieces
                    .get(before)
                    .is_some_and(|piece| piece.starts_with_capital())
        });
    let alone = is_in(ALONE, word) && !idaho;
    licence
        .or(numbered.then_some(at + 2))
        .or(alone.then_some(at + 1))
        .map(|behind| (PersonalData::Identifier, behind))
}

/// The announced value behind fillers: at least four letters and digits, among them enough digits. A year is none.
fn value(pieces: &Pieces, behind: usize, kind: PersonalData) -> Option<(usize, usize)> {
    let mut start = behind;
    while start < behind + DISTANCE
        && (is_in(FILLERS, pieces.word(start)) || pieces.is_sign(start, "#:=-(\"'’."))
    {
        start += 1;
    }
    let mut end = start + 1;
    while pieces.is_glued(end) && (is_value(pieces, end) || pieces.is_sign(end, "-/_.")) {
        end += 1;
    }
    // Groups that are set apart: "123 45 6789".
    while all_digits(pieces, end - 1)
        && !pieces.is_glued(end)
        && (2..=4).contains(&pieces.digits(end).len())
        && !is_year(pieces.digits(end))
        && end < start + 9
    {
        end += 1;
    }
    while end > start && !is_value(pieces, end - 1) {
        end -= 1;
    }
    let digits: usize = (start..end).map(|at| pieces.digits(at).len()).sum();
    let first = is_value(pieces, start);
    let single_year = end == start + 1 && is_year(pieces.digits(start));
    let enough = digits >= 4 || (digits >= 3 && end > start + 1 && !has_dot(pieces, start, end));
    let fits = enough && (kind == PersonalData::Ssn || !single_year);
    (first && fits).then_some((start, end))
}

fn has_dot(pieces: &Pieces, start: usize, end: usize) -> bool {
    (start..end).any(|at| pieces.is_sign(at, "."))
}

fn all_digits(pieces: &Pieces, at: usize) -> bool {
    !pieces.digits(at).is_empty()
}

fn is_value(pieces: &Pieces, at: usize) -> bool {
    pieces
        .get(at)
        .is_some_and(|piece| matches!(piece.kind, Kind::Word | Kind::Number))
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// Letters with at least seven digits, such as `A123456789`, that begin with a certain character. Ids of scholarships begin with `sch_` and stay.
pub(super) fn recognised(text: &str, begins: fn(char) -> bool) -> Vec<Finding> {
    let is_part = |next: char| next.is_alphanumeric() || next == '-' || next == '_';
    let mut found = Vec::new();
    let mut start = 0;
    for chunk in text.split(|next: char| !is_part(next)) {
        let digits = chunk.bytes().filter(u8::is_ascii_digit).count();
        let is_scholarship = chunk.starts_with("sch_");
        if digits >= 7
            && chunk.starts_with(begins)
            && chunk.contains(char::is_alphabetic)
            && !is_scholarship
        {
            found.push(Finding {
                kind: PersonalData::Identifier,
                start,
                end: start + chunk.len(),
            });
        }
        let separator = text[start + chunk.len()..].chars().next();
        start += chunk.len() + separator.map_or(0, char::len_utf8);
    }
    found
}
