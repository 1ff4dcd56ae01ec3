//! Cuts CSV (RFC 4180) into records of fields, strictly: a broken quote is reported, never guessed away.

use super::raw_record::{MAX_RECORD_BYTES, RawRecord};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote inside a quoted field: the field's end, or the first half of a doubled quote.
    AfterQuote,
    /// Looking for the end of a line that was given up.
    Skipping,
}

enum Found {
    /// A record ends before this offset, at a newline or the input's end.
    Record(usize),
    /// The record is broken; reading goes on after the next newline from this offset.
    Broken(&'static str, usize),
    More,
}

/// Holds at most one unfinished record beside the chunk that it was given.
#[derive(Debug)]
pub(super) struct CsvSplitter {
    separator: u8,
    state: State,
    pending: Vec<u8>,
    /// Start of the current record in `pending`.
    start: usize,
    /// First byte of `pending` that was not looked at yet.
    scanned: usize,
    line: u64,
    /// Lines of the current record before the one on which its last quote was opened.
    lines_before_quote: u64,
}

impl CsvSplitter {
    /// `separator`: `,`, `;` or a tab.
    pub(super) fn new(separator: u8) -> Self {
        Self {
            separator,
            state: State::FieldStart,
            pending: Vec::new(),
            start: 0,
            scanned: 0,
            line: 1,
            lines_before_quote: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], records: &mut Vec<RawRecord>) {
        self.pending.extend_from_slice(bytes);
        self.advance(records);
        self.pending.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
    }

    pub(super) fn finish(&mut self, records: &mut Vec<RawRecord>) {
        while self.start < self.pending.len() {
            match self.state {
                State::Skipping => break,
                State::Quoted => {
                    self.give_up(
                        "a quote is opened here and never closed",
                        self.start,
                        records,
                    );
                    self.advance(records);
                }
                State::FieldStart | State::Unquoted | State::AfterQuote => {
                    self.end_record(self.pending.len(), records);
                    break;
                }
            }
        }
        self.pending = Vec::new();
        self.start = 0;
        self.scanned = 0;
    }

    fn advance(&mut self, records: &mut Vec<RawRecord>) {
        loop {
            match self.scan() {
                Found::Record(end) => self.end_record(end, records),
                Found::Broken(message, from) => self.give_up(message, from, records),
                Found::More => return,
            }
        }
    }

    fn scan(&mut self) -> Found {
        while let Some(byte) = self.pending.get(self.scanned).copied() {
            let at = self.scanned;
            if self.state == State::Skipping {
                self.scanned += 1;
                self.start = self.scanned;
                if byte == b'\n' {
                    self.line += 1;
                    self.state = State::FieldStart;
                }
                continue;
            }
            if at - self.start >= MAX_RECORD_BYTES {
                return if matches!(self.state, State::Quoted) {
                    Found::Broken(
                        "a quote is opened here and not closed within 1 MiB",
                        self.start,
                    )
                } else {
                    Found::Broken(
                        "is longer than 1 MiB, the most that one record may have",
                        at,
                    )
                };
            }
            self.scanned += 1;
            let separates = byte == self.separator;
            self.state = match (self.state, byte) {
                (State::FieldStart | State::Unquoted | State::AfterQuote, b'\n') => {
                    return Found::Record(at);
                }
                (State::FieldStart, b'"') => {
                    let before = self.pending[self.start..at].iter();
                    let lines = before.filter(|byte| **byte == b'\n').count();
                    self.lines_before_quote = u64::try_from(lines).unwrap_or(0);
                    State::Quoted
                }
                (State::FieldStart | State::Unquoted | State::AfterQuote, _) if separates => {
                    State::FieldStart
                }
                (State::Unquoted, b'"') => {
                    return Found::Broken(
                        "has a quote inside a field that does not begin with one; put the field in quotes and double the quotes in it",
                        at,
                    );
                }
                (State::FieldStart | State::Unquoted, _) => State::Unquoted,
                (State::Quoted, b'"') => State::AfterQuote,
                (State::AfterQuote, b'"') => State::Quoted,
                (State::Quoted, _) => State::Quoted,
                (State::AfterQuote, b' ' | b'\r') => State::AfterQuote,
                (State::AfterQuote, _) => {
                    return Found::Broken(
                        "has a quoted field with a quote in it that is not doubled, or a quote that is never closed",
                        self.start,
                    );
                }
                (State::Skipping, _) => State::Skipping,
            };
        }
        Found::More
    }

    fn end_record(&mut self, end: usize, records: &mut Vec<RawRecord>) {
        let content = self.pending[self.start..end].to_vec();
        let line = self.line;
        self.go_on_at((end + 1).min(self.pending.len()));
        if !content.trim_ascii().is_empty() {
            records.push(RawRecord {
                line,
                content: Ok(content),
            });
        }
    }

    /// Reports the current record at the line of its last opening quote and goes on after the next newline from `from`.
    fn give_up(&mut self, message: &str, from: usize, records: &mut Vec<RawRecord>) {
        records.push(RawRecord::refused(
            self.line + self.lines_before_quote,
            message,
        ));
        let newline = self.pending[from..].iter().position(|byte| *byte == b'\n');
        match newline {
            Some(newline) => self.go_on_at(from + newline + 1),
            None => {
                self.go_on_at(self.pending.len());
                self.state = State::Skipping;
            }
        }
    }

    fn go_on_at(&mut self, next: usize) {
        let passed = self.pending[self.start..next].iter();
        let newlines = passed.filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(newlines).unwrap_or(0);
        self.start = next;
        self.scanned = next;
        self.state = State::FieldStart;
        self.lines_before_quote = 0;
    }
}

/// The fields of one record that [`CsvSplitter`] let pass.
pub(super) fn fields(record: &str, separator: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut field_start) = (false, true);
    let record = record.strip_suffix('\r').unwrap_or(record);
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = fields.last_mut() else {
            break;
        };
        match character {
            '"' if field_start => quoted = true,
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            _ if character == separator && !quoted => {
                fields.push(String::new());
                field_start = true;
                continue;
            }
            _ => field.push(character),
        }
        field_start = false;
    }
    fields
}

/// The separator that the header line uses most, outside quotes.
pub(super) fn separator_of(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in header {
        quoted ^= *byte == b'"';
        if !quoted
            && let Some((_, count)) = counts.iter_mut().find(|(separator, _)| separator == byte)
        {
            *count += 1;
        }
    }
    // The comma wins ties because it stands first.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map_or(b',', |(separator, _)| *separator)
}
