//! The words of one segment: exact look-up, completions, forms of one stem, and neighbours of a misspelt word.
//!
//! Words are sorted, so a word's number is its rank and completions of a prefix are a range of numbers. Beside them stand a
//! table from a word's hash to its number; for every word the next one of the same stem, round in a ring, with a table from
//! a stem's hash to one word of the ring; and, if there are many words, a table from what is left of a word without some of
//! its letters to the word, which finds corrections. All of it is flat arrays, stored and loaded as they are.

mod beginnings;
mod edits;
mod hashing;
mod neighbourhood;
mod number_table;
mod signatures;

use std::io::{Read, Write};
use std::ops::Range;

use crate::analysis::stem;
use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};
use crate::strings::StringArena;
use beginnings::words_nearly_beginning_with;
use edits::{Typed, most_edits};
use hashing::hash;
use neighbourhood::Neighbourhood;
use number_table::NumberTable;
use signatures::{Signature, Signatures};

const WORDS: Tag = Tag::of(*b"word");
const NUMBERS: Tag = Tag::of(*b"wnum");
const NEXT_FORMS: Tag = Tag::of(*b"form");
const STEMS: Tag = Tag::of(*b"stem");

/// Fewer words are looked at one by one, in less time than a change of the catalogue would take to make a table.
const LEAST_WORDS_FOR_NEIGHBOURHOOD: u32 = 8_192;

/// Looking at so many words takes about as long as narrowing them down by one letter.
const FEW_WORDS: usize = 48;

/// From this many letters on, what was typed may be the misspelt beginning of a word. Four letters begin too many words.
const LEAST_LETTERS_OF_BEGINNING: usize = 5;

#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: StringArena,
    /// By hash of a word.
    numbers: NumberTable,
    /// By number the next word of the same stem, which is the word itself if there is no other.
    next_forms: Vec<u32>,
    /// By hash of a stem a word that has it.
    stems: NumberTable,
    signatures: Signatures,
    neighbourhood: Neighbourhood,
}

