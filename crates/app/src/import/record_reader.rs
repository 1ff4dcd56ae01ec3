//! The push parser: bytes in, in any chunks; records out, as soon as they are complete.

use domain::json_input::{JsonInputError, read_json};
use domain::{FieldError, ScholarshipDocument};

use super::csv_document::Header;
use super::csv_splitter::{self, CsvSplitter};
use super::format::{self, ImportFormat, Layout};
use super::json_splitter::JsonSplitter;
use super::line_splitter::LineSplitter;
use super::raw_record::{MAX_RECORD_BYTES, RawRecord, utf8};
use super::record::{ImportRecord, ParsedRecord};
use super::{open_scholarships, own_document};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The longest signature of [`format::complaint`], and more than a byte order mark.
const LONGEST_SIGNATURE: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schema {
    Own,
    OpenScholarships,
    /// Each record by its keys.
    EitherByKeys,
}

#[derive(Debug)]
enum Stage {
    /// The format is not known yet; this much has come.
    Start(Vec<u8>),
    Lines(LineSplitter),
    Json(JsonSplitter),
    Csv(Box<CsvStage>),
    /// The rest of the input cannot be used.
    Stopped,
}

#[derive(Debug)]
struct CsvStage {
    splitter: CsvSplitter,
    separator: u8,
    header: Option<Header>,
}

/// Reads one input. Holds at most one unfinished record (1 MiB) beside the chunk that it is given, and its results do not
/// depend on how the input is cut into chunks.
#[derive(Debug)]
pub struct RecordReader {
    layout: Option<Layout>,
    schema: Schema,
    stage: Stage,
    has_records: bool,
}

impl RecordReader {
    pub fn new(format: ImportFormat) -> Self {
        let (layout, schema) = match format {
            ImportFormat::Auto => (None, Schema::EitherByKeys),
            ImportFormat::Ndjson => (Some(Layout::Lines), Schema::Own),
            ImportFormat::Json => (Some(Layout::Json), Schema::Own),
            ImportFormat::Csv => (Some(Layout::Csv), Schema::Own),
            ImportFormat::OpenScholarships => (None, Schema::OpenScholarships),
        };
        Self {
            layout,
            schema,
            stage: Stage::Start(Vec::new()),
            has_records: false,
        }
    }

    /// Takes the file's name as a hint where the format is to be found out.
    #[must_use]
    pub fn with_file_name(mut self, name: &str) -> Self {
        self.layout = self.layout.or_else(|| format::layout_of_name(name));
        self
    }

