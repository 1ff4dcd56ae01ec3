//! The formats that an import reads, and how they are told apart.

use std::str::FromStr;

/// What the bytes of an import are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportFormat {
    /// Found out from the content, with the file's name as a hint; each JSON record is read by the schema that it follows.
    #[default]
    Auto,
    /// One scholarship document a line.
    Ndjson,
    /// An array of scholarship documents, one document, or a list page (`{"data": [..]}`).
    Json,
    /// A header line and one scholarship a record (RFC 4180; comma, semicolon or tab).
    Csv,
    /// The schema of the Open Scholarships directory, one record a line or an array.
    OpenScholarships,
}

/// The word names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be auto, ndjson, json, csv or open-scholarships")]
pub struct UnknownFormat;

impl FromStr for ImportFormat {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Ok(match word {
            "auto" => Self::Auto,
            "ndjson" => Self::Ndjson,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "open-scholarships" => Self::OpenScholarships,
            _ => return Err(UnknownFormat),
        })
    }
}

/// How the records stand in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Lines,
    Json,
    Csv,
}

/// What is wrong with an input as a whole.
const SIGNATURES: &[(&[u8], &str)] = &[
    (
        b"\xff\xfe",
        "is UTF-16; save the file as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`",
    ),
    (
        b"\xfe\xff",
        "is UTF-16; save the file as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`",
    ),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed with zstd; unpack it first",
    ),
    (
        b"PK\x03\x04",
        "is a ZIP file or a spreadsheet; unpack it, or save the sheet as CSV",
    ),
    (
        b"%PDF",
        "is a PDF file; an import reads NDJSON, JSON or CSV",
    ),
];

/// Why no format can be read from such a start.
pub(super) fn complaint(start: &[u8]) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|(signature, _)| start.starts_with(signature))
        .map(|(_, complaint)| *complaint)
}

/// The layout that a file's name promises. `.json` promises nothing: many such files hold one record a line.
pub(super) fn layout_of_name(name: &str) -> Option<Layout> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Some(Layout::Lines),
        "csv" | "tsv" => Some(Layout::Csv),
        _ => None,
    }
}

/// The layout of content that begins like this; `None` when more of it must be seen. `whole`: this is all there is.
pub(super) fn layout_of_content(start: &[u8], whole: bool) -> Option<Layout> {
    let content = start.trim_ascii_start();
    match content.first() {
        None => whole.then_some(Layout::Lines),
        Some(b'[') => Some(Layout::Json),
        Some(b'{') => match content.iter().position(|byte| *byte == b'\n') {
            Some(end) => Some(layout_of_first_line(&content[..end])),
            None => whole.then(|| layout_of_first_line(content)),
        },
        Some(_) => Some(Layout::Csv),
    }
}

/// An object that is complete on its line is one of many, unless it is a list page.
fn layout_of_first_line(line: &[u8]) -> Layout {
    #[derive(serde::Deserialize)]
    struct Page {
        data: Option<Vec<serde::de::IgnoredAny>>,
    }
    let complete = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let page = serde_json::from_slice::<Page>(line).is_ok_and(|page| page.data.is_some());
    if complete && !page {
        Layout::Lines
    } else {
        Layout::Json
    }
}
