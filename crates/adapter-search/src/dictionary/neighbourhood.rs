//! Words by what is left of them without one or two of their letters, so that a misspelt word meets those it is near to.
//!
//! Two words that are `n` edits apart are equal once at most `n` letters of each are left out, and so are their beginnings of
//! a fixed length if neither is shorter. (Leave out of both what the edits touch: what remains are beginnings of one text; if
//! one is longer, fewer letters of it have been left out, and its last ones can go too.) So each word is filed under all
//! texts that leaving out letters makes of its beginning, and a misspelt word is looked for under all that it makes. What is
//! found so are candidates, near words and some others. Texts are filed by their hashes alone, in buckets.

use std::io::{Read, Write};

use super::edits::most_edits;
use super::hashing::SequenceHash;
use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};
use crate::strings::StringArena;

const STARTS: Tag = Tag::of(*b"nsta");
const WORDS: Tag = Tag::of(*b"nwor");

/// Shorter beginnings take less memory and give more candidates.
const BEGINNING: usize = 7;

/// What leaving up to two characters out of a beginning makes.
const MOST_SHORTENED: usize = 1 + BEGINNING + BEGINNING * (BEGINNING - 1) / 2;

/// A word of letters has up to 29 places; two or three to a bucket cost a search little.
const BUCKETS_PER_WORD: usize = 8;

/// An empty one, without any bucket, stands for one that was not made.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    /// By bucket where its words start, and at last where those of the last one end.
    starts: Vec<u32>,
    words: Vec<u32>,
}

impl Neighbourhood {
    /// Of those words for which `is_of_letters` holds.
    pub(super) fn of(words: &StringArena, is_of_letters: impl Fn(u32) -> bool) -> Self {
        let buckets = (BUCKETS_PER_WORD * words.len() as usize).next_power_of_two();
        let bits = buckets.ilog2().max(1);
        let visit_buckets = |number: u32, visit: &mut dyn FnMut(usize)| {
            if is_of_letters(number) {
                let (beginning, length) = Beginning::of(words.get(number));
                beginning.visit_shortened(edits_to(length), |hash| visit(hash.bits(bits)));
            }
        };
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for number in 0..words.len() {
            visit_buckets(number, &mut |bucket| starts[bucket] += 1);
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        // Each bucket is filled from its end, and so its start is where it says at last.
        let mut numbers = vec![0; end as usize];
        for number in (0..words.len()).rev() {
            visit_buckets(number, &mut |bucket| {
                starts[bucket] -= 1;
                numbers[starts[bucket] as usize] = number;
            });
        }
        Self {
            starts,
            words: numbers,
        }
    }

    pub(super) fn is_made(&self) -> bool {
        !self.starts.is_empty()
    }

    /// The numbers of all words that may be as near to `typed` as `most_edits` allows, some of them several times, and of
    /// others.
    pub(super) fn candidates(&self, typed: &str) -> Vec<u32> {
        let bits = (self.starts.len() - 1).ilog2();
        let (beginning, length) = Beginning::of(typed);
        let mut ranges = Vec::with_capacity(MOST_SHORTENED);
        beginning.visit_shortened(most_edits(length), |hash| {
            let bucket = hash.bits(bits);
            ranges.push(self.starts[bucket] as usize..self.starts[bucket + 1] as usize);
        });
        // Only now, so that the processor fetches all ends of buckets at a time, and then all words.
        let mut candidates = Vec::with_capacity(ranges.iter().map(ExactSizeIterator::len).sum());
        for range in ranges {
            candidates.extend_from_slice(&self.words[range]);
        }
        candidates
    }

    pub(super) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        writer.array(STARTS, &self.starts)?;
        writer.array(WORDS, &self.words)
    }

