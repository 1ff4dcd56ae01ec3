//! One slip of a finger.

use crate::bench::relevance::chance::Chance;

/// Shorter words are typed right, or else nobody could tell what was meant.
const SHORTEST: usize = 4;

/// The name with one letter of one word inserted, left out, replaced, or swapped with the next. The first letter is usually
/// right. `None` when no word is long enough.
pub(super) fn with_one(name: &str, chance: &mut Chance) -> Option<String> {
    let mut words: Vec<String> = name.split(' ').map(str::to_owned).collect();
    let long_enough = |word: &String| {
        word.len() >= SHORTEST
            && word
                .chars()
                .all(|character| character.is_ascii_alphabetic())
    };
    let candidates: Vec<usize> = (0..words.len())
        .filter(|at| long_enough(&words[*at]))
        .collect();
    let chosen = *candidates.get(chance.below(candidates.len()))?;
    words[chosen] = slipped(&words[chosen], chance);
    Some(words.join(" "))
}

fn slipped(word: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let first = usize::from(chance.percent(90));
    let at = first + chance.below(letters.len() - first);
    // Two equal letters swapped would be no error, and the last has none to swap with.
    let swaps = letters.get(at + 1).is_some_and(|next| *next != letters[at]);
    match chance.below(4) {
        0 => letters.insert(at, other_letter(None, chance)),
        1 => drop(letters.remove(at)),
        2 if swaps => letters.swap(at, at + 1),
        _ => letters[at] = other_letter(Some(letters[at]), chance),
    }
    letters.into_iter().collect()
}

fn other_letter(than: Option<char>, chance: &mut Chance) -> char {
    let than = than.map(|letter| letter.to_ascii_lowercase());
    let letters: Vec<char> = ('a'..='z').filter(|letter| Some(*letter) != than).collect();
    letters[chance.below(letters.len())]
}
