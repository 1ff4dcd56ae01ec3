//! Who changed the catalogue: one entry for each write, kept for good.

use async_trait::async_trait;
use domain::{ScholarshipId, Timestamp};

use crate::StoreError;

/// Tells who wrote to a [`ScholarshipStore`](crate::ScholarshipStore), which adds an entry to each write.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// At most `limit` entries since an instant, newest first; of one scholarship when `id` is given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn audit(
        &self,
        since: Timestamp,
        id: Option<&ScholarshipId>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// At most `limit` scholarships whose content is not the one that their newest entry names, in the byte order of their
    /// ids: somebody wrote past the log. Those that were last written before its first entry are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn gaps(&self, limit: usize) -> Result<Vec<ScholarshipId>, StoreError>;
}

/// On whose behalf something is written, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteContext {
    pub actor: Actor,
    pub now: Timestamp,
}

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// An account, or a user of the operating system; the program itself has none.
    pub name: Option<String>,
    pub role: ActorRole,
}

impl Actor {
    /// The program itself.
    pub const SYSTEM: Self = Self {
        name: None,
        role: ActorRole::System,
    };

    pub fn named(name: impl Into<String>, role: ActorRole) -> Self {
        Self {
            name: Some(name.into()),
            role,
        }
    }
}

/// As what somebody writes: with a token of a role, on the operators' command line, or as the program itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorRole {
    Student,
    Partner,
    Agent,
    Admin,
    Operator,
    System,
}

impl ActorRole {
    pub const ALL: [Self; 6] = [
        Self::Student,
        Self::Partner,
        Self::Agent,
        Self::Admin,
        Self::Operator,
        Self::System,
    ];

    /// As stores keep it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Partner => "partner",
            Self::Agent => "agent",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// How a scholarship was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    Created,
    Replaced,
    Deleted,
    /// By one record of an import, which made or changed it.
    Imported,
}

impl AuditAction {
    pub const ALL: [Self; 4] = [Self::Created, Self::Replaced, Self::Deleted, Self::Imported];

    /// As stores keep it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replaced => "replaced",
            Self::Deleted => "deleted",
            Self::Imported => "imported",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Grows from write to write of one scholarship; gaps mean nothing.
    pub sequence: u64,
    /// In whole microseconds.
    pub at: Timestamp,
    pub actor: Actor,
    pub action: AuditAction,
    pub scholarship_id: ScholarshipId,
    /// SHA-256 of the content's document as JSON; none before a creation.
    pub digest_before: Option<[u8; 32]>,
    /// None after a deletion.
    pub digest_after: Option<[u8; 32]>,
}
