//! Words that nearly begin with what was typed, found by going along the sorted words instead of looking at all of them.
//!
//! With each letter typed, the range of words that begin alike gets smaller. The one edit may be at any letter: it may be one
//! too many; swapped with the next; or, in words that go on with another letter, missing or changed. Since the rest of what
//! was typed must follow, each of these gives a range of words again, one for every other letter in the last case. Once the
//! words that begin alike are few, they are looked at one by one.

use std::ops::Range;

use super::edits::Typed;
use crate::strings::StringArena;

/// The numbers of sorted words that have a beginning at most one edit away from `typed` and the same first letter: ranges in
/// order that do not overlap. No more than `few` words at a time are looked at one by one.
pub(super) fn words_nearly_beginning_with(
    words: &StringArena,
    typed: &str,
    few: usize,
) -> Vec<Range<u32>> {
    let mut found = Vec::new();
    let letter_ends = typed.char_indices().map(|(end, _)| end).skip(1);
    let mut ends = letter_ends.chain([typed.len()]);
    let mut end = ends.next().unwrap_or(0);
    let mut alike = continuations(words, 0..words.len(), 0, &typed[..end]);
    for next_end in ends {
        if alike.len() <= few {
            break;
        }
        visit_edits(words, typed, end..next_end, alike.clone(), &mut found);
        alike = continuations(words, alike, end, &typed[end..next_end]);
        end = next_end;
    }
    if end == typed.len() {
        found.push(alike);
    } else {
        let mut typed = Typed::of(typed);
        let near = alike.filter(|number| typed.is_nearly_a_beginning_of(words.get(*number)));
        found.extend(near.map(|number| number..number + 1));
    }
    without_overlaps(found)
}

/// Adds the words among `alike` that begin like what was typed if the one edit is at the letter in the place `letter`, up to
/// which they all do.
fn visit_edits(
    words: &StringArena,
    typed: &str,
    letter: Range<usize>,
    alike: Range<u32>,
    found: &mut Vec<Range<u32>>,
) {
    let start = letter.start;
    let (from_letter, after_letter) = (&typed[start..], &typed[letter.end..]);
    found.push(continuations(words, alike.clone(), start, after_letter));
    let mut after = after_letter.chars();
    if let Some(next) = after.next() {
        let swapped: String = [next]
            .into_iter()
            .chain(typed[letter].chars())
            .chain(after)
            .collect();
        found.push(continuations(words, alike.clone(), start, &swapped));
    }
    let mut number = alike.start;
    while number < alike.end {
        let Some(other) = words.get(number)[start..].chars().next() else {
            // This word ends where the others go on.
            number += 1;
            continue;
        };
        let has_other = |word: &str| word[start..].starts_with(other);
        let end = words.partition_point_from(number..alike.end, has_other);
        let after_other = start + other.len_utf8();
        for rest in [from_letter, after_letter] {
            found.push(continuations(words, number..end, after_other, rest));
        }
        number = end;
    }
}

/// The words among those in a range that go on like this from a place on, up to which they are all the same.
fn continuations(words: &StringArena, range: Range<u32>, place: usize, rest: &str) -> Range<u32> {
    let end = range.end;
    let start = words.partition_point_within(range, |word| &word[place..] < rest);
    let goes_on = |word: &str| word[place..].starts_with(rest);
    start..words.partition_point_from(start..end, goes_on)
}

/// Of ranges that contain each other or have nothing in common the containing ones, in order.
fn without_overlaps(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    ranges.retain(|range| {
        let is_new = range.end > end;
        end = end.max(range.end);
        is_new && !range.is_empty()
    });
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::edits::plain_edits;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn beginnings_are_those_of_looking_at_all_words(
            sorted in proptest::collection::btree_set("[aböc]{1,7}", 0..80),
            typed in "[aböc]{1,6}",
            few in 0..9_usize,
        ) {
            let mut words = StringArena::default();
            for word in &sorted {
                words.push(word);
            }
            let ranges = words_nearly_beginning_with(&words, &typed, few);
            let found: Vec<&str> = ranges.into_iter().flatten().map(|number| words.get(number)).collect();
            let is_near = |word: &&String| {
                let mut ends = word.char_indices().map(|(end, _)| end).chain([word.len()]);
                word.chars().next() == typed.chars().next()
                    && ends.any(|end| plain_edits(&typed, &word[..end]) <= 1)
            };
            let plain: Vec<&String> = sorted.iter().filter(is_near).collect();
            prop_assert_eq!(found, plain);
        }
    }
}
