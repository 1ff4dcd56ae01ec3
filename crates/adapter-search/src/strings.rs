//! Many short texts in one allocation, by number.

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

    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4
    }

    /// The first number for which `is_before` does not hold; the texts must be partitioned by it.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&str) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
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

    /// Number of an equal text; the texts must be sorted.
    pub(crate) fn find_sorted(&self, text: &str) -> Option<u32> {
        let at = self.partition_point(|other| other < text);
        (at < self.len() && self.get(at) == text).then_some(at)
    }
}