    /// One whose words are below `count`.
    pub(super) fn load(
        reader: &mut SectionReader<impl Read>,
        count: u32,
    ) -> Result<Self, SnapshotError> {
        let starts: Vec<u32> = reader.array(STARTS)?;
        let words: Vec<u32> = reader.array(WORDS)?;
        ensure(
            starts.is_empty() || starts.len() > 2 && (starts.len() - 1).is_power_of_two(),
            STARTS,
            "the number of buckets is none",
        )?;
        ensure(starts.is_sorted(), STARTS, "buckets overlap")?;
        ensure(
            starts.last().map_or(0, |end| *end as usize) == words.len(),
            STARTS,
            "the last bucket does not end where its words do",
        )?;
        ensure(
            words.iter().all(|word| *word < count),
            WORDS,
            "a number is too large",
        )?;
        Ok(Self { starts, words })
    }
}

/// The most edits that a word which is this long can be away from a typed one.
fn edits_to(length: usize) -> usize {
    (1..=length + 2)
        .map(most_edits)
        .zip(1..)
        .filter(|(most, typed_length)| length.abs_diff(*typed_length) <= *most)
        .map(|(most, _)| most)
        .max()
        .unwrap_or(0)
}

struct Beginning {
    characters: [char; BEGINNING],
    length: usize,
}

impl Beginning {
    /// And how many characters the whole word has.
    fn of(word: &str) -> (Self, usize) {
        let mut characters = ['\0'; BEGINNING];
        let mut length = 0;
        for character in word.chars() {
            if let Some(place) = characters.get_mut(length) {
                *place = character;
            }
            length += 1;
        }
        let beginning = Self {
            characters,
            length: length.min(BEGINNING),
        };
        (beginning, length)
    }

    /// Calls `visit` with the hash of the whole, and of what is left without one or two characters, of which `most` says
    /// how many may go; not at all if none may.
    fn visit_shortened(&self, most: usize, mut visit: impl FnMut(SequenceHash)) {
        let characters = &self.characters[..self.length];
        if most == 0 {
            return;
        }
        visit(SequenceHash::EMPTY.followed_by_all(characters));
        let mut before = SequenceHash::EMPTY;
        for (first, character) in characters.iter().enumerate() {
            // Of equal characters in a row the first ones are left out: others would leave the same.
            if first == 0 || characters[first - 1] != *character {
                let rest = &characters[first + 1..];
                visit(before.followed_by_all(rest));
                if most > 1 {
                    let mut between = before;
                    for (second, left_out) in rest.iter().enumerate() {
                        if second == 0 || rest[second - 1] != *left_out {
                            visit(between.followed_by_all(&rest[second + 1..]));
                        }
                        between = between.followed_by(*left_out);
                    }
                }
            }
            before = before.followed_by(*character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_filed_for_the_most_edits_that_lead_to_it() {
        let edits: Vec<usize> = (0..12).map(edits_to).collect();
        assert_eq!(edits, [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn a_beginning_is_shortened_in_all_ways_and_in_each_but_once() {
        let shortened = |word: &str, most| {
            let mut hashes = Vec::new();
            Beginning::of(word)
                .0
                .visit_shortened(most, |hash| hashes.push(hash.bits(60)));
            hashes
        };
        let hashes = |texts: &[&str]| -> Vec<usize> {
            let of_text = |text: &&str| {
                let characters: Vec<char> = text.chars().collect();
                SequenceHash::EMPTY.followed_by_all(&characters).bits(60)
            };
            texts.iter().map(of_text).collect()
        };
        assert!(shortened("abc", 0).is_empty());
        assert_eq!(shortened("abc", 1), hashes(&["abc", "bc", "ac", "ab"]));
        assert_eq!(
            shortened("abcd", 2),
            hashes(&[
                "abcd", "bcd", "cd", "bd", "bc", "acd", "ad", "ac", "abd", "ab", "abc"
            ])
        );
        assert_eq!(
            shortened("aabb", 2),
            hashes(&["aabb", "abb", "bb", "ab", "aab", "aa"])
        );
        assert_eq!(shortened("abcdefghij", 2).len(), MOST_SHORTENED);
        assert_eq!(shortened("abcdefghij", 2), shortened("abcdefg", 2));
    }
}
