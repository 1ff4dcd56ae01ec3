//! The search index on disk, beside the store: a restart restores it and needs only what changed since.
//!
//! The file is a copy that can be lost: whenever it is missing, damaged, foreign or ahead of the store, the index is filled
//! from the store instead.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_search::{InProcessIndex, SearchSettings};
use adapter_sqlite::SqliteStore;
use ports::{FeedPosition, InteractionStore, ScholarshipStore};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::startup::StartError;

/// How often a changed index is written.
const PERIOD: Duration = Duration::from_secs(300);

/// Where the index of one store is kept.
#[derive(Clone)]
pub(crate) struct IndexFile {
    path: PathBuf,
    /// Tells stores apart.
    catalogue: String,
}

/// An index, and where the log goes on if it was restored.
pub(crate) struct Opened {
    pub(crate) index: Arc<InProcessIndex>,
    pub(crate) restored: Option<FeedPosition>,
}

impl IndexFile {
    /// # Errors
    /// When the store cannot be asked which one it is.
    pub(crate) async fn of(store: &SqliteStore, database: &Path) -> Result<Self, StartError> {
        // Random, and made with the store: its digest tells stores apart and gives nothing away.
        let key = store.pseudonym_key().await?;
        let digest = Sha256::new_with_prefix("search index of a store")
            .chain_update(key)
            .finalize();
        let mut path = database.as_os_str().to_owned();
        path.push(".index");
        Ok(Self {
            path: path.into(),
            catalogue: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The index of the file if it can be used, else an empty one.
    ///
    /// # Errors
    /// When the store cannot be asked how far its log goes.
    pub(crate) async fn open(
        &self,
        store: &SqliteStore,
        settings: SearchSettings,
    ) -> Result<Opened, StartError> {
        let head = store.head().await?;
        let begun = Instant::now();
        let file = self.clone();
        let for_restoring = settings.clone();
        // Reading it is work for seconds in large catalogues.
        let restored = tokio::task::spawn_blocking(move || {
            InProcessIndex::restored(for_restoring, &file.path, &file.catalogue)
        });
        let refused = match restored.await {
            Ok(Ok(index)) => {
                let position = index.position();
                if position <= head {
                    tracing::info!(
                        milliseconds = begun.elapsed().as_millis(),
                        "the index was restored from its file"
                    );
                    return Ok(Opened {
                        index: Arc::new(index),
                        restored: Some(position),
                    });
                }
                "it is ahead of the store, which was put back to an earlier state".to_owned()
            }
            Ok(Err(refused)) => refused.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        if self.path.exists() {
            tracing::warn!(
                path = %self.path.display(),
                reason = refused,
                "the file of the index cannot be used; the index is filled from the store"
            );
        }
        Ok(Opened {
            index: Arc::new(InProcessIndex::new(settings)),
            restored: None,
        })
    }

    /// Writes the index now unless the file has it, and whenever it has changed, until `stop` turns true, and then a last
    /// time. `written` is where the log goes on after what the file holds, if that can be used.
    pub(crate) async fn keep(
        self,
        index: Arc<InProcessIndex>,
        mut written: Option<FeedPosition>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let stopped = *stop.borrow();
            if written != Some(index.position()) {
                written = self.write(&index).await;
            }
            if stopped {
                return;
            }
            let _ = tokio::time::timeout(PERIOD, stop.wait_for(|stopped| *stopped)).await;
        }
    }

    /// Where the log goes on after what was written, unless writing failed.
    async fn write(&self, index: &Arc<InProcessIndex>) -> Option<FeedPosition> {
        let (file, index) = (self.clone(), Arc::clone(index));
        let written =
            tokio::task::spawn_blocking(move || index.save(&file.path, &file.catalogue)).await;
        match written {
            Ok(Ok(position)) => return Some(position),
            Ok(Err(error)) => {
                tracing::warn!(path = %self.path.display(), %error, "the index cannot be written; the next start takes longer");
            }
            Err(error) => tracing::error!(%error, "writing the index panicked"),
        }
        None
    }
}
