//! Why the file did not give or take what was asked: the causes inside the ports' errors.

use std::sync::Arc;
use std::time::Duration;

use domain::FieldError;
use ports::{InteractionStoreError, StoreError};

/// Cloneable, since one failed commit fails everybody who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the store was closed")]
    Closed,
    #[error(
        "the file was deleted, moved or replaced while it was open; put it back or restart the server"
    )]
    Displaced,
    #[error("too many requests wait for the file; none got through in {0:?}")]
    Crowded(Duration),
    #[error("the file gave no answer in {0:?}")]
    Silent(Duration),
    #[error("the write took longer than {0:?} and goes on; whether it will succeed is unknown")]
    Undecided(Duration),
    #[error("SQLite refused")]
    Database(#[source] Arc<diesel::result::Error>),
    #[error("the stored record of {of} cannot be read")]
    Unreadable {
        of: String,
        #[source]
        reason: Unreadable,
    },
    #[error("the file that keeps other archivers out cannot be used")]
    Turn(#[source] Arc<std::io::Error>),
    #[error("the program failed while it used the file")]
    Panicked,
}

/// What is wrong with a row: somebody else wrote it, or the disk changed it.
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

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl Failure {
    pub(crate) fn unreadable(of: &str, reason: Unreadable) -> Self {
        Self::Unreadable {
            of: of.to_owned(),
            reason,
        }
    }

    pub(crate) fn of_catalogue(self, operation: &'static str) -> StoreError {
        let is_undecided = matches!(self, Self::Undecided(_));
        let source = Box::new(self);
        if is_undecided {
            StoreError::Undecided { operation, source }
        } else {
            StoreError::Unavailable { operation, source }
        }
    }

    pub(crate) fn of_interactions(self, operation: &'static str) -> InteractionStoreError {
        let is_undecided = matches!(self, Self::Undecided(_));
        let source = Box::new(self);
        if is_undecided {
            InteractionStoreError::Undecided { operation, source }
        } else {
            InteractionStoreError::Unavailable { operation, source }
        }
    }
}
