//! The word of the catalogue that was probably meant by one that it does not have.

use std::cmp::Reverse;

use crate::snapshot::Snapshot;

/// What speaks against a candidate beside its rarity: edits, another first letter, and that it takes more than a slip.
type Against = (usize, bool, bool);

/// With so few letters, three that are right say too little for another to be changed: `deca` is not `daca`.
const LETTERS_WITHOUT_CHANGES: usize = 4;

/// The nearest known word; of equally near ones that with the same first letter, then one that takes but a slip, then the
/// most frequent one, then the first.
pub(crate) fn nearest_word(snapshot: &Snapshot, typed: &str) -> Option<String> {
    let letters = typed.chars().count();
    let mut best = Best::of(snapshot);
    for live in &snapshot.segments {
        live.segment.dictionary.neighbours(typed, |word, edits| {
            let is_slip = is_slip(typed, word);
            let is_changed = !is_slip && word.chars().count() == letters;
            if letters > LETTERS_WITHOUT_CHANGES || !is_changed {
                let other_start = word.chars().next() != typed.chars().next();
                best.offer(word, (edits, other_start, !is_slip));
            }
        });
    }
    best.word
}

/// The known word of which `typed` is most probably a mistyped beginning: the most frequent one, then the first.
pub(crate) fn nearest_completion(snapshot: &Snapshot, typed: &str) -> Option<String> {
    let mut best = Best::of(snapshot);
    for live in &snapshot.segments {
        let dictionary = &live.segment.dictionary;
        dictionary.neighbours_of_prefix(typed, |word| best.offer(word, Against::default()));
    }
    best.word
}

/// Whether letters were only swapped, doubled, or left out beside their like. Fingers do that to the word that was meant;
/// with any other mistake another word becomes as likely.
fn is_slip(typed: &str, word: &str) -> bool {
    let letters = |word: &str, are_doubled_ones_one: bool| {
        let mut letters: Vec<char> = word.chars().collect();
        if are_doubled_ones_one {
            letters.dedup();
        } else {
            letters.sort_unstable();
        }
        letters
    };
    let are_alike = |doubled| letters(typed, doubled) == letters(word, doubled);
    are_alike(false) || are_alike(true)
}

/// The best candidate so far.
struct Best<'a> {
    snapshot: &'a Snapshot,
    rank: (Against, Reverse<u64>),
    word: Option<String>,
}

impl<'a> Best<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            rank: Default::default(),
            word: None,
        }
    }

    /// Words that no live document holds are none.
    fn offer(&mut self, word: &str, against: Against) {
        if self.word.is_some() && against > self.rank.0 {
            return;
        }
        let frequency = self.snapshot.frequency(word);
        let rank = (against, Reverse(frequency));
        let is_better = |best: &String| (rank, word) < (self.rank, best.as_str());
        if frequency > 0 && self.word.as_ref().is_none_or(is_better) {
            self.rank = rank;
            self.word = Some(word.to_owned());
        }
    }
}
