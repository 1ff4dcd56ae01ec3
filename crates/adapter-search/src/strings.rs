//! Many short texts in one allocation, by number.

use std::io::{Read, Write};
use std::ops::Range;

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

/// An append-only list of texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct StringArena {
    text: String,
    ends: Vec<u32>,
}

impl StringArena {
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    pub(crate) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[number] as usize]
    }

    pub(crate) fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// The first number for which `is_before` does not hold; the texts must be partitioned by it.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&str) -> bool) -> u32 {
        self.partition_point_within(0..self.len(), is_before)
    }

    /// The first number in a range for which `is_before` does not hold, else its end; the texts there must be partitioned
    /// by it.
    pub(crate) fn partition_point_within(
        &self,
        range: Range<u32>,
        is_before: impl Fn(&str) -> bool,
    ) -> u32 {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.get(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The same, quicker if it is near the range's start.
    pub(crate) fn partition_point_from(
        &self,
        range: Range<u32>,
        is_before: impl Fn(&str) -> bool,
    ) -> u32 {
        let (mut low, mut step) = (range.start, 1);
        while range.end - low > step && is_before(self.get(low + step)) {
            low += step;
            step *= 2;
        }
        let high = low + step.min(range.end - low);
        self.partition_point_within(low..high, is_before)
    }

    /// Writes two sections with this tag.
    ///
    /// # Errors
    /// What writing fails with.
    pub(crate) fn save(
        &self,
        tag: Tag,
        writer: &mut SectionWriter<impl Write>,
    ) -> std::io::Result<()> {
        writer.bytes(tag, self.text.as_bytes())?;
        writer.array(tag, &self.ends)
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// It cannot be read, or is not what `get` relies on.
    pub(crate) fn load(
        tag: Tag,
        reader: &mut SectionReader<impl Read>,
    ) -> Result<Self, SnapshotError> {
        let text = String::from_utf8(reader.bytes(tag)?).map_err(|_| SnapshotError::Damaged {
            section: tag,
            what: "it is no text",
        })?;
        let ends: Vec<u32> = reader.array(tag)?;
        ensure(ends.is_sorted(), tag, "texts overlap")?;
        ensure(
            ends.last().map_or(0, |end| *end as usize) == text.len(),
            tag,
            "texts do not fill it",
        )?;
        ensure(
            ends.iter().all(|end| text.is_char_boundary(*end as usize)),
            tag,
            "a text ends within a character",
        )?;
        Ok(Self { text, ends })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAG: Tag = Tag::of(*b"text");

    fn loaded(text: &[u8], ends: &[u32]) -> Result<StringArena, SnapshotError> {
        let mut writer = SectionWriter::new(Vec::new(), &[0; 32]).expect("a header");
        writer.bytes(TAG, text).expect("a section");
        writer.array(TAG, ends).expect("a section");
        let file = writer.finish().expect("an end");
        let mut reader = SectionReader::open(&*file, file.len() as u64, &[0; 32]).expect("opened");
        let arena = StringArena::load(TAG, &mut reader)?;
        reader.finish()?;
        Ok(arena)
    }

    proptest! {
        #[test]
        fn texts_are_the_same_after_a_save(texts: Vec<String>) {
            let mut arena = StringArena::default();
            for text in &texts {
                arena.push(text);
            }
            let mut writer = SectionWriter::new(Vec::new(), &[0; 32]).expect("a header");
            arena.save(TAG, &mut writer).expect("saved");
            let file = writer.finish().expect("an end");
            let mut reader = SectionReader::open(&*file, file.len() as u64, &[0; 32]).expect("opened");
            let again = StringArena::load(TAG, &mut reader).expect("loaded");
            reader.finish().expect("an end");
            let found: Vec<&str> = (0..again.len()).map(|number| again.get(number)).collect();
            prop_assert_eq!(found, texts);
        }

        /// Sound checksums over unsound content: whatever is accepted can be read without a panic.
        #[test]
        fn what_is_loaded_can_be_read(text: Vec<u8>, ends in proptest::collection::vec(0_u32..12, 0..5)) {
            if let Ok(arena) = loaded(&text, &ends) {
                let all: String = (0..arena.len()).map(|number| arena.get(number)).collect();
                prop_assert_eq!(all.as_bytes(), text);
            }
        }
    }

    #[test]
    fn what_is_no_list_of_texts_is_refused() {
        assert!(loaded("aé".as_bytes(), &[1, 3]).is_ok());
        assert!(loaded(b"", &[]).is_ok());
        for (text, ends) in [
            ("aé".as_bytes(), vec![2, 3]),
            ("abc".as_bytes(), vec![2, 1, 3]),
            ("abc".as_bytes(), vec![1, 2]),
            ("abc".as_bytes(), vec![1, 4]),
            ("abc".as_bytes(), vec![]),
            (&[b'a', 0xFF], vec![2]),
        ] {
            assert!(loaded(text, &ends).is_err(), "{text:?} {ends:?}");
        }
    }
}
