//! Why a file could not be opened as the store, said so that a person can act.

use std::path::{Path, PathBuf};

use diesel::result::{ConnectionError, Error as QueryError};

/// The file cannot serve as the store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: the folder cannot be made", path = .path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: the file cannot be read", path = .path.display())]
    Inaccessible {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: the path is not UTF-8", path = .path.display())]
    PathNotUtf8 { path: PathBuf },
    #[error("{path}: not an SQLite database; move it away, or name another file", path = .path.display())]
    NotADatabase { path: PathBuf },
    #[error("{path}: an SQLite database of another program (application id {application_id}); name another file", path = .path.display())]
    Foreign { path: PathBuf, application_id: i32 },
    #[error("{path}: written in format {found} by a newer version of this program, which knows formats up to {known}", path = .path.display())]
    Newer {
        path: PathBuf,
        found: i32,
        known: i32,
    },
    #[error("{path}: the database is damaged; restore it from a backup, or move it away to start empty", path = .path.display())]
    Corrupt {
        path: PathBuf,
        #[source]
        source: QueryError,
    },
    #[error("{path}: the file or its folder may not be written", path = .path.display())]
    NotWritable {
        path: PathBuf,
        #[source]
        source: QueryError,
    },
    #[error("{path}: another process holds the database locked", path = .path.display())]
    Locked {
        path: PathBuf,
        #[source]
        source: QueryError,
    },
    #[error("{path}: the disk is full", path = .path.display())]
    DiskFull {
        path: PathBuf,
        #[source]
        source: QueryError,
    },
    #[error("{path}: the journal stays in mode {mode}, the store needs wal; is the file on a network drive?", path = .path.display())]
    JournalMode { path: PathBuf, mode: String },
    #[error("{path}: the schema could not be brought up to date", path = .path.display())]
    Migration {
        path: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{path}: SQLite cannot open the file", path = .path.display())]
    Connection {
        path: PathBuf,
        #[source]
        source: ConnectionError,
    },
    #[error("{path}: SQLite refused to set the file up", path = .path.display())]
    Database {
        path: PathBuf,
        #[source]
        source: QueryError,
    },
    #[error("no random bytes from the operating system")]
    Randomness(#[source] rand::rand_core::OsError),
    #[error("the writing thread cannot be started")]
    Thread(#[source] std::io::Error),
    #[error("readers must be 1 to 64, and write_queue 1 to 65,536")]
    Settings,
}

impl OpenError {
    /// Diesel passes SQLite's result code on as its text only; the texts are part of SQLite's stable interface.
    pub(crate) fn of_query(path: &Path, source: QueryError) -> Self {
        let path = path.to_owned();
        let text = source.to_string();
        let says = |part: &str| text.contains(part);
        if says("is not a database") {
            Self::NotADatabase { path }
        } else if says("is malformed") {
            Self::Corrupt { path, source }
        } else if says("readonly") || says("unable to open") {
            Self::NotWritable { path, source }
        } else if says("is locked") {
            Self::Locked { path, source }
        } else if says("is full") {
            Self::DiskFull { path, source }
        } else {
            Self::Database { path, source }
        }
    }
}