    /// The records that this chunk completes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<ParsedRecord> {
        let mut parsed = Vec::new();
        if let Stage::Start(start) = &mut self.stage {
            start.extend_from_slice(bytes);
            self.begin(false, &mut parsed);
        } else {
            self.split(bytes, &mut parsed);
        }
        self.has_records |= !parsed.is_empty();
        parsed
    }

    /// The records that the input's end completes; a complaint when there was none at all.
    pub fn finish(&mut self) -> Vec<ParsedRecord> {
        let mut parsed = Vec::new();
        self.begin(true, &mut parsed);
        let mut raw = Vec::new();
        match &mut self.stage {
            Stage::Lines(splitter) => splitter.finish(&mut raw),
            Stage::Json(splitter) => splitter.finish(&mut raw),
            Stage::Csv(csv) => csv.splitter.finish(&mut raw),
            Stage::Start(_) | Stage::Stopped => {}
        }
        self.parse_all(raw, &mut parsed);
        if parsed.is_empty() && !self.has_records {
            let error = FieldError::new("", "the input holds no records");
            parsed.push(ParsedRecord::rejected(1, error));
        }
        self.stage = Stage::Stopped;
        parsed
    }

    /// Whether the rest of the input cannot matter any more.
    pub fn has_stopped(&self) -> bool {
        matches!(self.stage, Stage::Stopped)
    }

    /// Leaves the start as soon as it shows what the input is.
    fn begin(&mut self, whole: bool, parsed: &mut Vec<ParsedRecord>) {
        let Stage::Start(start) = &mut self.stage else {
            return;
        };
        // The same prefix decides however long the chunks are.
        let seen = &start[..start.len().min(MAX_RECORD_BYTES)];
        let whole = whole || start.len() >= MAX_RECORD_BYTES;
        if seen.len() < LONGEST_SIGNATURE && !whole {
            return;
        }
        if let Some(complaint) = format::complaint(seen) {
            self.stage = Stage::Stopped;
            parsed.push(ParsedRecord::rejected(1, FieldError::new("", complaint)));
            return;
        }
        let content = seen.strip_prefix(BYTE_ORDER_MARK).unwrap_or(seen);
        let layout = self
            .layout
            .or_else(|| format::layout_of_content(content, whole));
        let next = match layout {
            None => return,
            Some(Layout::Lines) => Stage::Lines(LineSplitter::new()),
            Some(Layout::Json) => Stage::Json(JsonSplitter::new()),
            Some(Layout::Csv) => {
                let header = content.trim_ascii_start();
                let end = header.iter().position(|byte| *byte == b'\n');
                if end.is_none() && !whole {
                    return;
                }
                let separator = csv_splitter::separator_of(&header[..end.unwrap_or(header.len())]);
                Stage::Csv(Box::new(CsvStage {
                    splitter: CsvSplitter::new(separator),
                    separator,
                    header: None,
                }))
            }
        };
        let start = std::mem::take(start);
        self.stage = next;
        self.split(
            start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start),
            parsed,
        );
    }

    fn split(&mut self, bytes: &[u8], parsed: &mut Vec<ParsedRecord>) {
        let mut raw = Vec::new();
        match &mut self.stage {
            Stage::Lines(splitter) => splitter.push(bytes, &mut raw),
            Stage::Json(splitter) => splitter.push(bytes, &mut raw),
            Stage::Csv(csv) => csv.splitter.push(bytes, &mut raw),
            Stage::Start(_) | Stage::Stopped => {}
        }
        self.parse_all(raw, parsed);
    }

    fn parse_all(&mut self, raw: Vec<RawRecord>, parsed: &mut Vec<ParsedRecord>) {
        for record in raw {
            if let Stage::Stopped = self.stage {
                return;
            }
            let bytes = record.content.as_ref().map_or(0, Vec::len);
            let outcome = record
                .content
                .map_err(|error| (record.line, vec![error]))
                .and_then(|content| self.parse(record.line, &content));
            let (line, result) = match outcome {
                Ok(None) => continue,
                Ok(Some(record_read)) => (record.line, Ok(Box::new(record_read))),
                Err((line, errors)) => (line, Err(errors)),
            };
            parsed.push(ParsedRecord {
                line,
                result,
                bytes,
            });
        }
    }

    /// The record, `None` for a CSV header or an empty row, or the complaints with their line.
    fn parse(
        &mut self,
        line: u64,
        content: &[u8],
    ) -> Result<Option<ImportRecord>, (u64, Vec<FieldError>)> {
        let text = utf8(content, line).map_err(|(line, error)| (line, vec![error]));
        let Stage::Csv(csv) = &mut self.stage else {
            text?;
            return self.parse_json(line, content).map(Some);
        };
        let Some(header) = &csv.header else {
            // Without a header nothing that follows means anything.
            let read = text.and_then(|text| {
                let cells = csv_splitter::fields(text, char::from(csv.separator));
                Header::read(&cells).map_err(|error| (line, vec![error]))
            });
            return match read {
                Ok(header) => {
                    csv.header = Some(header);
                    Ok(None)
                }
                Err(error) => {
                    self.stage = Stage::Stopped;
                    Err(error)
                }
            };
        };
        let cells = csv_splitter::fields(text?, char::from(csv.separator));
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            // Spreadsheets write empty rows as separators alone.
            return Ok(None);
        }
        header
            .document(cells)
            .and_then(own_document::import_record)
            .map(Some)
            .map_err(|errors| (line, errors))
    }

    fn parse_json(
        &self,
        line: u64,
        content: &[u8],
    ) -> Result<ImportRecord, (u64, Vec<FieldError>)> {
        let theirs = match self.schema {
            Schema::Own => false,
            Schema::OpenScholarships => true,
            Schema::EitherByKeys => open_scholarships::looks_like_record(content),
        };
        if theirs {
            return open_scholarships::import_record(content).map_err(|errors| (line, errors));
        }
        let document: ScholarshipDocument =
            read_json(content).map_err(|error| malformed(line, error))?;
        own_document::import_record(document).map_err(|errors| (line, errors))
    }
}

/// A JSON error at its place in the input, not in the record.
fn malformed(line: u64, error: JsonInputError) -> (u64, Vec<FieldError>) {
    match error {
        JsonInputError::Field(error) => (line, vec![error]),
        JsonInputError::Malformed {
            message,
            line: below,
            column,
        } => {
            let offset = u64::try_from(below.saturating_sub(1)).unwrap_or(0);
            let message = format!("is not JSON: {message} (column {column})");
            (line + offset, vec![FieldError::new("", message)])
        }
    }
}
