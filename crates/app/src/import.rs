//! Imports: one streaming parser for files and requests, and the use case that writes what it reads.
//!
//! Bytes go into a [`RecordReader`], records come out as soon as they are complete and go into an [`ImportSession`], which
//! writes them in batches and answers with one verdict per record. [`Importer`] does both for a whole input. A record that
//! cannot be used is answered with its line, field and reason, and the others go in.

mod csv_columns;
mod csv_document;
mod csv_splitter;
pub mod export_csv;
pub(crate) mod field_keywords;
mod format;
mod identity;
mod importer;
mod json_splitter;
mod line_splitter;
mod open_scholarships;
mod own_document;
mod plain_text;
pub mod printed_amount;
pub mod printed_deadline;
mod raw_record;
mod record;
mod record_reader;
mod report;
mod seen_records;
mod session;
mod web_address;

pub use export_csv::{csv_header, csv_row};
pub use format::{ImportFormat, UnknownFormat};
pub use importer::{ImportError, ImportOptions, Importer};
pub use raw_record::MAX_RECORD_BYTES;
pub use record::{ImportRecord, ParsedRecord};
pub use record_reader::RecordReader;
pub use report::{ImportReport, LineVerdict, MOST_LISTED, Rejection, VerdictStatus};
pub use session::ImportSession;

#[cfg(test)]
mod tests;
