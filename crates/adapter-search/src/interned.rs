//! Distinct values with a number each: what many documents share is kept, compared and evaluated once.

use std::collections::HashMap;
use std::hash::Hash;

/// The distinct values of one column of a segment, by number.
#[derive(Debug, Clone)]
pub(crate) struct Interned<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32, ahash::RandomState>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            numbers: HashMap::default(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    /// The number of a value, a new one if it was not seen before.
    pub(crate) fn number_of(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    /// Of distinct values in the order of their numbers; `None` if two are equal.
    pub(crate) fn of_values(values: Vec<T>) -> Option<Self> {
        let mut interned = Self::default();
        for (number, value) in (0..).zip(&values) {
            if interned.number_of(value) != number {
                return None;
            }
        }
        Some(interned)
    }

    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    pub(crate) fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}
