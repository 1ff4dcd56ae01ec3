//! The word of the catalogue that was probably meant by one that it does not have.

use crate::snapshot::Snapshot;

/// Edits that are looked through, by the number of letters: short words have too many neighbours.
fn most_edits(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// A candidate's rank, smallest first: edits, another first letter, rarity, the word itself.
type Rank = (usize, bool, std::cmp::Reverse<u64>, String);

/// The nearest known word; of equally near ones that with the same first letter, then the most frequent one.
pub(crate) fn nearest_word(snapshot: &Snapshot, word: &str) -> Option<String> {
    let most = most_edits(word.chars().count());
    if most == 0 || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    best(snapshot, word, |live, found| {
        live.segment.dictionary.neighbours(word, most, found);
    })
}

/// The known word of which `typed` is most probably a mistyped beginning.
pub(crate) fn nearest_completion(snapshot: &Snapshot, typed: &str) -> Option<String> {
    if most_edits(typed.chars().count()) == 0 || !typed.chars().all(char::is_alphabetic) {
        return None;
    }
    best(snapshot, typed, |live, found| {
        live.segment
            .dictionary
            .neighbours_of_prefix(typed, |word| found(word, 1));
    })
}

fn best(
    snapshot: &Snapshot,
    typed: &str,
    candidates: impl Fn(&crate::snapshot::LiveSegment, &mut dyn FnMut(&str, usize)),
) -> Option<String> {
    let first = typed.chars().next();
    let mut best: Option<Rank> = None;
    for live in &snapshot.segments {
        candidates(live, &mut |word, edits| {
            let frequency = snapshot.frequency(word);
            let rank = (
                edits,
                word.chars().next() != first,
                std::cmp::Reverse(frequency),
                word.to_owned(),
            );
            if frequency > 0 && best.as_ref().is_none_or(|best| rank < *best) {
                best = Some(rank);
            }
        });
    }
    best.map(|(_, _, _, word)| word)
}
