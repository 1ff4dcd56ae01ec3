//! The words of one segment: exact look-up, completions, forms of one stem, and neighbours of a misspelt word.
//!
//! Words are sorted, so a word's number is its rank, completions of a prefix are a range of numbers, and a second order by
//! stem gives the forms that share one. Neighbours are found by looking at all words, of which length and a 32-bit set of
//! letters rule out nearly every one.

use std::ops::Range;

use crate::analysis::stem;
use crate::strings::StringArena;

#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: StringArena,
    /// Numbers of the words in the order of their stems.
    by_stem: Vec<u32>,
    /// The stems in that order: making them anew for each look-up would cost more than the look-up.
    stems: StringArena,
    signatures: Vec<Signature>,
}

/// Which letters a word has (modulo 32), and how many characters.
#[derive(Debug, Clone, Copy)]
struct Signature {
    letters: u32,
    length: u8,
    alphabetic: bool,
}

impl Signature {
    fn of(word: &str) -> Self {
        let letters = word
            .chars()
            .fold(0, |set, character| set | (1 << (u32::from(character) % 32)));
        Self {
            letters,
            length: word.chars().count() as u8,
            alphabetic: word.chars().all(char::is_alphabetic),
        }
    }
}

impl Dictionary {
    /// Of words that are sorted and distinct.
    pub(crate) fn of_sorted<'a>(sorted: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = StringArena::default();
        let mut signatures = Vec::new();
        for word in sorted {
            words.push(word);
            signatures.push(Signature::of(word));
        }
        words.shrink();
        signatures.shrink_to_fit();
        let mut of_words: Vec<_> = (0..words.len())
            .map(|number| (stem(words.get(number)), number))
            .collect();
        of_words.sort_unstable();
        let mut stems = StringArena::default();
        let mut by_stem = Vec::with_capacity(of_words.len());
        for (stem, number) in of_words {
            stems.push(&stem);
            by_stem.push(number);
        }
        stems.shrink();
        Self {
            words,
            by_stem,
            stems,
            signatures,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.words.len()
    }

    pub(crate) fn word(&self, number: u32) -> &str {
        self.words.get(number)
    }

    pub(crate) fn find(&self, word: &str) -> Option<u32> {
        self.words.find_sorted(word)
    }

    /// All words that begin with `prefix`.
    pub(crate) fn completions(&self, prefix: &str) -> Range<u32> {
        let start = self.words.partition_point(|word| word < prefix);
        let end = self
            .words
            .partition_point(|word| word < prefix || word.starts_with(prefix));
        start..end
    }

    /// All words with this stem.
    pub(crate) fn forms_of(&self, stem_of_word: &str) -> impl Iterator<Item = u32> {
        let start = self.stems.partition_point(|stem| stem < stem_of_word);
        (start..self.stems.len())
            .take_while(move |at| self.stems.get(*at) == stem_of_word)
            .map(|at| self.by_stem[at as usize])
    }

    /// Calls `visit` with every word at most `most` edits away, and how many.
    pub(crate) fn neighbours(&self, word: &str, most: usize, mut visit: impl FnMut(&str, usize)) {
        let sought = Signature::of(word);
        let characters: Vec<char> = word.chars().collect();
        for number in 0..self.words.len() {
            let signature = self.signatures[number as usize];
            let near = signature.alphabetic
                && usize::from(signature.length.abs_diff(sought.length)) <= most
                && (signature.letters ^ sought.letters).count_ones() as usize <= 2 * most;
            if near {
                let candidate = self.words.get(number);
                if let Some(distance) = distance(&characters, candidate, most) {
                    visit(candidate, distance);
                }
            }
        }
    }

    /// Calls `visit` with every word that has a beginning at most one edit away from `typed`.
    pub(crate) fn neighbours_of_prefix(&self, typed: &str, mut visit: impl FnMut(&str)) {
        let sought = Signature::of(typed);
        let characters: Vec<char> = typed.chars().collect();
        for number in 0..self.words.len() {
            let signature = self.signatures[number as usize];
            let near = signature.alphabetic
                && signature.length + 1 >= sought.length
                && (sought.letters & !signature.letters).count_ones() <= 1;
            if !near {
                continue;
            }
            let word = self.words.get(number);
            let length = characters.len();
            let begins_alike = (length.saturating_sub(1)..=length + 1).any(|end| {
                let beginning = word
                    .char_indices()
                    .nth(end)
                    .map_or(word, |(end, _)| &word[..end]);
                distance(&characters, beginning, 1).is_some()
            });
            if begins_alike {
                visit(word);
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.bytes()
            + self.stems.bytes()
            + self.by_stem.capacity() * 4
            + self.signatures.capacity() * size_of::<Signature>()
    }
}

/// The number of inserted, left out, changed and swapped characters between two words (optimal string alignment), if it is
/// at most `most`.
pub(crate) fn distance(left: &[char], right: &str, most: usize) -> Option<usize> {
    let right: Vec<char> = right.chars().collect();
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let width = right.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row = vec![0; width];
    for (at, character) in left.iter().enumerate() {
        row[0] = at + 1;
        let mut smallest = row[0];
        for (other_at, other) in right.iter().enumerate() {
            let changed = last[other_at] + usize::from(character != other);
            let mut cost = changed.min(last[other_at + 1] + 1).min(row[other_at] + 1);
            if at > 0 && other_at > 0 && *character == right[other_at - 1] && left[at - 1] == *other
            {
                cost = cost.min(before_last[other_at - 1] + 1);
            }
            row[other_at + 1] = cost;
            smallest = smallest.min(cost);
        }
        if smallest > most {
            return None;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    (last[width - 1] <= most).then_some(last[width - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(left: &str, right: &str) -> Option<usize> {
        distance(&left.chars().collect::<Vec<_>>(), right, 2)
    }

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(edits("enginering", "engineering"), Some(1));
        assert_eq!(edits("nevdaa", "nevada"), Some(1));
        assert_eq!(edits("same", "same"), Some(0));
        assert_eq!(edits("abc", ""), None);
        assert_eq!(edits("scholarhsip", "scholarships"), Some(2));
    }

    #[test]
    fn completions_and_forms_are_found() {
        let words = Dictionary::of_sorted([
            "engine",
            "engineer",
            "engineering",
            "engineers",
            "nurse",
            "nursing",
            "éa",
        ]);
        let of = |numbers: Vec<u32>| {
            let mut found: Vec<&str> = numbers.iter().map(|number| words.word(*number)).collect();
            found.sort_unstable();
            found.join(" ")
        };
        assert_eq!(
            of(words.completions("engineer").collect()),
            "engineer engineering engineers"
        );
        assert_eq!(of(words.completions("z").collect()), "");
        assert_eq!(of(words.completions("").collect()).split(' ').count(), 7);
        assert_eq!(
            of(words.forms_of(&stem("nurses")).collect()),
            "nurse nursing"
        );
        let mut near = Vec::new();
        words.neighbours("enginer", 1, |word, distance| {
            near.push((word.to_owned(), distance))
        });
        assert_eq!(near, [("engine".to_owned(), 1), ("engineer".to_owned(), 1)]);
        let mut near = Vec::new();
        words.neighbours_of_prefix("nusr", |word| near.push(word.to_owned()));
        assert_eq!(near, ["nurse", "nursing"]);
    }
}
