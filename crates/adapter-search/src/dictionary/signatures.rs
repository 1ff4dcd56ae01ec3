//! What is looked at of each word before the word itself: which letters it has and how many.

use std::io::{Read, Write};

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

const SIGNATURES: Tag = Tag::of(*b"sign");

const LETTERS: u32 = 26;
const LETTERS_MASK: u32 = (1 << LETTERS) - 1;
const MOST_COUNTED: u32 = u32::MAX >> LETTERS;

/// Which letters a word has (modulo 26), and above them how many characters, at most 63; 0 if it does not consist of letters
/// alone. In one number, so that what rules a word out is one read from memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature(u32);

impl Signature {
    pub(super) fn of(word: &str) -> Self {
        let (mut letters, mut length) = (0, 0);
        for character in word.chars() {
            if !character.is_alphabetic() {
                return Self(0);
            }
            letters |= 1 << (u32::from(character) % LETTERS);
            length += 1;
        }
        Self(MOST_COUNTED.min(length) << LETTERS | letters)
    }

    pub(super) fn is_of_letters(self) -> bool {
        self.0 != 0
    }

    /// Whether the two words may be at most `most` edits apart, which is one or two. An edit takes at most one letter away
    /// and adds one.
    pub(super) fn is_near(self, other: Self, most: usize) -> bool {
        let lengths = (self.0 >> LETTERS).abs_diff(other.0 >> LETTERS);
        // Without branches, of which each would be wrong half of the time.
        other.is_of_letters()
            & (lengths as usize <= most)
            & has_at_most(self.0 & !other.0 & LETTERS_MASK, most)
            & has_at_most(other.0 & !self.0 & LETTERS_MASK, most)
    }
}

/// Whether so many, one or two, are the most; without counting all, which takes longer where processors of all ages must do.
fn has_at_most(letters: u32, most: usize) -> bool {
    let without_one = letters & letters.wrapping_sub(1);
    let without_two = without_one & without_one.wrapping_sub(1);
    (if most > 1 { without_two } else { without_one }) == 0
}

#[derive(Debug, Default)]
pub(super) struct Signatures(Vec<u32>);

impl Signatures {
    pub(super) fn push(&mut self, signature: Signature) {
        self.0.push(signature.0);
    }

    pub(super) fn get(&self, number: u32) -> Signature {
        Signature(self.0[number as usize])
    }

    /// Calls `visit` with the numbers of all words whose signature `fits`.
    pub(super) fn visit_fitting(
        &self,
        fits: impl Fn(Signature) -> bool,
        mut visit: impl FnMut(u32),
    ) {
        for (number, signature) in (0..).zip(&self.0) {
            if fits(Signature(*signature)) {
                visit(number);
            }
        }
    }

    pub(super) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    pub(super) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        writer.array(SIGNATURES, &self.0)
    }

    /// Those of `count` words.
    pub(super) fn load(
        reader: &mut SectionReader<impl Read>,
        count: u32,
    ) -> Result<Self, SnapshotError> {
        let signatures: Vec<u32> = reader.array(SIGNATURES)?;
        let is_complete = signatures.len() == count as usize;
        ensure(is_complete, SIGNATURES, "it has another length")?;
        Ok(Self(signatures))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::edits::plain_edits;
    use super::*;

    proptest! {
        #[test]
        fn no_near_word_is_ruled_out(left in "[abcdeé]{1,9}", right in "[abcdeé]{1,9}", most in 1..3_usize) {
            let (typed, other) = (Signature::of(&left), Signature::of(&right));
            if plain_edits(&left, &right) <= most {
                prop_assert!(typed.is_near(other, most));
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
        let (long, longer) = ("a".repeat(80), "a".repeat(82));
        assert!(near(&long, &longer, 2));
    }
}
