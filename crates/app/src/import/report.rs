//! What an import has done, record by record and in sum.

use domain::{FieldError, ScholarshipId, Timestamp};
use ports::FeedPosition;
use serde::Serialize;

/// The most rejections (and, apart from them, notes) that a report lists; all are counted.
pub const MOST_LISTED: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictStatus {
    Created,
    Updated,
    Unchanged,
    Rejected,
}

/// What became of one record: `{"line":3,"status":"created","id":"sch_.."}` or
/// `{"line":4,"status":"rejected","errors":[{"field":"name","message":".."}]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineVerdict {
    pub line: u64,
    pub status: VerdictStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ScholarshipId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What could not be used of a record that was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FieldError>,
}

/// A complaint about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    pub line: u64,
    pub field: String,
    pub reason: String,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if !self.field.is_empty() {
            write!(formatter, "{}: ", self.field)?;
        }
        formatter.write_str(&self.reason)
    }
}

/// An import in sum.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportReport {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub rejected: u64,
    /// The first [`MOST_LISTED`] complaints.
    pub rejections: Vec<Rejection>,
    /// How many records were taken with something left out.
    pub noted: u64,
    /// The first [`MOST_LISTED`] of what was left out.
    pub notes: Vec<Rejection>,
    /// The change log after the last batch; a reader whose index is that far sees the import.
    #[serde(skip)]
    pub position: FeedPosition,
    /// When the first batch was written, if there was one.
    #[serde(skip)]
    pub written_since: Option<Timestamp>,
}

impl ImportReport {
    pub fn records(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected
    }

    pub(super) fn count(&mut self, verdict: &LineVerdict) {
        *match verdict.status {
            VerdictStatus::Created => &mut self.created,
            VerdictStatus::Updated => &mut self.updated,
            VerdictStatus::Unchanged => &mut self.unchanged,
            VerdictStatus::Rejected => &mut self.rejected,
        } += 1;
        self.noted += u64::from(!verdict.notes.is_empty());
        list(&mut self.rejections, verdict.line, &verdict.errors);
        list(&mut self.notes, verdict.line, &verdict.notes);
    }
}

fn list(listed: &mut Vec<Rejection>, line: u64, errors: &[FieldError]) {
    let room = MOST_LISTED.saturating_sub(listed.len());
    listed.extend(errors.iter().take(room).map(|error| Rejection {
        line,
        field: error.field.clone(),
        reason: error.message.clone(),
    }));
}

impl std::fmt::Display for ImportReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} {}: {} created, {} updated, {} unchanged, {} rejected",
            self.records(),
            if self.records() == 1 {
                "record"
            } else {
                "records"
            },
            self.created,
            self.updated,
            self.unchanged,
            self.rejected
        )
    }
}
