//! The scholarship record.

use chrono::NaiveDate;

use crate::{
    Award, Criteria, Deadline, EditorialStatus, ScholarshipId, ScholarshipType, Timestamp,
};

/// A scholarship as stored: its content and the facts that the store adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scholarship {
    pub id: ScholarshipId,
    pub content: ScholarshipContent,
    /// 1 for a new record, one more with each change.
    pub version: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Everything that an editor or an import says about a scholarship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScholarshipContent {
    pub name: String,
    pub organization: String,
    pub description: Option<String>,
    pub award: Award,
    /// How many are given in one round.
    pub max_awards: Option<u32>,
    pub renewable: Option<bool>,
    pub deadline: Deadline,
    pub notification_date: Option<NaiveDate>,
    pub scholarship_type: ScholarshipType,
    /// Sets of criteria of which any one suffices; empty: open to all.
    pub criteria: Vec<Criteria>,
    /// Free words of the source that describe the scholarship.
    pub tags: Vec<String>,
    pub application_url: Option<String>,
    pub website_url: Option<String>,
    pub contact_email: Option<String>,
    pub provenance: Provenance,
    pub status: EditorialStatus,
}

/// Where a record comes from. `source` and `source_id` together name it across imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    pub source: Option<String>,
    pub source_id: Option<String>,
    pub source_url: Option<String>,
    /// The day on which somebody last compared the record with its source.
    pub last_verified: Option<NaiveDate>,
}

impl ScholarshipContent {
    /// Active for its editors and not past a fixed deadline.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status == EditorialStatus::Active && !self.deadline.is_expired(now)
    }
}
