//! Making tables: of criteria sets, of other tables, and of stored numbers that are checked first.

use std::collections::HashMap;

use domain::{Criteria, Criterion};

use super::{CriteriaTable, first_alternative};

/// Takes the criteria sets of documents in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct CriteriaTableBuilder {
    /// By their first appearance.
    numbers: HashMap<Criterion<'static>, u32, ahash::RandomState>,
    rows: Rows,
}

/// Rows of values, those of alternative sets apart.
#[derive(Debug, Default)]
struct Rows {
    first_ends: Vec<u32>,
    first_values: Vec<u32>,
    further_ends: Vec<u32>,
    further_values: Vec<u32>,
    alternatives: Vec<u32>,
}

impl Rows {
    /// The next document's first set.
    fn push_first(&mut self, values: impl IntoIterator<Item = u32>) {
        self.first_values.extend(values);
        self.first_ends.push(self.first_values.len() as u32);
    }

    /// One more set of the last document.
    fn push_further(&mut self, values: impl IntoIterator<Item = u32>) {
        let document = self.first_ends.len() as u32 - 1;
        self.further_values.extend(values);
        self.further_ends.push(self.further_values.len() as u32);
        self.alternatives.push(document);
    }

    fn finish(mut self, values: Vec<Criterion<'static>>) -> CriteriaTable {
        let documents = self.first_ends.len() as u32;
        let length = self.first_values.len() as u32;
        let rows = first_alternative(documents) as usize;
        let mut row_starts = Vec::with_capacity(rows + self.further_ends.len() + 1);
        row_starts.push(0);
        row_starts.append(&mut self.first_ends);
        row_starts.resize(rows + 1, length);
        row_starts.extend(self.further_ends.iter().map(|end| length + end));
        let mut row_values = self.first_values;
        row_values.append(&mut self.further_values);
        row_values.shrink_to_fit();
        self.alternatives.shrink_to_fit();
        CriteriaTable::of_rows(documents, values, row_starts, row_values, self.alternatives)
    }
}

impl CriteriaTableBuilder {
    pub(crate) fn push(&mut self, sets: &[Criteria]) {
        let nothing = Criteria::default();
        let first = sets.first().unwrap_or(&nothing);
        self.rows.push_first(numbered(&mut self.numbers, first));
        for set in sets.iter().skip(1) {
            self.rows.push_further(numbered(&mut self.numbers, set));
        }
    }

    pub(crate) fn finish(mut self) -> CriteriaTable {
        let mut values: Vec<(Criterion<'static>, u32)> = self.numbers.into_iter().collect();
        values.sort_unstable();
        let mut ranks = vec![0; values.len()];
        for ((_, number), rank) in values.iter().zip(0..) {
            ranks[*number as usize] = rank;
        }
        let rows = &mut self.rows;
        for number in rows.first_values.iter_mut().chain(&mut rows.further_values) {
            *number = ranks[*number as usize];
        }
        let values = values.into_iter().map(|(value, _)| value).collect();
        self.rows.finish(values)
    }
}

/// The numbers of what a set states; new ones for what nobody stated before.
fn numbered(
    numbers: &mut HashMap<Criterion<'static>, u32, ahash::RandomState>,
    set: &Criteria,
) -> impl Iterator<Item = u32> {
    set.stated().map(|criterion| {
        let known = numbers.get(&criterion).copied();
        known.unwrap_or_else(|| {
            let number = numbers.len() as u32;
            numbers.insert(criterion.into_owned(), number);
            number
        })
    })
}

/// Stands for values that no gathered document states.
const UNUSED: u32 = u32::MAX;

impl CriteriaTable {
    /// The table of these (source, document) in that order.
    pub(crate) fn gathered(sources: &[&Self], order: &[(u32, u32)]) -> Self {
        let mut renumbered: Vec<Vec<u32>> = sources
            .iter()
            .map(|source| vec![UNUSED; source.values.len()])
            .collect();
        for (source, document) in order {
            let table = sources[*source as usize];
            for row in table.rows_of(*document) {
                for value in table.values_of(row) {
                    renumbered[*source as usize][*value as usize] = 0;
                }
            }
        }
        let mut used: Vec<(&Criterion<'static>, usize, usize)> = Vec::new();
        for (source, numbers) in renumbered.iter().enumerate() {
            let values = sources[source].values.iter().zip(numbers).enumerate();
            let stated = values.filter(|(_, (_, number))| **number != UNUSED);
            used.extend(stated.map(|(value, (criterion, _))| (criterion, source, value)));
        }
        used.sort_unstable();
        let mut values = Vec::new();
        for same in used.chunk_by(|left, right| left.0 == right.0) {
            for (_, source, value) in same {
                renumbered[*source][*value] = values.len() as u32;
            }
            values.push(same[0].0.clone());
        }
        let mut rows = Rows::default();
        for (source, document) in order {
            let table = sources[*source as usize];
            let numbers = &renumbered[*source as usize];
            let values = |row| {
                table
                    .values_of(row)
                    .iter()
                    .map(|value| numbers[*value as usize])
            };
            let mut of_document = table.rows_of(*document);
            rows.push_first(of_document.next().into_iter().flat_map(values));
            of_document.for_each(|row| rows.push_further(values(row)));
        }
        rows.finish(values)
    }
}
