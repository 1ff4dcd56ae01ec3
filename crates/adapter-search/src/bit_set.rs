//! A set of document numbers, one bit each.

#[derive(Debug, Clone, Default)]
pub(crate) struct BitSet {
    words: Vec<u64>,
    count: u32,
}

impl BitSet {
    pub(crate) fn of_size(size: u32) -> Self {
        Self {
            words: vec![0; (size as usize).div_ceil(64)],
            count: 0,
        }
    }

    /// Whether the number is new; it must be below the size.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let word = &mut self.words[number as usize / 64];
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(new);
        new
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.words
            .get(number as usize / 64)
            .is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}
