//! Large lists of numbers that a thread uses again and again: asking the system for fresh memory costs more than filling it.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Lists that a thread keeps for later.
const MOST_KEPT: usize = 16;

/// Larger ones are given back: one odd request must not hold memory for ever.
const MOST_NUMBERS: usize = 2 << 20;

thread_local! {
    static KEPT: RefCell<Vec<Vec<u32>>> = const { RefCell::new(Vec::new()) };
}

/// A list of numbers, empty at first.
#[derive(Debug)]
pub(crate) struct Buffer(Vec<u32>);

impl Buffer {
    pub(crate) fn new() -> Self {
        let kept = KEPT.with_borrow_mut(|kept| {
            // The largest: what is too small would have to grow.
            let largest = (0..kept.len()).max_by_key(|at| kept[*at].capacity())?;
            Some(kept.swap_remove(largest))
        });
        Self(kept.unwrap_or_default())
    }

    /// So many zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        let mut buffer = Self::new();
        buffer.resize(count, 0);
        buffer
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut numbers = std::mem::take(&mut self.0);
        if (1..=MOST_NUMBERS).contains(&numbers.capacity()) {
            numbers.clear();
            KEPT.with_borrow_mut(|kept| {
                if kept.len() < MOST_KEPT {
                    kept.push(numbers);
                }
            });
        }
    }
}

impl Deref for Buffer {
    type Target = Vec<u32>;

    fn deref(&self) -> &Vec<u32> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u32> {
        &mut self.0
    }
}
