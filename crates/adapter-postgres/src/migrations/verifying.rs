//! Whether the database has the schema that the migrations make, and the one that this program was compiled for.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel_async::RunQueryDsl;

use super::description::{columns_on_conn, declared_columns, describe_on_conn};
use super::{MigrationError, Migrator};
use crate::PostgresSettings;

/// A new database has nobody who could hold its lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// One way in which a schema is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The migrations make it, and the database has it not.
    Missing(String),
    /// The database has it, and no migration makes it.
    Unexpected(String),
    /// The database has such a column, and `schema.rs` has not.
    Undeclared(String),
    /// `schema.rs` has such a column, and the database has not.
    DeclaredOnly(String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(line) => write!(formatter, "missing: {line}"),
            Self::Unexpected(line) => write!(formatter, "made by no migration: {line}"),
            Self::Undeclared(line) => write!(formatter, "not in schema.rs: {line}"),
            Self::DeclaredOnly(line) => write!(formatter, "in schema.rs only: {line}"),
        }
    }
}

impl Migrator {
    /// Compares this database with a new one that all migrations have made beside it, and with `schema.rs`. The new one is
    /// removed again. The role needs `CREATEDB`.
    ///
    /// # Errors
    /// [`MigrationError::Reference`] when the new database cannot be made.
    pub async fn verify(
        mut self,
        settings: &PostgresSettings,
    ) -> Result<(Self, Vec<Difference>), MigrationError> {
        let name = format!("scholarship_verify_{:016x}", rand::random::<u64>());
        diesel::sql_query(format!("CREATE DATABASE {name} TEMPLATE template0"))
            .execute(&mut self.connection)
            .await
            .map_err(MigrationError::Reference)?;
        let expected = schema_of_new(&settings.with_database(&name)).await;
        let removed = diesel::sql_query(format!("DROP DATABASE {name} WITH (FORCE)"))
            .execute(&mut self.connection)
            .await;
        let expected = expected?;
        removed?;
        let present = describe_on_conn(&mut self.connection).await?;
        let columns = columns_on_conn(&mut self.connection).await?;
        let declared = declared_columns();
        let only_in =
            |left: &BTreeSet<String>, right: &BTreeSet<String>, of: fn(String) -> Difference| {
                left.difference(right).cloned().map(of).collect::<Vec<_>>()
            };
        let mut differences = only_in(&expected, &present, Difference::Missing);
        differences.extend(only_in(&present, &expected, Difference::Unexpected));
        differences.extend(only_in(&columns, &declared, Difference::Undeclared));
        differences.extend(only_in(&declared, &columns, Difference::DeclaredOnly));
        Ok((self, differences))
    }
}

async fn schema_of_new(settings: &PostgresSettings) -> Result<BTreeSet<String>, MigrationError> {
    let migrator = Migrator::connect(settings, PATIENCE).await?;
    let (mut migrator, _) = migrator.up().await?;
    Ok(describe_on_conn(&mut migrator.connection).await?)
}
