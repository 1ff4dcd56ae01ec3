//! Which steps a database has. Looking changes nothing: no lock is taken, and the table of migrations is not made.

use std::sync::Arc;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

use super::{MigrationError, Migrator, known, version_of};
use crate::applied::applied_on_conn;
use crate::connecting::Connector;
use crate::failure::Failure;
use crate::{PostgresSettings, SessionError};

/// One step, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// As its folder is called.
    pub name: String,
    pub applied: bool,
}

/// All steps that this program knows, oldest first, as they are now: others may be making some. Works through a pooler, too.
///
/// # Errors
/// When Postgres does not answer, or the role may not look.
pub async fn status(settings: &PostgresSettings) -> Result<Vec<MigrationStatus>, MigrationError> {
    let connector = Arc::new(Connector::new(settings).map_err(SessionError::Open)?);
    let connection = connector.connect().await;
    let mut connection = connection.map_err(SessionError::Connection)?;
    // Ends with the connection.
    connection.batch_execute("BEGIN READ ONLY").await?;
    status_on_conn(&mut connection).await
}

impl Migrator {
    /// The same, while nobody else changes it.
    ///
    /// # Errors
    /// As [`status`].
    pub async fn status(&mut self) -> Result<Vec<MigrationStatus>, MigrationError> {
        status_on_conn(&mut self.connection).await
    }
}

async fn status_on_conn(
    connection: &mut AsyncPgConnection,
) -> Result<Vec<MigrationStatus>, MigrationError> {
    let applied = match applied_on_conn(connection).await {
        Ok(applied) => applied,
        Err(Failure::WithoutSchema) => Vec::new(),
        Err(failure) => return Err(MigrationError::Unknown(Box::new(failure))),
    };
    let status = known()?.into_iter().map(|migration| {
        let name = migration.name().to_string();
        MigrationStatus {
            applied: applied.contains(&version_of(&name)),
            name,
        }
    });
    Ok(status.collect())
}
