//! What is looked at of each word before the word itself: which letters it has and how many.

use std::io::{Read, Write};
use std::ops::Range;

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

const LETTERS: Tag = Tag::of(*b"wlet");
const LENGTHS: Tag = Tag::of(*b"wlen");

/// Which letters a word has (modulo 32), and how many characters; 0 if it does not consist of letters alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    letters: u32,
    length: u8,
}

impl Signature {
    pub(super) fn of(word: &str) -> Self {
        let mut signature = Self {
            letters: 0,
            length: 0,
        };
        for character in word.chars() {
            if !character.is_alphabetic() {
                signature.length = 0;
                break;
            }
            signature.letters |= 1 << (u32::from(character) % 32);
            signature.length = signature.length.saturating_add(1);
        }
        signature
    }

    pub(super) fn is_of_letters(self) -> bool {
        self.length > 0
    }

    /// Whether the two words may be at most `most` edits apart, which is one or two. An edit takes at most one letter away
    /// and adds one.
    pub(super) fn is_near(self, other: Self, most: usize) -> bool {
        // Without branches, of which each would be wrong half of the time.
        other.is_of_letters()
            & (usize::from(self.length.abs_diff(other.length)) <= most)
            & has_at_most(self.letters & !other.letters, most)
            & has_at_most(other.letters & !self.letters, most)
    }

    /// Whether a beginning of the other word may be at most one edit away from this one.
    pub(super) fn may_begin(self, other: Self) -> bool {
        other.is_of_letters()
            & (other.length.saturating_add(1) >= self.length)
            & has_at_most(self.letters & !other.letters, 1)
    }
}

/// Whether so many, one or two, are the most; without counting all, which takes longer where processors of all ages must do.
fn has_at_most(letters: u32, most: usize) -> bool {
    let without_one = letters & letters.wrapping_sub(1);
    let without_two = without_one & without_one.wrapping_sub(1);
    (if most > 1 { without_two } else { without_one }) == 0
}

#[derive(Debug, Default)]
pub(super) struct Signatures {
    letters: Vec<u32>,
    lengths: Vec<u8>,
}

impl Signatures {
    pub(super) fn push(&mut self, signature: Signature) {
        self.letters.push(signature.letters);
        self.lengths.push(signature.length);
    }

    pub(super) fn get(&self, number: u32) -> Signature {
        Signature {
            letters: self.letters[number as usize],
            length: self.lengths[number as usize],
        }
    }

    /// Calls `visit` with the numbers in a range whose signatures `fits`.
    pub(super) fn visit_fitting(
        &self,
        range: Range<u32>,
        fits: impl Fn(Signature) -> bool,
        visit: impl FnMut(u32),
    ) {
        let places = range.start as usize..range.end as usize;
        let signatures = self.letters[places.clone()]
            .iter()
            .zip(&self.lengths[places]);
        range
            .zip(signatures)
            .filter(|(_, (letters, length))| {
                fits(Signature {
                    letters: **letters,
                    length: **length,
                })
            })
            .map(|(number, _)| number)
            .for_each(visit);
    }

    pub(super) fn shrink(&mut self) {
        self.letters.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }

    pub(super) fn bytes(&self) -> usize {
        self.letters.capacity() * 4 + self.lengths.capacity()
    }

    pub(super) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        writer.array(LETTERS, &self.letters)?;
        writer.array(LENGTHS, &self.lengths)
    }

    /// Those of `count` words.
    pub(super) fn load(
        reader: &mut SectionReader<impl Read>,
        count: u32,
    ) -> Result<Self, SnapshotError> {
        let letters: Vec<u32> = reader.array(LETTERS)?;
        let lengths: Vec<u8> = reader.array(LENGTHS)?;
        let count = count as usize;
        ensure(letters.len() == count, LETTERS, "it has another length")?;
        ensure(lengths.len() == count, LENGTHS, "it has another length")?;
        Ok(Self { letters, lengths })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::edits::{Typed, plain_edits};
    use super::*;

    proptest! {
        #[test]
        fn no_near_word_is_ruled_out(left in "[abcdeé]{1,9}", right in "[abcdeé]{1,9}", most in 1..3_usize) {
            let (typed, other) = (Signature::of(&left), Signature::of(&right));
            if plain_edits(&left, &right) <= most {
                prop_assert!(typed.is_near(other, most));
            }
            if Typed::of(&left).is_nearly_a_beginning_of(&right) {
                prop_assert!(typed.may_begin(other));
            }
        }
    }

    #[test]
    fn far_words_are_ruled_out() {
        let near = |left, right, most| Signature::of(left).is_near(Signature::of(right), most);
        assert!(near("nurse", "nurses", 1));
        assert!(!near("nurse", "nursery", 1));
        assert!(!near("nurse", "purge", 1));
        assert!(near("nurse", "purge", 2));
        assert!(!near("nurse", "nurs3", 1));
        assert!(!Signature::of("3").is_of_letters());
        assert!(!Signature::of("").is_of_letters());
        assert!(!Signature::of("nurse").may_begin(Signature::of("nap")));
        assert!(!Signature::of("nurse").may_begin(Signature::of("napping")));
    }
}