impl Dictionary {
    /// Of words that are sorted and distinct.
    pub(crate) fn of_sorted<'a>(sorted: impl IntoIterator<Item = &'a str>) -> Self {
        let mut dictionary = Self::without_neighbourhood(sorted);
        if dictionary.len() >= LEAST_WORDS_FOR_NEIGHBOURHOOD {
            dictionary.make_neighbourhood();
        }
        dictionary
    }

    fn without_neighbourhood<'a>(sorted: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = StringArena::default();
        let mut signatures = Signatures::default();
        for word in sorted {
            words.push(word);
            signatures.push(Signature::of(word));
        }
        words.shrink();
        signatures.shrink();
        let mut numbers = NumberTable::for_numbers_below(words.len());
        let mut stems = NumberTable::for_numbers_below(words.len());
        let mut next_forms: Vec<u32> = (0..words.len()).collect();
        for number in 0..words.len() {
            let word = words.get(number);
            numbers.insert(hash(word), number);
            let stem_of_word = stem(word);
            let hash_of_stem = hash(&stem_of_word);
            let has_stem = |other| stem(words.get(other)) == stem_of_word;
            match stems.find(hash_of_stem, has_stem) {
                Some(other) => next_forms.swap(number as usize, other as usize),
                None => stems.insert(hash_of_stem, number),
            }
        }
        Self {
            words,
            numbers,
            next_forms,
            stems,
            signatures,
            neighbourhood: Neighbourhood::default(),
        }
    }

    fn make_neighbourhood(&mut self) {
        let is_of_letters = |number| self.signatures.get(number).is_of_letters();
        self.neighbourhood = Neighbourhood::of(&self.words, is_of_letters);
    }

    pub(crate) fn len(&self) -> u32 {
        self.words.len()
    }

    pub(crate) fn word(&self, number: u32) -> &str {
        self.words.get(number)
    }

    pub(crate) fn find(&self, word: &str) -> Option<u32> {
        let is_word = |number| self.words.get(number) == word;
        self.numbers.find(hash(word), is_word)
    }

    /// All words that begin with `prefix`.
    pub(crate) fn completions(&self, prefix: &str) -> Range<u32> {
        let start = self.words.partition_point(|word| word < prefix);
        let end = self
            .words
            .partition_point_from(start..self.len(), |word| word.starts_with(prefix));
        start..end
    }

    /// All words with this stem.
    pub(crate) fn forms_of(&self, stem_of_word: &str) -> impl Iterator<Item = u32> {
        let has_stem = |number| stem(self.words.get(number)) == stem_of_word;
        let first = self.stems.find(hash(stem_of_word), has_stem);
        first.into_iter().flat_map(|first| self.family_of(first))
    }

    /// All words with the same stem as that of a number, itself first.
    pub(crate) fn family_of(&self, number: u32) -> impl Iterator<Item = u32> {
        let next = move |form: &u32| {
            let next = self.next_forms[*form as usize];
            (next != number).then_some(next)
        };
        std::iter::successors(Some(number), next)
    }

    /// Calls `visit` with every word of letters that may have been meant by `typed`, in order, and how many edits lead to
    /// it. What has fewer than four letters, or other characters, may have been meant for nothing else.
    pub(crate) fn neighbours(&self, typed: &str, mut visit: impl FnMut(&str, usize)) {
        let sought = Signature::of(typed);
        let mut typed_word = Typed::of(typed);
        let most = most_edits(typed_word.characters.len());
        if most == 0 || !sought.is_of_letters() {
            return;
        }
        let is_near = |signature| sought.is_near(signature, most);
        let visit_if_near = |number| {
            let word = self.words.get(number);
            if let Some(edits) = typed_word.edits_to(word, most) {
                visit(word, edits);
            }
        };
        if self.neighbourhood.is_made() {
            let mut candidates = self.neighbourhood.candidates(typed);
            candidates.retain(|number| is_near(self.signatures.get(*number)));
            candidates.sort_unstable();
            candidates.dedup();
            candidates.into_iter().for_each(visit_if_near);
        } else {
            self.signatures.visit_fitting(is_near, visit_if_near);
        }
    }

    /// Calls `visit` with every word of letters that has a beginning at most one edit away from `typed` and the same first
    /// letter, in order. Fewer than five letters are nobody's misspelt beginning.
    pub(crate) fn neighbours_of_prefix(&self, typed: &str, mut visit: impl FnMut(&str)) {
        let letters = typed.chars().count();
        if letters < LEAST_LETTERS_OF_BEGINNING || !Signature::of(typed).is_of_letters() {
            return;
        }
        for range in words_nearly_beginning_with(&self.words, typed, FEW_WORDS) {
            for number in range {
                if self.signatures.get(number).is_of_letters() {
                    visit(self.words.get(number));
                }
            }
        }
    }

    /// # Errors
    /// What writing fails with.
    pub(crate) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        self.words.save(WORDS, writer)?;
        self.numbers.save(NUMBERS, writer)?;
        writer.array(NEXT_FORMS, &self.next_forms)?;
        self.stems.save(STEMS, writer)?;
        self.signatures.save(writer)?;
        self.neighbourhood.save(writer)
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// It cannot be read, or is not what look-ups rely on.
    pub(crate) fn load(reader: &mut SectionReader<impl Read>) -> Result<Self, SnapshotError> {
        let words = StringArena::load(WORDS, reader)?;
        let count = words.len();
        let rises = (1..count).all(|number| words.get(number - 1) < words.get(number));
        ensure(rises, WORDS, "words are out of order")?;
        let numbers = NumberTable::load(NUMBERS, reader, count)?;
        // Each is there once: only then does every way round lead back to where it began.
        let next_forms = reader.permutation(NEXT_FORMS, count)?;
        Ok(Self {
            words,
            numbers,
            next_forms,
            stems: NumberTable::load(STEMS, reader, count)?,
            signatures: Signatures::load(reader, count)?,
            neighbourhood: Neighbourhood::load(reader, count)?,
        })
    }
}

#[cfg(test)]
mod measurements;
#[cfg(test)]
mod tests;
