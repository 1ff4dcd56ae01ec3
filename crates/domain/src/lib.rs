//! Scholarships, criteria, student profiles, verdicts and ranking: pure rules without I/O, clock or async.
//!
//! Time is always an argument. Nothing in this crate knows where a scholarship is stored or how it was asked for.

pub mod award;
pub mod circuit_breaker;
pub mod criteria;
pub mod criterion;
pub mod deadline;
pub mod document;
pub mod eligibility;
pub mod field_error;
pub mod geography;
mod hexadecimal;
pub mod identifier;
pub mod interaction;
pub mod json_input;
pub mod profile;
pub mod profile_document;
pub mod rate_limit;
pub mod recommendation;
pub mod scholarship;
pub mod task;
pub mod unlock;
pub mod vocabulary;

pub use award::{Award, Currency};
pub use criteria::{AttributeRequirements, Criteria};
pub use criterion::Criterion;
pub use deadline::{Deadline, FixedDeadline, Schedule};
pub use document::ScholarshipDocument;
pub use eligibility::{Assessment, CriterionResult, CriterionStatus, Verdict};
pub use field_error::FieldError;
pub use geography::{CountryCode, UsState};
pub use hexadecimal::hexadecimal;
pub use identifier::{InvalidIdentifier, ScholarshipId};
pub use interaction::{Interaction, InteractionKind};
pub use profile::StudentProfile;
pub use profile_document::ProfileDocument;
pub use rate_limit::{Quota, RateDecision};
pub use scholarship::{Provenance, Scholarship, ScholarshipContent};
pub use task::{Task, TaskId, TaskState};
pub use vocabulary::{
    Citizenship, EditorialStatus, FieldOfStudy, Gpa, GradeLevel, ScholarshipType, Term, TermSet,
};

#[doc(hidden)]
pub use serde;
#[cfg(feature = "openapi")]
#[doc(hidden)]
pub use utoipa;

/// The instant type used everywhere; always UTC.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
