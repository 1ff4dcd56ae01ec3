//! The store as one value: the writing thread and the reading connections.

use std::path::Path;
use std::sync::Arc;

use crate::readers::Readers;
use crate::writer::Writer;
use crate::{OpenError, SqliteSettings};

/// Catalogue, change log, interactions and counts in one SQLite file. Clones share it.
///
/// Several processes may have the file open; each sees the others' commits.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) writer: Arc<Writer>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) path: Arc<Path>,
}

impl SqliteStore {
    /// Opens the file, makes it and its folders when they are not there, and brings its schema up to date. Blocks.
    ///
    /// # Errors
    /// [`OpenError`] says what a person can do about it.
    pub fn open(settings: SqliteSettings) -> Result<Self, OpenError> {
        let fits =
            (1..=64).contains(&settings.readers) && (1..=65_536).contains(&settings.write_queue);
        if !fits {
            return Err(OpenError::Settings);
        }
        Ok(Self {
            writer: Arc::new(Writer::start(&settings.path, settings.write_queue)?),
            readers: Arc::new(Readers::open(&settings.path, settings.readers)?),
            path: settings.path.into(),
        })
    }

    /// Settles the writes that wait, writes the log back into the file and closes it, for all clones. Later calls fail.
    ///
    /// Without it nothing is lost: the next start reads the log.
    pub async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SqliteStore")
            .finish_non_exhaustive()
    }
}
