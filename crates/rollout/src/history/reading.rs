//! From text to records.

use super::Record;

/// The records of a text, and what a crash left behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    pub records: Vec<Record>,
    /// A last line without its end, as an append that never finished leaves. It was never a record: whoever appends cuts it off
    /// first.
    pub torn: Option<&'a str>,
}

impl Reading<'_> {
    /// The bytes of the text before the torn line.
    pub fn intact_bytes(&self, text: &str) -> usize {
        text.len() - self.torn.map_or(0, str::len)
    }
}

/// A whole line that is no record: no crash does that.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the history is no record")]
pub struct Unreadable {
    /// From 1.
    pub line: usize,
    #[source]
    pub cause: serde_json::Error,
}

/// Reads JSON lines; tells a torn last line from a changed one by its missing end.
///
/// # Errors
///
/// The first whole line that is no record.
pub fn read(text: &str) -> Result<Reading<'_>, Unreadable> {
    let mut records = Vec::new();
    let mut torn = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let Some(whole) = line.strip_suffix('\n') else {
            torn = Some(line);
            break;
        };
        let record = serde_json::from_str(whole).map_err(|cause| Unreadable {
            line: index + 1,
            cause,
        })?;
        records.push(record);
    }
    Ok(Reading { records, torn })
}
