//! The first few of many in an order, without keeping the others.

use std::cmp::Ordering;

/// Keeps the first `count` of what it is offered.
pub(crate) struct Top<T, F> {
    count: usize,
    compare: F,
    /// At most twice `count`.
    items: Vec<T>,
    /// Nothing behind this can be among the first.
    last: Option<T>,
}

impl<T: Copy, F: Fn(&T, &T) -> Ordering> Top<T, F> {
    pub(crate) fn new(count: usize, compare: F) -> Self {
        Self {
            count,
            compare,
            items: Vec::new(),
            last: None,
        }
    }

    /// Nothing behind this can be among the first, as far as is known.
    pub(crate) fn bound(&self) -> Option<&T> {
        self.last.as_ref()
    }

    #[inline]
    pub(crate) fn offer(&mut self, item: T) {
        if let Some(last) = &self.last
            && (self.compare)(&item, last) != Ordering::Less
        {
            return;
        }
        self.items.push(item);
        if self.items.len() >= (2 * self.count).max(32) {
            self.cut();
        }
    }

    /// The last of the first ones, if there are as many already.
    pub(crate) fn last(&mut self) -> Option<T> {
        if self.items.len() >= self.count {
            self.cut();
            if self.last.is_none() {
                self.last = self
                    .items
                    .iter()
                    .copied()
                    .max_by(|left, right| (self.compare)(left, right));
            }
        }
        self.last
    }

    fn cut(&mut self) {
        if self.count == 0 {
            self.items.clear();
        } else if self.items.len() > self.count {
            let (_, last, _) = self
                .items
                .select_nth_unstable_by(self.count - 1, &self.compare);
            self.last = Some(*last);
            self.items.truncate(self.count);
        }
    }

    /// The first ones in order.
    pub(crate) fn finish(mut self) -> Vec<T> {
        self.cut();
        self.items.sort_unstable_by(&self.compare);
        self.items
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_beginning_of_the_sorted_whole(items in prop::collection::vec(0_u8..50, 0..300), count in 0_usize..80) {
            let mut top = Top::new(count, u8::cmp);
            items.iter().for_each(|item| top.offer(*item));
            let mut sorted = items;
            sorted.sort_unstable();
            sorted.truncate(count);
            prop_assert_eq!(top.finish(), sorted);
        }
    }
}
