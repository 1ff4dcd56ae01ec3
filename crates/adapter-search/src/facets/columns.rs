//! What the usual facets read, in columns so small that they stay in the processor's caches.

use crate::facts::Facts;

/// Stands for a number that does not fit: the row has it.
const TOO_LARGE: u16 = u16::MAX;

/// By document.
#[derive(Debug, Default)]
pub(crate) struct FacetColumns {
    pub(super) types: Vec<u8>,
    pub(super) states: Column,
    pub(super) fields: Column,
    pub(super) levels: Column,
    pub(super) awards: Column,
}

/// Numbers in a table of the segment.
#[derive(Debug, Default)]
pub(super) struct Column(Vec<u16>);

impl Column {
    fn of(facts: &[Facts], number: impl Fn(&Facts) -> u32) -> Self {
        let small = |facts: &Facts| u16::try_from(number(facts)).unwrap_or(TOO_LARGE);
        Self(facts.iter().map(small).collect())
    }

    /// The number of a document; `large` looks it up in the row.
    #[inline]
    pub(super) fn get(&self, document: u32, large: impl Fn(u32) -> u32) -> usize {
        match self.0[document as usize] {
            TOO_LARGE => large(document) as usize,
            small => usize::from(small),
        }
    }
}

impl FacetColumns {
    pub(crate) fn of(facts: &[Facts]) -> Self {
        Self {
            types: facts
                .iter()
                .map(|facts| facts.scholarship_type() as u8)
                .collect(),
            states: Column::of(facts, Facts::states_number),
            fields: Column::of(facts, Facts::fields_number),
            levels: Column::of(facts, Facts::levels_number),
            awards: Column::of(facts, Facts::award_number),
        }
    }
}
