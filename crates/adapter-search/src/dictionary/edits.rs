//! How far a word is from one that was typed.

/// Edits that are looked through, by the number of letters typed: short words have too many neighbours.
pub(super) fn most_edits(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// A typed word with room for comparing others to it.
#[derive(Debug)]
pub(super) struct Typed<'a> {
    word: &'a str,
    is_ascii: bool,
    pub(super) characters: Vec<char>,
    other: Vec<char>,
}

impl<'a> Typed<'a> {
    pub(super) fn of(word: &'a str) -> Self {
        Self {
            word,
            is_ascii: word.is_ascii(),
            characters: word.chars().collect(),
            other: Vec::new(),
        }
    }

    /// The number of inserted, left out, changed and swapped characters between the two words (optimal string alignment),
    /// if it is at most `most`, which is small.
    pub(super) fn edits_to(&mut self, other: &str, most: usize) -> Option<usize> {
        if self.is_ascii && other.is_ascii() {
            edits_between(self.word.as_bytes(), other.as_bytes(), most)
        } else {
            self.other.clear();
            self.other.extend(other.chars());
            edits_between(&self.characters, &self.other, most)
        }
    }

    /// Whether `other` has a beginning at most one edit away from what was typed.
    pub(super) fn is_nearly_a_beginning_of(&mut self, other: &str) -> bool {
        if self.is_ascii && other.is_ascii() {
            is_nearly_a_beginning(self.word.as_bytes(), other.as_bytes())
        } else {
            self.other.clear();
            self.other.extend(other.chars());
            is_nearly_a_beginning(&self.characters, &self.other)
        }
    }
}

fn edits_between<T: PartialEq>(left: &[T], right: &[T], most: usize) -> Option<usize> {
    (left.len().abs_diff(right.len())..=most).find(|edits| are_near(left, right, *edits))
}

/// Whether at most so many edits make one of the other. What both begin with needs none, so the first is where they
/// differ; of the four that it may be nearly all lead to a difference at once, which is why this is quicker than a table.
fn are_near<T: PartialEq>(left: &[T], right: &[T], edits: usize) -> bool {
    let alike = common_beginning(left, right);
    let (left, right) = (&left[alike..], &right[alike..]);
    if edits == 0 || left.is_empty() || right.is_empty() {
        return left.len().max(right.len()) <= edits;
    }
    if left.len().abs_diff(right.len()) > edits {
        return false;
    }
    are_near(&left[1..], &right[1..], edits - 1)
        || are_near(&left[1..], right, edits - 1)
        || are_near(left, &right[1..], edits - 1)
        || starts_with_swap(left, right) && are_near(&left[2..], &right[2..], edits - 1)
}

fn is_nearly_a_beginning<T: PartialEq>(typed: &[T], other: &[T]) -> bool {
    let alike = common_beginning(typed, other);
    // If one edit is enough, then one at the first difference is.
    let (typed, other) = (&typed[alike..], &other[alike..]);
    let (Some(typed_rest), Some(other_rest)) = (typed.get(1..), other.get(1..)) else {
        return typed.len() <= 1;
    };
    other_rest.starts_with(typed_rest)
        || other_rest.starts_with(typed)
        || other.starts_with(typed_rest)
        || starts_with_swap(typed, other) && other[2..].starts_with(&typed[2..])
}

fn common_beginning<T: PartialEq>(left: &[T], right: &[T]) -> usize {
    let pairs = left.iter().zip(right);
    pairs.take_while(|(one, other)| one == other).count()
}

fn starts_with_swap<T: PartialEq>(left: &[T], right: &[T]) -> bool {
    left.len() > 1 && right.len() > 1 && left[0] == right[1] && left[1] == right[0]
}

/// The distance by the book, for tests to compare with.
#[cfg(test)]
pub(super) fn plain_edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for row in 0..=left.len() {
        for column in 0..=right.len() {
            if row == 0 || column == 0 {
                table[row][column] = row + column;
                continue;
            }
            let changed = usize::from(left[row - 1] != right[column - 1]);
            let mut least = (table[row - 1][column - 1] + changed)
                .min(table[row - 1][column] + 1)
                .min(table[row][column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                least = least.min(table[row - 2][column - 2] + 1);
            }
            table[row][column] = least;
        }
    }
    table[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_swap_is_one_edit() {
        let edits = |left: &str, right: &str| Typed::of(left).edits_to(right, 2);
        assert_eq!(edits("enginering", "engineering"), Some(1));
        assert_eq!(edits("nevdaa", "nevada"), Some(1));
        assert_eq!(edits("same", "same"), Some(0));
        assert_eq!(edits("abc", ""), None);
        assert_eq!(edits("scholarhsip", "scholarships"), Some(2));
    }

    proptest! {
        #[test]
        fn edits_are_those_by_the_book(left in "[abcé]{0,9}", right in "[abcé]{0,9}", most in 0..4_usize) {
            let plain = plain_edits(&left, &right);
            let mut typed = Typed::of(&left);
            // Twice, for what is kept of the first time must not matter.
            for _ in 0..2 {
                prop_assert_eq!(typed.edits_to(&right, most), Some(plain).filter(|edits| *edits <= most));
            }
        }

        #[test]
        fn a_beginning_is_nearly_one_if_one_edit_makes_it_one(left in "[abé]{0,7}", right in "[abé]{0,9}") {
            let ends = right.char_indices().map(|(end, _)| end).chain([right.len()]);
            let plain = ends.map(|end| plain_edits(&left, &right[..end])).min();
            let nearly = Typed::of(&left).is_nearly_a_beginning_of(&right);
            prop_assert_eq!(nearly, plain <= Some(1));
        }
    }
}
