//! The use case: a whole input into the store.

use std::sync::Arc;

use ports::{Actor, Clock, ScholarshipStore, StoreError};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::format::ImportFormat;
use super::record_reader::RecordReader;
use super::report::ImportReport;
use super::session::ImportSession;

const CHUNK_BYTES: usize = 64 << 10;

/// Why an import stopped before its input's end. What was written before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the input cannot be read")]
    Read(#[source] std::io::Error),
    #[error("the records cannot be written")]
    Store(#[from] StoreError),
}

/// How one input is to be imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    pub format: ImportFormat,
    /// A hint where the format is to be found out.
    pub file_name: Option<String>,
    /// Says what would happen and writes nothing.
    pub dry_run: bool,
}

/// Reads inputs of every [`ImportFormat`] into a store.
pub struct Importer {
    store: Arc<dyn ScholarshipStore>,
    actor: Actor,
}

impl Importer {
    /// Writes on behalf of `actor`.
    pub fn new(store: Arc<dyn ScholarshipStore>, actor: Actor) -> Self {
        Self { store, actor }
    }

    /// Imports `source` to its end; after each chunk `progress` hears the bytes read and the sum so far. Each batch bears the
    /// time at which it is written: a consumer that asks for changes while a long import runs, and again from then on, misses
    /// none.
    ///
    /// # Errors
    /// [`ImportError`]; records that cannot be used are no error but part of the report.
    pub async fn run<R: AsyncRead + Unpin + Send>(
        &self,
        mut source: R,
        options: ImportOptions,
        clock: &dyn Clock,
        mut progress: impl FnMut(u64, &ImportReport) + Send,
    ) -> Result<ImportReport, ImportError> {
        let mut reader = RecordReader::new(options.format);
        if let Some(name) = &options.file_name {
            reader = reader.with_file_name(name);
        }
        let actor = self.actor.clone();
        let mut session = ImportSession::new(Arc::clone(&self.store), actor, options.dry_run);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut bytes = 0;
        while !reader.has_stopped() {
            let length = source.read(&mut chunk).await.map_err(ImportError::Read)?;
            if length == 0 {
                break;
            }
            bytes += u64::try_from(length).unwrap_or(0);
            session
                .accept(reader.push(&chunk[..length]), clock.now())
                .await?;
            progress(bytes, session.report());
        }
        session.accept(reader.finish(), clock.now()).await?;
        let (_, report) = session.finish(clock.now()).await?;
        progress(bytes, &report);
        Ok(report)
    }
}
