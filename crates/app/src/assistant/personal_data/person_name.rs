//! Names of people, where a phrase announces them.

use super::super::pieces::{Kind, Pieces, is_in};
use super::{Finding, PersonalData, finding};

/// Phrases behind which a name stands, in whatever letters.
const CERTAIN: &[&[&str]] = &[
    &["my", "name", "is"],
    &["my", "full", "name", "is"],
    &["my", "legal", "name", "is"],
    &["my", "names"],
    &["my", "name"],
    &["im", "called"],
    &["i", "am", "called"],
    &["me", "llamo"],
    &["mi", "nombre", "es"],
    &["je", "mappelle"],
    &["mon", "nom", "est"],
    &["ich", "heiße"],
    &["ich", "heisse"],
    &["mein", "name", "ist"],
    &["meu", "nome", "é"],
    &["me", "chamo"],
    &["full", "name"],
    &["student", "name"],
    &["applicant", "name"],
];
/// Phrases behind which only words with capitals are names.
const WITH_CAPITALS: &[&[&str]] = &[
    &["this", "is"],
    &["call", "me"],
    &["sincerely"],
    &["regards"],
    &["thanks"],
    &["signed"],
];
/// Particles inside names.
const PARTICLES: &str = "de van von der da la del bin al el dos di le";
/// Words that are no name, so that "my name is on the list" stays.
const NO_NAMES: &str = "and i im ive from but who with a an the my looking on not in am is was here need want please can for at of to so \
spelled misspelled studying student senior junior freshman sophomore y et und e soy tengo je ich eu or hello hi find \
show what which are years old live writing currently also urgent great good very it missing wrong there you your do \
does how scholarship scholarships asking required no too common";
/// Words of a name at most.
const LONGEST: usize = 4;

pub(super) fn announced(pieces: &Pieces) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let name = announcement(pieces, at, CERTAIN)
            .and_then(|behind| name(pieces, behind, false))
            .or_else(|| {
                let behind = announcement(pieces, at, WITH_CAPITALS)?;
                let (start, end) = name(pieces, behind, true)?;
                let whole = end > start + 1
                    || matches!(pieces.word(end), "and" | "from" | "here" | "writing")
                    || pieces.word(at) == "call"
                    || (pieces.is_sign(behind, ",") && pieces.get(end).is_none());
                whole.then_some((start, end))
            });
        match name {
            Some((start, end)) => {
                found.extend(finding(pieces, PersonalData::Name, start, end));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The place behind the longest phrase that begins at `at`.
fn announcement(pieces: &Pieces, at: usize, phrases: &[&[&str]]) -> Option<usize> {
    let fits = |phrase: &&&[&str]| {
        phrase
            .iter()
            .enumerate()
            .all(|(offset, word)| pieces.word(at + offset) == *word)
    };
    let longest = phrases
        .iter()
        .filter(fits)
        .map(|phrase| phrase.len())
        .max()?;
    let mut behind = at + longest;
    // "my name: Jane", but not "my name, Jane".
    let needs_colon = matches!(pieces.word(behind - 1), "name") && !pieces.is_sign(behind, ":=-");
    behind += usize::from(pieces.is_sign(behind, ":,=-\""));
    (!needs_colon).then_some(behind)
}

/// Up to four words from `start` on that make up a name.
fn name(pieces: &Pieces, start: usize, needs_capitals: bool) -> Option<(usize, usize)> {
    let first = pieces.get(start)?;
    let capitals = first.starts_with_capital();
    if needs_capitals && !capitals {
        return None;
    }
    let (mut at, mut end, mut count) = (start, start, 0);
    while count < LONGEST && at < start + LONGEST * 3 {
        let Some(piece) = pieces.get(at).filter(|piece| piece.kind == Kind::Word) else {
            break;
        };
        let particle = is_in(PARTICLES, &piece.lower) && count > 0;
        let fits = if capitals {
            piece.starts_with_capital()
        } else {
            count < 3
        };
        if is_in(NO_NAMES, &piece.lower) || !(fits || particle) {
            break;
        }
        at += 1;
        if !particle {
            end = at;
        }
        let initial = piece.text.chars().count() == 1
            || matches!(&*piece.lower, "jr" | "sr" | "dr" | "mr" | "ms" | "mrs");
        let joined = (initial && pieces.is_sign(at, "."))
            || (pieces.is_dash(at) && pieces.is_glued(at) && pieces.is_glued(at + 1));
        at += usize::from(joined);
        count += usize::from(!particle);
    }
    (end > start).then_some((start, end))
}
