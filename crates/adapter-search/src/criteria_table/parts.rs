//! A table as it is stored: its values as JSON and flat arrays of numbers. Everything else follows from these.

use domain::{Criteria, Criterion};

use super::values;
use super::{CriteriaTable, first_alternative};

/// The meaning of the arrays is that of the fields of [`CriteriaTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableParts {
    pub(crate) documents: u32,
    pub(crate) values: Vec<u8>,
    pub(crate) row_starts: Vec<u32>,
    pub(crate) row_values: Vec<u32>,
    pub(crate) alternatives: Vec<u32>,
}

/// Why stored parts are no table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidTable {
    #[error(transparent)]
    Values(#[from] InvalidValues),
    #[error("there are {found} rows of criteria where there should be {expected}")]
    Rows { expected: usize, found: usize },
    #[error("the rows of criteria do not lie one behind the other")]
    Starts,
    #[error("row {row} states an unknown criterion, or two of one kind")]
    Row { row: usize },
    #[error("alternative criteria are not in the order of their documents")]
    Alternatives,
}

impl CriteriaTable {
    /// # Errors
    /// When the values cannot be written, which cannot happen with values that this crate made.
    pub(crate) fn parts(&self) -> Result<TableParts, serde_json::Error> {
        Ok(TableParts {
            documents: self.documents,
            values: write(&self.values)?,
            row_starts: self.row_starts.clone(),
            row_values: self.row_values.clone(),
            alternatives: self.alternatives.clone(),
        })
    }
}

impl TableParts {
    /// The table of parts that may be anything.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn table(self) -> Result<CriteriaTable, InvalidTable> {
        let values = read(&self.values)?;
        self.check_rows()?;
        let mut kind_of = Vec::with_capacity(values.len());
        for (at, kind) in values::kinds_of(&values).iter().enumerate() {
            kind_of.extend(kind.values.clone().map(|_| at));
        }
        for (row, ends) in self.row_starts.windows(2).enumerate() {
            let stated = &self.row_values[ends[0] as usize..ends[1] as usize];
            let kinds = stated.iter().map(|value| kind_of.get(*value as usize));
            if !kinds.clone().all(|kind| kind.is_some()) || !kinds.is_sorted_by(|a, b| a < b) {
                return Err(InvalidTable::Row { row });
            }
        }
        Ok(CriteriaTable::of_rows(
            self.documents,
            values,
            self.row_starts,
            self.row_values,
            self.alternatives,
        ))
    }

    fn check_rows(&self) -> Result<(), InvalidTable> {
        let of_documents = self.documents.checked_next_multiple_of(64);
        let of_documents = of_documents.ok_or(InvalidTable::Alternatives)?;
        debug_assert_eq!(of_documents, first_alternative(self.documents));
        let expected = of_documents as usize + self.alternatives.len();
        let found = self.row_starts.len().saturating_sub(1);
        if found != expected || self.row_starts.is_empty() {
            return Err(InvalidTable::Rows { expected, found });
        }
        let starts = &self.row_starts;
        let within = starts[0] == 0
            && starts.is_sorted()
            && starts.last().map(|end| *end as usize) == Some(self.row_values.len());
        // Rows that only fill a bitmap's last word ask nothing.
        let padding = starts[self.documents as usize] == starts[of_documents as usize];
        if !within || !padding {
            return Err(InvalidTable::Starts);
        }
        let documents = &self.alternatives;
        if !documents.is_sorted() || documents.last().is_some_and(|last| *last >= self.documents) {
            return Err(InvalidTable::Alternatives);
        }
        Ok(())
    }
}

/// As JSON, which [`read`] takes.
fn write(values: &[Criterion<'static>]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(values)
}

/// # Errors
/// What is wrong, when the values are not those of a table: readable, each stating itself and nothing else, sorted, and all
/// different.
fn read(json: &[u8]) -> Result<Vec<Criterion<'static>>, InvalidValues> {
    let values: Vec<Criterion<'static>> = serde_json::from_slice(json)?;
    for value in &values {
        let alone: Criteria = std::iter::once(value).collect();
        if !alone.stated().eq(std::iter::once(value.clone())) {
            return Err(InvalidValues::Empty);
        }
    }
    if !values.is_sorted_by(|left, right| left < right) {
        return Err(InvalidValues::Unsorted);
    }
    Ok(values)
}

/// Why stored values are refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidValues {
    #[error("the criteria cannot be read")]
    Unreadable(#[from] serde_json::Error),
    #[error("a criterion accepts nothing")]
    Empty,
    #[error("the criteria are not sorted, or one is given twice")]
    Unsorted,
}
