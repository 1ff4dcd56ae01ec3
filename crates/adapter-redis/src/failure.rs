//! Why Redis gave no useful answer. Nothing here names the address or the password.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why the adapter cannot be set up. A Redis that is away is no reason.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("REDIS_URL must look like redis://host:port or rediss://host:port")]
    Url(#[source] RedisError),
    #[error("the certificate authorities for Redis cannot be used")]
    Certificates(#[source] RedisError),
}

/// One call's failure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("Redis did not answer a moment ago and is not asked until it does again")]
    Away,
    #[error("Redis did not answer within {0:?}")]
    Silent(Duration),
    #[error("the connection to Redis failed")]
    Connection(#[source] RedisError),
    /// It answered; it is not away.
    #[error("Redis refused")]
    Refused(#[source] RedisError),
}

impl Failure {
    pub(crate) fn of(error: RedisError) -> Self {
        if is_away(&error) {
            Self::Connection(error)
        } else {
            Self::Refused(error)
        }
    }

    /// For traces.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Away => "breaker_open",
            Self::Silent(_) => "timeout",
            Self::Connection(_) => "connection",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether asking again right away would most likely fail as well, for everybody.
    pub(crate) fn means_away(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// A full memory, a wrong type or a missing right are answers; a lost connection is none, nor is a server that cannot serve
/// anybody yet.
fn is_away(error: &RedisError) -> bool {
    error.is_unrecoverable_error()
        || matches!(
            error.kind(),
            ErrorKind::Io
                | ErrorKind::Parse
                | ErrorKind::AuthenticationFailed
                | ErrorKind::Server(
                    ServerErrorKind::BusyLoading
                        | ServerErrorKind::MasterDown
                        | ServerErrorKind::ClusterDown
                )
        )
        || error.code() == Some("BUSY")
}
