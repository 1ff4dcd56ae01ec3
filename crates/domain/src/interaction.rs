//! What students do with scholarships: the raw material of popularity and analytics.

use crate::vocabulary;
use crate::{ScholarshipId, Timestamp};

vocabulary!(
    /// What a student did.
    InteractionKind { View = "view", Save = "save", RecommendationClick = "recommendation_click", ApplyClick = "apply_click" }
);

/// One deed of one student. The student is known by a pseudonym only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Made by the client, 1 to 64 characters of `[A-Za-z0-9_-]`; the same id from the same student is the same interaction.
    pub id: String,
    pub kind: InteractionKind,
    pub scholarship_id: ScholarshipId,
    pub occurred_at: Timestamp,
    /// Keyed hash of the caller's `sub`, never the `sub` itself.
    pub pseudonym: String,
}
