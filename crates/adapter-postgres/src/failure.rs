//! Why Postgres did not give or take what was asked: the causes inside the ports' errors, and the refusals that are no
//! failures.

use std::sync::Arc;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::PoolError;
use domain::{FieldError, ScholarshipId};
use ports::{InteractionStoreError, StoreError};

/// Cloneable, since one failed commit fails everybody who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection to Postgres was to be had in {0:?}")]
    NoConnection(Duration, #[source] Option<Arc<PoolError>>),
    #[error("too many calls wait for Postgres")]
    Crowded,
    #[error("Postgres gave no answer in {0:?}")]
    Silent(Duration),
    #[error("Postgres refused")]
    Database(#[source] Arc<QueryError>),
    #[error("the connection was lost while Postgres was to commit; whether it did is unknown")]
    Undecided(#[source] Arc<QueryError>),
    #[error("Postgres did not say in time whether it committed; whether it did is unknown")]
    CommitSilent,
    #[error("the database has no schema; run `cargo xtask migrate up`")]
    WithoutSchema,
    #[error(
        "the database's user lacks rights: {0}; docs/operations.md (Who wrote what) has what to grant"
    )]
    WithoutRights(String),
    #[error("a text holds the character U+0000, which Postgres does not keep")]
    Unstorable,
    #[error("others changed the same records again and again")]
    Contended,
    #[error("the stored record of {of} cannot be read")]
    Unreadable {
        of: String,
        #[source]
        reason: Unreadable,
    },
    #[error("no random bytes from the operating system")]
    Randomness,
    #[error("the program failed while it used Postgres")]
    Panicked,
    /// Everything works, and the answer is no. The transaction is taken back all the same.
    #[error("the catalogue refused")]
    Refused(Refusal),
}

#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    NotFound,
    VersionMismatch { actual: u64 },
    AlreadyExists { id: ScholarshipId },
    IdempotencyKeyTaken,
}

/// What is wrong with a row: somebody else wrote it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("its JSON is broken")]
    Json(#[source] Arc<serde_json::Error>),
    #[error("{}", sentence(.0))]
    Fields(Vec<FieldError>),
    #[error("its column {0} is out of range")]
    Column(&'static str),
}

fn sentence(errors: &[FieldError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Failure {
    pub(crate) fn unreadable(of: &str, reason: Unreadable) -> Self {
        Self::Unreadable {
            of: of.to_owned(),
            reason,
        }
    }

    /// Whether the same work, done again from its beginning, may well succeed. Only for transactions that did not commit.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Contended => true,
            // Diesel tells serialization failures, but neither deadlocks nor a server that goes down, from others; what is
            // tried again in vain costs a few more round trips.
            Self::Database(error) => matches!(
                **error,
                QueryError::DatabaseError(
                    DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::UniqueViolation
                        | DatabaseErrorKind::UnableToSendCommand
                        | DatabaseErrorKind::ClosedConnection
                        | DatabaseErrorKind::Unknown,
                    _
                ) | QueryError::BrokenTransactionManager
            ),
            _ => false,
        }
    }

    /// Whether everything works, and the answer was no.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self, Self::Refused(_)) || self.is_about_rows()
    }

    /// For traces.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoConnection(..) => "no_connection",
            Self::Crowded => "crowded",
            Self::Silent(_) => "timeout",
            Self::Database(_) => "refused",
            Self::Undecided(_) | Self::CommitSilent => "undecided",
            Self::WithoutSchema => "no_schema",
            Self::WithoutRights(_) => "no_rights",
            Self::Unstorable => "unstorable",
            Self::Contended => "contended",
            Self::Unreadable { .. } => "unreadable",
            Self::Randomness => "no_randomness",
            Self::Panicked => "panic",
            Self::Refused(_) => "answered_no",
        }
    }

    /// Whether Postgres did not answer at all.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::NoConnection(..) | Self::Silent(_))
    }

    /// Whether Postgres refused for what was in the rows, and not for how it is doing: other rows it may well take. The kinds
    /// come from Postgres' own codes, which no language of the server changes.
    pub(crate) fn is_about_rows(&self) -> bool {
        match self {
            Self::Database(error) => matches!(
                **error,
                QueryError::DatabaseError(
                    DatabaseErrorKind::UniqueViolation
                        | DatabaseErrorKind::ForeignKeyViolation
                        | DatabaseErrorKind::NotNullViolation
                        | DatabaseErrorKind::CheckViolation
                        | DatabaseErrorKind::RestrictViolation
                        | DatabaseErrorKind::ExclusionViolation,
                    _
                )
            ),
            _ => false,
        }
    }

    /// Whether the transaction may have been committed all the same.
    fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided(_) | Self::CommitSilent)
    }

    /// What a failed `COMMIT` means: only a conflict that Postgres found by itself says for certain that nothing was kept.
    pub(crate) fn of_commit(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(
                DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::CheckViolation,
                _,
            ) => Self::Database(Arc::new(error)),
            error => Self::Undecided(Arc::new(error)),
        }
    }

    pub(crate) fn of_catalogue(self, operation: &'static str) -> StoreError {
        match self {
            Self::Refused(Refusal::NotFound) => StoreError::NotFound,
            Self::Refused(Refusal::VersionMismatch { actual }) => {
                StoreError::VersionMismatch { actual }
            }
            Self::Refused(Refusal::AlreadyExists { id }) => StoreError::AlreadyExists { id },
            Self::Refused(Refusal::IdempotencyKeyTaken) => StoreError::IdempotencyKeyTaken,
            failure if failure.is_undecided() => StoreError::Undecided {
                operation,
                source: Box::new(failure),
            },
            failure => StoreError::Unavailable {
                operation,
                source: Box::new(failure),
            },
        }
    }

    pub(crate) fn of_interactions(self, operation: &'static str) -> InteractionStoreError {
        let is_undecided = self.is_undecided();
        let source = Box::new(self);
        if is_undecided {
            InteractionStoreError::Undecided { operation, source }
        } else {
            InteractionStoreError::Unavailable { operation, source }
        }
    }
}
