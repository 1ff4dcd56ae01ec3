//! Sets of numbers, one bit each: a set of document numbers, and operations on the words that such sets are made of.

#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// The numbers whose bits are set, the lowest bit of the first word being number 0.
    pub(crate) fn of_words(words: Vec<u64>) -> Self {
        Self {
            count: count_words(&words),
            words,
        }
    }

    /// Whether the number is new; it must be below the size.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let word = &mut self.words[number as usize / 64];
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        // Not `u32::from(new)`: rustc 1.95 drops the sum in optimised builds where a caller branches on the answer.
        if new {
            self.count += 1;
        }
        new
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        has_bit(&self.words, number)
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// How many numbers are in both sets.
    pub(crate) fn count_and(&self, other: &Self) -> u32 {
        let both = self.words.iter().zip(&other.words);
        both.map(|(left, right)| (left & right).count_ones()).sum()
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// How many bits are set.
pub(crate) fn count_words(words: &[u64]) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

/// Numbers behind the end are in no set.
pub(crate) fn has_bit(words: &[u64], number: u32) -> bool {
    words
        .get(number as usize / 64)
        .is_some_and(|word| word & (1 << (number % 64)) != 0)
}

/// The number must be below 64 times the words.
pub(crate) fn set_bit(words: &mut [u64], number: u32) {
    words[number as usize / 64] |= 1 << (number % 64);
}

/// The number must be below 64 times the words.
pub(crate) fn clear_bit(words: &mut [u64], number: u32) {
    words[number as usize / 64] &= !(1 << (number % 64));
}

/// Combines word by word into the first; words that only one of them has stay as they are.
pub(crate) fn combine(words: &mut [u64], others: &[u64], rule: impl Fn(u64, u64) -> u64) {
    for (word, other) in words.iter_mut().zip(others) {
        *word = rule(*word, *other);
    }
}

/// The numbers whose bits are set, rising.
pub(crate) fn bits(words: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u32> {
    words.into_iter().zip(0..).flat_map(|(word, at)| {
        let mut rest: u64 = word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest - 1;
            Some(at * 64 + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set_of(numbers: &BTreeSet<u32>) -> BitSet {
        let mut set = BitSet::of_size(300);
        for number in numbers {
            assert!(set.insert(*number));
        }
        set
    }

    proptest! {
        #[test]
        fn sets_of_bits_are_sets(left in proptest::collection::btree_set(0_u32..300, 0..80), right in proptest::collection::btree_set(0_u32..300, 0..80)) {
            let (first, second) = (set_of(&left), set_of(&right));
            prop_assert_eq!(first.count() as usize, left.len());
            prop_assert!(bits(first.words().iter().copied()).eq(left.iter().copied()));
            prop_assert_eq!(first.count_and(&second) as usize, left.intersection(&right).count());
            let mut words = first.words().to_vec();
            combine(&mut words, second.words(), |word, other| word & !other);
            let difference = BitSet::of_words(words);
            prop_assert_eq!(difference, set_of(&left.difference(&right).copied().collect()));
        }
    }
}
