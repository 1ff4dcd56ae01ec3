//! The steps that make the schema, and running them: one process at a time, whoever else tries.

mod description;
mod status;
mod verifying;

use std::time::Duration;

use diesel::migration::{Migration, MigrationSource as _, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{
    AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use tokio::time::{Instant, sleep};

pub use status::{MigrationStatus, status};
pub use verifying::Difference;

use crate::own_session::connect_alone;
use crate::{PostgresSettings, SessionError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number that nothing else takes for its own: `scholar` in ASCII.
const LOCK: i64 = 0x73_6368_6f6c_6172;
/// Between two tries for the lock. Waiting inside Postgres would hold a snapshot, for which the other one's
/// `CREATE INDEX CONCURRENTLY` waits in turn.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// For steps that set no limits of their own. What waits for a lock on a table holds up everybody behind it.
const LIMITS: &str = "SET lock_timeout = '2s'; SET statement_timeout = '15min'";

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("another process migrates this database; it did not finish in {0:?}")]
    Locked(Duration),
    #[error("Postgres refused")]
    Database(#[from] diesel::result::Error),
    #[error("which migrations the database has cannot be read")]
    Unknown(#[source] Cause),
    #[error("the migration was not made")]
    Migration(#[source] Cause),
    #[error("no database to compare with can be made; the role needs it: ALTER ROLE .. CREATEDB")]
    Reference(#[source] diesel::result::Error),
}

/// A connection that holds the lock on the schema. Dropping it gives the lock back.
pub struct Migrator {
    connection: AsyncPgConnection,
}

/// The full name of a migration, unless this version of the program does not know it.
pub(crate) fn name(version: &str) -> Option<String> {
    known()
        .ok()?
        .into_iter()
        .map(|migration| migration.name().to_string())
        .find(|name| version_of(name) == version)
}

/// The names of the migrations that `is_applied` denies by their versions, oldest first.
pub(crate) fn missing(is_applied: impl Fn(&str) -> bool) -> Result<Vec<String>, MigrationError> {
    let names = known()?.into_iter().map(|one| one.name().to_string());
    Ok(names
        .filter(|name| !is_applied(&version_of(name)))
        .collect())
}

/// As the table of migrations keeps it.
fn version_of(name: &str) -> String {
    let digits = name.split('_').next().unwrap_or("");
    digits.replace('-', "")
}

fn known() -> Result<Vec<Box<dyn Migration<Pg>>>, MigrationError> {
    let mut known: Vec<Box<dyn Migration<Pg>>> =
        MIGRATIONS.migrations().map_err(MigrationError::Migration)?;
    known.sort_by_key(|migration| migration.name().to_string());
    Ok(known)
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

impl Migrator {
    /// Connects, and waits at most `patience` until nobody else migrates this database.
    ///
    /// # Errors
    /// [`MigrationError::Locked`] when others took longer.
    pub async fn connect(
        settings: &PostgresSettings,
        patience: Duration,
    ) -> Result<Self, MigrationError> {
        let mut connection = connect_alone(settings).await?;
        let deadline = Instant::now() + patience;
        loop {
            let answer = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS yes")
                .bind::<BigInt, _>(LOCK)
                .get_result::<Answer>(&mut connection)
                .await?;
            if answer.yes {
                connection.batch_execute(LIMITS).await?;
                return Ok(Self { connection });
            }
            if Instant::now() >= deadline {
                return Err(MigrationError::Locked(patience));
            }
            sleep(TRY_EVERY).await;
        }
    }

    /// Applies every step that is missing, and answers the versions of those.
    ///
    /// # Errors
    /// [`MigrationError::Migration`]; the steps before the one that failed are made.
    pub async fn up(self) -> Result<(Self, Vec<String>), MigrationError> {
        self.with_harness(|harness| Ok(texts(harness.run_pending_migrations(MIGRATIONS)?)))
            .await
    }

    /// Takes back the newest `steps` steps, and answers their versions.
    ///
    /// # Errors
    /// [`MigrationError::Migration`]; the steps before the one that failed are taken back.
    pub async fn down(self, steps: usize) -> Result<(Self, Vec<String>), MigrationError> {
        self.with_harness(move |harness| {
            let there = harness.applied_migrations()?.len();
            let versions: Result<Vec<_>, Cause> = (0..steps.min(there))
                .map(|_| harness.revert_last_migration(MIGRATIONS))
                .collect();
            Ok(texts(versions?))
        })
        .await
    }

    /// How many rows a table holds; none when there is no such table.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn rows(&mut self, table: &str) -> Result<u64, MigrationError> {
        let there = diesel::sql_query("SELECT to_regclass(quote_ident($1)) IS NOT NULL AS yes")
            .bind::<diesel::sql_types::Text, _>(table)
            .get_result::<Answer>(&mut self.connection)
            .await?;
        if !there.yes {
            return Ok(0);
        }
        let quoted = table.replace('"', "\"\"");
        let counted = diesel::sql_query(format!("SELECT count(*) AS rows FROM \"{quoted}\""))
            .get_result::<Rows>(&mut self.connection)
            .await?;
        Ok(u64::try_from(counted.rows).unwrap_or(0))
    }

    /// Diesel's migrations block: they get a thread for that.
    async fn with_harness<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> Result<T, Cause>
        + Send
        + 'static,
    ) -> Result<(Self, T), MigrationError> {
        let mut harness = AsyncMigrationHarness::new(self.connection);
        let task = tokio::task::spawn_blocking(move || {
            let outcome = work(&mut harness);
            (harness, outcome)
        });
        let (harness, outcome) = task
            .await
            .map_err(|error| MigrationError::Migration(Box::new(error)))?;
        let value = outcome.map_err(MigrationError::Migration)?;
        let connection = harness.into_inner();
        Ok((Self { connection }, value))
    }
}

fn texts(versions: Vec<MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_migration_is_found_by_its_version() {
        for migration in known().expect("are embedded") {
            let version = migration.name().version().to_string();
            assert_eq!(name(&version), Some(migration.name().to_string()));
        }
    }
}
