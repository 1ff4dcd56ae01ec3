//! Opening the file: whose it is, its settings, its schema.

use std::io::Read as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use rand::TryRngCore as _;

use crate::OpenError;
use crate::schema::store_secrets;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// `SchA`: marks the file as this program's.
const APPLICATION_ID: i32 = 0x5363_6841;
/// Raised only when older versions of this program could not use the file any more; migrations alone do not raise it.
const FORMAT: i32 = 1;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

pub(crate) const PSEUDONYM_KEY: &str = "pseudonym_key";

/// Milliseconds for which a statement waits for another process.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// Opens the file for writing, makes it when it is not there, and brings its schema up to date.
pub(crate) fn open_for_writing(path: &Path) -> Result<SqliteConnection, OpenError> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    check_magic(path)?;
    let mut connection = establish(path)?;
    let failed = |source| OpenError::of_query(path, source);
    connection.batch_execute(BUSY_TIMEOUT).map_err(failed)?;
    check_ownership(path, &mut connection)?;
    let mode = diesel::sql_query("PRAGMA journal_mode = WAL")
        .get_result::<JournalMode>(&mut connection)
        .map_err(failed)?
        .journal_mode;
    if mode != "wal" {
        return Err(OpenError::JournalMode {
            path: path.to_owned(),
            mode,
        });
    }
    for pragma in [
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA journal_size_limit = 67108864",
        "PRAGMA cache_size = -16384",
    ] {
        connection.batch_execute(pragma).map_err(failed)?;
    }
    migrate(path, &mut connection)?;
    Ok(connection)
}

/// Opens a connection that reads the file, after [`open_for_writing`] has. Its page cache stays at the 2 MB that SQLite takes by itself: what
/// is read often is in memory above the store, and larger caches fill within hours with pages that nobody asks for again.
pub(crate) fn open_for_reading(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut connection = establish(path)?;
    for pragma in [BUSY_TIMEOUT, "PRAGMA query_only = ON"] {
        connection
            .batch_execute(pragma)
            .map_err(|source| OpenError::of_query(path, source))?;
    }
    Ok(connection)
}

/// The full name of a migration, unless this version of the program does not know it.
pub(crate) fn migration_name(version: &str) -> Option<String> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().ok()?;
    known
        .iter()
        .map(|migration| migration.name())
        .find(|name| name.version().to_string() == version)
        .map(ToString::to_string)
}

fn establish(path: &Path) -> Result<SqliteConnection, OpenError> {
    // SQLite takes `file:...` and `:memory:` for something else than paths; a leading dot stops it.
    let plain = if path.is_absolute() {
        path.to_owned()
    } else {
        Path::new(".").join(path)
    };
    let text = plain.to_str().ok_or_else(|| OpenError::PathNotUtf8 {
        path: path.to_owned(),
    })?;
    SqliteConnection::establish(text).map_err(|source| OpenError::Connection {
        path: path.to_owned(),
        source,
    })
}

/// Refuses what is no database before SQLite touches it.
fn check_magic(path: &Path) -> Result<(), OpenError> {
    let inaccessible = |source| OpenError::Inaccessible {
        path: path.to_owned(),
        source,
    };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(inaccessible(error)),
    };
    let mut head = Vec::with_capacity(MAGIC.len());
    file.take(MAGIC.len() as u64)
        .read_to_end(&mut head)
        .map_err(inaccessible)?;
    if head.is_empty() || head == MAGIC {
        Ok(())
    } else {
        Err(OpenError::NotADatabase {
            path: path.to_owned(),
        })
    }
}

/// The file must be ours, or empty.
fn check_ownership(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let head = diesel::sql_query(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) AS objects \
         FROM pragma_application_id, pragma_user_version",
    )
    .get_result::<Head>(connection)
    .map_err(|source| OpenError::of_query(path, source))?;
    let fresh = head.application_id == 0 && head.objects == 0;
    if head.application_id != APPLICATION_ID && !fresh {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
            application_id: head.application_id,
        });
    }
    if head.user_version > FORMAT {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: head.user_version,
            known: FORMAT,
        });
    }
    Ok(())
}

/// Everything in one transaction: a file is either empty or complete, and of two processes that open it one migrates.
fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mut key = vec![0; 32];
    rand::rngs::OsRng
        .try_fill_bytes(&mut key)
        .map_err(OpenError::Randomness)?;
    let outcome = connection.immediate_transaction(|connection| {
        check_ownership(path, connection)?;
        connection
            .run_pending_migrations(MIGRATIONS)
            .map_err(|source| OpenError::Migration {
                path: path.to_owned(),
                source,
            })?;
        connection.batch_execute(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
        ))?;
        diesel::insert_or_ignore_into(store_secrets::table)
            .values((
                store_secrets::name.eq(PSEUDONYM_KEY),
                store_secrets::value.eq(key),
            ))
            .execute(connection)?;
        Ok::<_, SetUpError>(())
    });
    outcome.map_err(|error| match error {
        SetUpError::Open(error) => error,
        SetUpError::Query(source) => OpenError::of_query(path, source),
    })
}

enum SetUpError {
    Open(OpenError),
    Query(diesel::result::Error),
}

impl From<OpenError> for SetUpError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<diesel::result::Error> for SetUpError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(error)
    }
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Integer)]
    application_id: i32,
    #[diesel(sql_type = Integer)]
    user_version: i32,
    #[diesel(sql_type = BigInt)]
    objects: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_can_be_taken_back_and_applied_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connection = open_for_writing(&folder.path().join("x.db")).expect("opens");
        let objects = |connection: &mut SqliteConnection| {
            diesel::sql_query(
                "SELECT group_concat(sql ORDER BY name) AS journal_mode FROM sqlite_schema WHERE tbl_name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
            )
            .get_result::<MaybeText>(connection)
            .expect("a row")
            .journal_mode
        };
        let before = objects(&mut connection);
        assert!(before.is_some());
        connection
            .revert_all_migrations(MIGRATIONS)
            .expect("reverts");
        assert_eq!(objects(&mut connection), None);
        connection
            .run_pending_migrations(MIGRATIONS)
            .expect("applies");
        assert_eq!(objects(&mut connection), before);
    }

    #[derive(QueryableByName)]
    struct MaybeText {
        #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
        journal_mode: Option<String>,
    }
}
