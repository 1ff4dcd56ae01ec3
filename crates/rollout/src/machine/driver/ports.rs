//! Where a driver keeps the state and the history.

use std::error::Error;

use crate::history::{Head, Record};

/// A file or a ConfigMap.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the state's store does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

pub trait StateStore {
    /// What was saved last. None when nothing ever was.
    ///
    /// # Errors
    ///
    /// When it cannot be told.
    fn load(&self) -> Result<Option<String>, StoreError>;

    /// Replaces the text as a whole, and returns once it would survive a loss of power: written aside, synced, renamed.
    ///
    /// # Errors
    ///
    /// When it may not have been replaced.
    fn save(&self, text: &str) -> Result<(), StoreError>;
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("the history does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Records were removed, or written by others.
    #[error(
        "the history ends with record {found}, but the state knows record {known}",
        found = .found.sequence,
        known = .known.sequence
    )]
    OtherHistory { known: Head, found: Head },
}

pub trait Log {
    /// Where the history ends; a torn last line is cut off first.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn head(&self) -> Result<Head, LogError>;

    /// Returns once the record would survive a loss of power.
    ///
    /// # Errors
    ///
    /// When it may not have been recorded, or only in part.
    fn append(&self, record: &Record) -> Result<(), LogError>;
}
