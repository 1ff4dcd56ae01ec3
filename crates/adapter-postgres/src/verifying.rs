//! Whether the store can be used as it is: what a program asks before it serves.

use std::error::Error;
use std::io::ErrorKind;

use diesel::ConnectionError;
use diesel::result::Error as QueryError;
use diesel_async::pooled_connection::PoolError;
use futures_util::FutureExt as _;

use crate::applied::applied_on_conn;
use crate::area::Area;
use crate::connecting::Connector;
use crate::connections::Access;
use crate::failure::Failure;
use crate::scholarships::is_ahead_on_conn;
use crate::{OpenError, PostgresSettings, PostgresStore, migrations, rights};

type Cause = Box<dyn Error + Send + Sync>;

/// Why the store cannot be used. Only [`Self::Away`] passes by itself.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("Postgres does not answer")]
    Away(#[source] Cause),
    #[error(
        "Postgres refuses: check user, password, database and sslmode in its URL, and the user's rights"
    )]
    Refused(#[source] Cause),
    #[error(
        "the database lacks migrations of this version ({}); run `cargo xtask migrate up`",
        .0.join(", ")
    )]
    Behind(Vec<String>),
    #[error(
        "a pooler lends its connections for one transaction only, which does not go with POSTGRES_POOL_MODE=session: set it to \
         transaction, or name Postgres itself in DATABASE_URL"
    )]
    Pooled,
    #[error(
        "the change log is ahead of this Postgres, as a restore that was cut off leaves it: replicas would not see each \
         other's changes; make sure that all of the data is there, and run `cargo xtask restore --finish`"
    )]
    LogAhead,
}

impl PostgresSettings {
    /// Whether a store can be set up with these settings, without connecting.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong.
    pub fn check(&self) -> Result<(), OpenError> {
        if !self.is_valid() {
            return Err(OpenError::Settings);
        }
        Connector::new(self).map(drop)
    }
}

impl PostgresStore {
    /// Whether Postgres answers, has every migration that this version needs (further ones are a newer version's), and has a
    /// change log that replicas can follow.
    ///
    /// # Errors
    /// [`Unusable`] says what to do.
    pub async fn verify(&self) -> Result<(), Unusable> {
        let applied = self
            .connections
            .run(Area::Health, Access::ReadFew, |connection| {
                applied_on_conn(connection).boxed()
            });
        let applied = match applied.await {
            Ok(applied) => applied,
            Err(Failure::WithoutSchema) => Vec::new(),
            Err(failure) => return Err(unusable(failure)),
        };
        let missing =
            migrations::missing(|version| applied.iter().any(|applied| applied == version));
        match missing {
            Ok(missing) if missing.is_empty() => {
                self.verify_rights().await?;
                self.verify_session().await?;
                self.verify_log().await
            }
            Ok(missing) => Err(Unusable::Behind(missing)),
            Err(error) => Err(Unusable::Refused(error.into())),
        }
    }

    async fn verify_rights(&self) -> Result<(), Unusable> {
        let checked = self
            .connections
            .run(Area::Health, Access::ReadFew, |connection| {
                rights::check_on_conn(connection).boxed()
            });
        checked.await.map_err(unusable)
    }

    /// Whether connections are ours alone, where we count on it. Nobody may say: then it shows later.
    async fn verify_session(&self) -> Result<(), Unusable> {
        match self.is_pooled().await {
            Some(true) => Err(Unusable::Pooled),
            Some(false) | None => Ok(()),
        }
    }

    async fn verify_log(&self) -> Result<(), Unusable> {
        let ahead = self
            .connections
            .run(Area::Health, Access::ReadFew, |connection| {
                async move { Ok(is_ahead_on_conn(connection).await?) }.boxed()
            });
        match ahead.await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Unusable::LogAhead),
            Err(failure) => Err(unusable(failure)),
        }
    }
}

fn unusable(failure: Failure) -> Unusable {
    if will_not_pass(&failure) {
        Unusable::Refused(failure.into())
    } else {
        Unusable::Away(failure.into())
    }
}

/// Whether the server answered, and will answer the same as long as nobody changes anything.
fn will_not_pass(failure: &Failure) -> bool {
    match failure {
        Failure::WithoutRights(_) => true,
        Failure::Database(_) => !failure.is_transient(),
        Failure::NoConnection(_, Some(cause)) => match &**cause {
            PoolError::ConnectionError(ConnectionError::CouldntSetupConfiguration(
                QueryError::QueryBuilderError(cause),
            )) => cause
                .downcast_ref::<crate::connecting::WithCauses<tokio_postgres::Error>>()
                .is_some_and(|error| is_refusal(&error.0)),
            _ => false,
        },
        _ => false,
    }
}

fn is_refusal(error: &tokio_postgres::Error) -> bool {
    if let Some(code) = error.code() {
        // Invalid authorization, and a database that does not exist.
        return code.code().starts_with("28") || code.code() == "3D000";
    }
    match error
        .source()
        .map(|cause| cause.downcast_ref::<std::io::Error>())
    {
        // The server asked for a password, or speaks no TLS.
        Some(None) => true,
        // A certificate or a proof of the password that is not accepted; all else is the network.
        Some(Some(cause)) => matches!(
            cause.kind(),
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other
        ),
        None => false,
    }
}
