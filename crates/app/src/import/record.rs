//! What the reader makes of one record of the input.

use domain::FieldError;
use ports::UpsertItem;

/// A record that the store can take.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRecord {
    pub item: UpsertItem,
    /// What could not be used although the record is; the fields are named as the input spells them.
    pub notes: Vec<FieldError>,
}

/// One record of the input, or why it cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedRecord {
    /// The line on which the record begins (for a complaint about a place inside it, that line), from 1.
    pub line: u64,
    pub result: Result<Box<ImportRecord>, Vec<FieldError>>,
    /// How long the record is in the input.
    pub bytes: usize,
}

impl ParsedRecord {
    pub(super) fn rejected(line: u64, error: FieldError) -> Self {
        Self {
            line,
            result: Err(vec![error]),
            bytes: 0,
        }
    }
}
