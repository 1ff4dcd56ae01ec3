//! Cuts a JSON array, a list page (`{"data": [..]}`) or a sequence of objects into its elements.
//!
//! Only strings and nesting are followed; whether an element is valid JSON is decided when it is read.

use super::raw_record::{MAX_RECORD_BYTES, RawRecord};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a top-level value.
    Outside,
    /// Inside a top-level object, which may turn out to be a list page.
    Object,
    /// Between the elements of the array.
    Array,
    Element,
    /// After the array of a list page: the page's other keys do not matter.
    RestOfPage,
    /// After a top-level array.
    End,
    /// Something that cannot be followed has been reported.
    Lost,
}

/// Holds at most one unfinished element.
#[derive(Debug)]
pub(super) struct JsonSplitter {
    place: Place,
    line: u64,
    first_line: u64,
    pending: Vec<u8>,
    overlong: bool,
    depth: u32,
    in_string: bool,
    escaped: bool,
    in_page: bool,
    /// Where the last complete string of `pending` stands, quotes included.
    last_string: (usize, usize),
    last_significant: u8,
}

impl JsonSplitter {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Outside,
            line: 1,
            first_line: 1,
            pending: Vec::new(),
            overlong: false,
            depth: 0,
            in_string: false,
            escaped: false,
            in_page: false,
            last_string: (0, 0),
            last_significant: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], records: &mut Vec<RawRecord>) {
        for byte in bytes {
            self.step(*byte, records);
            if *byte == b'\n' {
                self.line += 1;
            }
        }
    }

    pub(super) fn finish(&mut self, records: &mut Vec<RawRecord>) {
        match self.place {
            Place::Object | Place::Element => records.push(RawRecord::refused(
                self.first_line,
                "the input ends inside this record; is the file cut off, or a bracket or quote missing?",
            )),
            Place::Array => records.push(RawRecord::refused(
                self.line,
                "the array is not closed; is the file cut off?",
            )),
            Place::Outside | Place::RestOfPage | Place::End | Place::Lost => {}
        }
        self.place = Place::Lost;
    }

    fn step(&mut self, byte: u8, records: &mut Vec<RawRecord>) {
        match self.place {
            Place::RestOfPage | Place::Lost => {}
            Place::Outside | Place::Array | Place::End if byte.is_ascii_whitespace() => {}
            Place::Outside => match byte {
                b'[' => self.place = Place::Array,
                _ => self.begin(Place::Object, byte, records),
            },
            Place::Array => match byte {
                b',' => {}
                b']' => {
                    self.place = if self.in_page {
                        Place::RestOfPage
                    } else {
                        Place::End
                    };
                }
                _ => self.begin(Place::Element, byte, records),
            },
            Place::End => {
                records.push(RawRecord::refused(
                    self.line,
                    "something follows the end of the array; one array is one file",
                ));
                self.place = Place::Lost;
            }
            Place::Object | Place::Element => self.follow(byte, records),
        }
    }

    fn begin(&mut self, place: Place, byte: u8, records: &mut Vec<RawRecord>) {
        self.place = place;
        self.first_line = self.line;
        self.depth = 0;
        self.in_string = false;
        self.escaped = false;
        self.last_significant = 0;
        self.follow(byte, records);
    }

    fn follow(&mut self, byte: u8, records: &mut Vec<RawRecord>) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.last_string.1 = self.pending.len();
                }
                _ => {}
            }
            return;
        }
        let ends_element =
            self.place == Place::Element && self.depth == 0 && matches!(byte, b',' | b']');
        if ends_element {
            self.end_record(records);
            self.place = Place::Array;
            self.step(byte, records);
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.last_string.0 = self.pending.len();
            }
            b'[' if self.begins_page() => {
                self.pending = Vec::new();
                self.overlong = false;
                self.in_page = true;
                self.place = Place::Array;
                return;
            }
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.keep(byte);
        if !byte.is_ascii_whitespace() {
            self.last_significant = byte;
        }
        if self.place == Place::Object
            && self.depth == 0
            && (byte.is_ascii_whitespace() || matches!(byte, b']' | b'}'))
        {
            self.end_record(records);
            self.place = Place::Outside;
        }
    }

    fn begins_page(&self) -> bool {
        self.place == Place::Object
            && self.depth == 1
            && self.last_significant == b':'
            && !self.overlong
            && self.pending.get(self.last_string.0..self.last_string.1) == Some(b"\"data\"")
    }

    fn keep(&mut self, byte: u8) {
        if self.overlong || self.pending.len() >= MAX_RECORD_BYTES {
            self.overlong = true;
            self.pending = Vec::new();
        } else {
            self.pending.push(byte);
        }
    }

    fn end_record(&mut self, records: &mut Vec<RawRecord>) {
        let content = std::mem::take(&mut self.pending);
        if std::mem::take(&mut self.overlong) {
            records.push(RawRecord::too_long(self.first_line));
        } else {
            records.push(RawRecord {
                line: self.first_line,
                content: Ok(content),
            });
        }
    }
}
