//! Fields of study by their keywords, which are those of the import, and by what students call them.

use domain::{FieldOfStudy, TermSet};

use FieldOfStudy::{
    Arts, Business, Education, Engineering, Law, Medicine, Science, SocialSciences, Technology,
};

use super::reading::{Mark, Reading};
use super::words::{Ending, Kind};
use crate::import::field_keywords::KEYWORDS;

/// Words of students that no record uses for its fields.
const SLANG: &[(&str, &[FieldOfStudy])] = &[
    ("cs", &[Technology]),
    ("comp sci", &[Technology]),
    ("compsci", &[Technology]),
    ("coding", &[Technology]),
    ("programming", &[Technology]),
    ("software", &[Technology]),
    ("tech", &[Technology]),
    ("computer*", &[Technology]),
    ("cyber security", &[Technology]),
    ("premed*", &[Medicine]),
    ("pre med", &[Medicine]),
    ("med school", &[Medicine]),
    ("med student", &[Medicine]),
    ("dental hygiene", &[Medicine]),
    ("doctor", &[Medicine]),
    ("veterinar*", &[Medicine]),
    ("vet school", &[Medicine]),
    ("vet med", &[Medicine]),
    ("vet tech", &[Medicine]),
    ("prelaw", &[Law]),
    ("lawyer", &[Law]),
    ("attorney", &[Law]),
    ("paralegal", &[Law]),
    ("bio", &[Science]),
    ("chem", &[Science]),
    ("psych", &[SocialSciences]),
    ("poli sci", &[SocialSciences]),
    ("polisci", &[SocialSciences]),
    ("econ", &[Business, SocialSciences]),
    ("accountan*", &[Business]),
    ("artist", &[Arts]),
    ("painting", &[Arts]),
    ("drama", &[Arts]),
    ("musician", &[Arts]),
    ("educator", &[Education]),
    ("engr", &[Engineering]),
];

/// Marks the words of fields; they stay words to search for.
pub(super) fn read(reading: &mut Reading<'_>) {
    let mut at = 0;
    while at < reading.len() {
        let Some((end, fields)) = field_at(reading, at) else {
            at += 1;
            continue;
        };
        if let Some(start) = reading.negator(at) {
            reading.take(start..end);
        } else {
            reading.set(at..end, Mark::Topic);
            let so_far = reading.filters.fields_of_study;
            reading.filters.fields_of_study = so_far.union(fields);
        }
        at = end;
    }
}

/// The field whose keyword stands here, with the keyword's end. Of several keywords the one with most words counts.
pub(super) fn field_at(reading: &Reading<'_>, at: usize) -> Option<(usize, TermSet<FieldOfStudy>)> {
    if reading.words.get(at)?.kind != Kind::Letters
        || is_verb(reading, at)
        || is_work_of_parents(reading, at)
    {
        return None;
    }
    KEYWORDS
        .iter()
        .chain(SLANG)
        .filter_map(|(keyword, fields)| Some((keyword_end(reading, at, keyword)?, *fields)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(end, fields)| (end, TermSet::of(fields)))
}

fn keyword_end(reading: &Reading<'_>, at: usize, keyword: &str) -> Option<usize> {
    if reading.word(at).as_bytes().first() != keyword.as_bytes().first() {
        return None;
    }
    let Some(stem) = keyword.strip_suffix('*') else {
        return reading.phrase(at, keyword);
    };
    let (head, last) = stem.rsplit_once(' ').unwrap_or(("", stem));
    let end = if head.is_empty() {
        at
    } else {
        reading
            .phrase(at, head)
            .filter(|end| reading.ends_at(end - 1) == Ending::Nothing)?
    };
    (reading.is_open(end) && reading.word(end).starts_with(last)).then_some(end + 1)
}

/// "Teach me", "finance my studies".
fn is_verb(reading: &Reading<'_>, at: usize) -> bool {
    matches!(reading.word(at), "finance" | "teach" | "design" | "film")
        && matches!(
            reading.word(at + 1),
            "me" | "my" | "us" | "our" | "his" | "her" | "their" | "college" | "school"
        )
}

/// "Children of teachers".
fn is_work_of_parents(reading: &Reading<'_>, at: usize) -> bool {
    reading.word_before(at) == "of"
        && matches!(
            reading.word(at.saturating_sub(2)),
            "kids"
                | "children"
                | "child"
                | "son"
                | "sons"
                | "daughter"
                | "daughters"
                | "dependents"
        )
}
