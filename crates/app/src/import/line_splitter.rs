//! Cuts NDJSON into its lines.

use super::raw_record::{MAX_RECORD_BYTES, RawRecord};

/// Holds at most one unfinished line. Blank lines are counted and skipped.
#[derive(Debug)]
pub(super) struct LineSplitter {
    line: u64,
    pending: Vec<u8>,
    overlong: bool,
}

impl LineSplitter {
    pub(super) fn new() -> Self {
        Self {
            line: 1,
            pending: Vec::new(),
            overlong: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], records: &mut Vec<RawRecord>) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.keep(&rest[..end]);
            self.end_line(records);
            rest = &rest[end + 1..];
        }
        self.keep(rest);
    }

    pub(super) fn finish(&mut self, records: &mut Vec<RawRecord>) {
        self.end_line(records);
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.overlong || self.pending.len() + bytes.len() > MAX_RECORD_BYTES {
            self.overlong = true;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, records: &mut Vec<RawRecord>) {
        let line = std::mem::take(&mut self.pending);
        if std::mem::take(&mut self.overlong) {
            records.push(RawRecord::too_long(self.line));
        } else if !line.trim_ascii().is_empty() {
            records.push(RawRecord {
                line: self.line,
                content: Ok(line),
            });
        }
        self.line += 1;
    }
}
