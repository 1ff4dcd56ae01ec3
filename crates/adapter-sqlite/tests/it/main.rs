//! The embedded store: the contracts of its ports, and what happens when disk, process or neighbours misbehave.

mod auditing;
mod contract;
mod damaged_files;
mod durability;
mod opening;
mod sharing;

use std::path::{Path, PathBuf};

use adapter_sqlite::{OpenError, SqliteSettings, SqliteStore};
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::sqlite::SqliteConnection;
use domain::{ScholarshipContent, ScholarshipId, Timestamp};
use tempfile::TempDir;

fn now() -> Timestamp {
    testkit::instant("2026-11-23T12:00:00Z")
}

fn id(text: &str) -> ScholarshipId {
    ScholarshipId::parse(text).expect("an identifier")
}

fn named(name: &str) -> ScholarshipContent {
    testkit::scholarship(name).content()
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    (folder, path)
}

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(SqliteSettings::at(path))
}

/// The file without the store around it, as another program sees it.
fn bare(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
    // A store that was dropped just now may still be closing.
    let patient = connection.batch_execute("PRAGMA busy_timeout = 5000");
    patient.expect("is set");
    connection
}

fn execute(path: &Path, statements: &str) {
    bare(path).batch_execute(statements).expect("is executed");
}

/// The error and all its causes.
fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
