//! Numbers by the hash of what they stand for: open addressing in one array, which can be stored as it is.
//!
//! A slot holds a number in its low bits and, in the bits that numbers do not need, some of the hash, so that hardly any
//! number has to be looked at in vain.

use std::io::{Read, Write};

use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};

/// No slot in use is this, because numbers end before all of their bits are set.
const FREE: u32 = u32::MAX;

#[derive(Debug, Clone, Default)]
pub(super) struct NumberTable {
    /// None or a power of two, at least twice as many as can be in use.
    slots: Vec<u32>,
    /// The bits of a slot that hold the number.
    number_mask: u32,
}

impl NumberTable {
    /// A table with room for the numbers below `count`.
    pub(super) fn for_numbers_below(count: u32) -> Self {
        Self {
            slots: vec![FREE; slots_for(count)],
            number_mask: number_mask(count),
        }
    }

    /// The number with this hash for which `is_sought` holds.
    pub(super) fn find(&self, hash: u64, is_sought: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mark = self.mark(hash);
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return None;
            }
            let number = slot & self.number_mask;
            if slot & !self.number_mask == mark && is_sought(number) {
                return Some(number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Each number may be inserted once.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let mut at = self.home(hash);
        while self.slots[at] != FREE {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = self.mark(hash) | number;
    }

    /// By the upper half of the hash, for marks are of the lower.
    fn home(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }

    fn mark(&self, hash: u64) -> u32 {
        hash as u32 & !self.number_mask
    }

    pub(super) fn save(
        &self,
        tag: Tag,
        writer: &mut SectionWriter<impl Write>,
    ) -> std::io::Result<()> {
        writer.array(tag, &self.slots)
    }

    /// A table whose numbers are below `count`, so that `find` asks for no others.
    pub(super) fn load(
        tag: Tag,
        reader: &mut SectionReader<impl Read>,
        count: u32,
    ) -> Result<Self, SnapshotError> {
        let slots: Vec<u32> = reader.array(tag)?;
        let number_mask = number_mask(count);
        ensure(slots.len() == slots_for(count), tag, "it has another size")?;
        let used = || slots.iter().filter(|slot| **slot != FREE);
        ensure(
            used().all(|slot| slot & number_mask < count),
            tag,
            "a number is too large",
        )?;
        // Else a search for what is not there would not end.
        ensure(used().count() <= count as usize, tag, "it is too full")?;
        Ok(Self { slots, number_mask })
    }
}

fn slots_for(count: u32) -> usize {
    if count == 0 {
        0
    } else {
        (2 * count as usize).next_power_of_two()
    }
}

/// The fewest low bits that are not all set in any number below `count`.
fn number_mask(count: u32) -> u32 {
    count
        .checked_ilog2()
        .map_or(0, |bit| u32::MAX >> (31 - bit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few different hashes, so that numbers collide.
        #[test]
        fn a_number_is_found_if_it_was_inserted(
            hashes in proptest::collection::vec((0_u64..4, 0_u64..4), 0..70),
        ) {
            let hash = |(upper, lower): (u64, u64)| upper << 32 | lower << 30 | lower;
            let mut table = NumberTable::for_numbers_below(hashes.len() as u32);
            for (number, parts) in (0..).zip(&hashes) {
                prop_assert_eq!(table.find(hash(*parts), |found| found == number), None);
                table.insert(hash(*parts), number);
            }
            for (number, parts) in (0..).zip(&hashes) {
                prop_assert_eq!(table.find(hash(*parts), |found| found == number), Some(number));
            }
            prop_assert_eq!(table.find(u64::MAX, |_| false), None);
        }
    }

    #[test]
    fn numbers_fit_below_their_mask() {
        for (count, mask) in [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (7, 7), (8, 15)] {
            assert_eq!(number_mask(count), mask, "{count}");
        }
        assert_eq!(number_mask(u32::MAX), u32::MAX);
    }

    #[test]
    fn an_unsound_table_is_refused() {
        let tag = Tag::of(*b"slot");
        let load = |slots: &[u32], count| {
            let mut writer = SectionWriter::new(Vec::new(), &[0; 32]).expect("a header");
            writer.array(tag, slots).expect("a section");
            let file = writer.finish().expect("an end");
            let mut reader =
                SectionReader::open(&*file, file.len() as u64, &[0; 32]).expect("opened");
            NumberTable::load(tag, &mut reader, count)
        };
        assert!(load(&[FREE, 0, FREE, 1], 2).is_ok());
        assert!(load(&[], 0).is_ok());
        for (slots, count) in [
            (vec![FREE, 2, FREE, 1], 2),
            (vec![0, 0, 1, FREE], 2),
            (vec![0, 0, 0, 0], 2),
            (vec![FREE, 0, FREE], 2),
            (vec![], 1),
            (vec![FREE], 0),
        ] {
            assert!(load(&slots, count).is_err(), "{slots:?}");
        }
    }
}
