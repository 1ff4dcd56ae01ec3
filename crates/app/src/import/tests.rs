//! What every way into the catalogue does with good and with bad input.

mod bad_input;
mod chunks;
mod foreign_schema;
mod formats;
mod round_trip;
mod writing;

use std::sync::Arc;

use domain::{ScholarshipContent, Timestamp};
use ports::{Actor, ScholarshipStore};
use testkit::{FixedClock, MemoryScholarshipStore, instant};

use super::{ImportFormat, ImportOptions, ImportReport, Importer, ParsedRecord, RecordReader};

fn now() -> Timestamp {
    instant("2026-11-23T12:00:00Z")
}

fn read(format: ImportFormat, bytes: &[u8]) -> Vec<ParsedRecord> {
    let mut reader = RecordReader::new(format);
    let mut records = reader.push(bytes);
    records.append(&mut reader.finish());
    records
}

/// The contents of an input without a flaw.
fn contents(format: ImportFormat, text: &str) -> Vec<ScholarshipContent> {
    read(format, text.as_bytes())
        .into_iter()
        .map(|record| match record.result {
            Ok(record) => record.item.content,
            Err(errors) => panic!("line {}: {errors:?}", record.line),
        })
        .collect()
}

/// The one content of an input.
fn content(format: ImportFormat, text: &str) -> ScholarshipContent {
    let mut contents = contents(format, text);
    assert_eq!(contents.len(), 1, "{text}");
    contents.remove(0)
}

/// `line: complaint` for every record that cannot be used, `line: ok` for the others.
fn outcomes(format: ImportFormat, bytes: &[u8]) -> Vec<String> {
    read(format, bytes)
        .into_iter()
        .map(|record| match record.result {
            Ok(_) => format!("{}: ok", record.line),
            Err(errors) => {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                format!("{}: {}", record.line, errors.join("; "))
            }
        })
        .collect()
}

fn store() -> Arc<dyn ScholarshipStore> {
    Arc::new(MemoryScholarshipStore::default())
}

async fn import(store: &Arc<dyn ScholarshipStore>, bytes: &[u8], dry_run: bool) -> ImportReport {
    let options = ImportOptions {
        dry_run,
        ..ImportOptions::default()
    };
    Importer::new(Arc::clone(store), Actor::SYSTEM)
        .run(bytes, options, &FixedClock::at(now()), |_, _| {})
        .await
        .expect("the store answers")
}
