//! The values of a table: their kinds, and the words that they accept.

use domain::Criterion;

use super::Kind;

/// The kinds of sorted values, without gaps.
pub(super) fn kinds_of(values: &[Criterion<'static>]) -> Vec<Kind> {
    let mut start = 0;
    values
        .chunk_by(|left, right| {
            left.kind() == right.kind() && left.attribute() == right.attribute()
        })
        .map(|same| {
            let end = start + same.len() as u32;
            Kind {
                kind: same[0].kind(),
                values: std::mem::replace(&mut start, end)..end,
                words: 0..0,
            }
        })
        .collect()
}

/// (value, place) of every word that attributes accept: by kind, then word; the kinds learn which are theirs.
pub(super) fn words_by_kind(values: &[Criterion<'static>], kinds: &mut [Kind]) -> Vec<(u32, u32)> {
    let mut words = Vec::new();
    for kind in kinds {
        let start = words.len();
        for value in kind.values.clone() {
            if let Criterion::Attribute { accepted, .. } = &values[value as usize] {
                words.extend((0..accepted.len() as u32).map(|place| (value, place)));
            }
        }
        words[start..].sort_by_key(|place| word(values, *place));
        kind.words = start as u32..words.len() as u32;
    }
    words.shrink_to_fit();
    words
}

/// A word by its place; empty if there is none.
pub(super) fn word<'a>(values: &'a [Criterion<'static>], (value, place): (u32, u32)) -> &'a str {
    match &values[value as usize] {
        Criterion::Attribute { accepted, .. } => &accepted[place as usize],
        _ => "",
    }
}
