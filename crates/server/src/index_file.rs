//! The search index on disk: a restart restores it and needs only what changed since, also while the store is away.
//!
//! The file is a copy that can be lost: whenever it is missing, damaged or foreign, the index is filled from the store
//! instead. Beside it stands which store it is of, for a start that cannot ask.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_search::{InProcessIndex, SearchSettings};
use domain::hexadecimal;
use ports::{FeedPosition, InteractionStore, InteractionStoreError};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

/// How often a changed index is written.
const PERIOD: Duration = Duration::from_secs(300);

/// Where the index is kept.
#[derive(Debug, Clone)]
pub(crate) struct IndexFile {
    path: PathBuf,
}

/// Tells stores apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogueName(String);

impl CatalogueName {
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn of(store: &dyn InteractionStore) -> Result<Self, InteractionStoreError> {
        // Random, and made with the store: its digest tells stores apart and gives nothing away.
        let key = store.pseudonym_key().await?;
        let digest = Sha256::new_with_prefix("search index of a store")
            .chain_update(key)
            .finalize();
        Ok(Self(hexadecimal(&digest)))
    }
}

impl IndexFile {
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn name_path(&self) -> PathBuf {
        self.path.with_extension("catalogue")
    }

    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Of which store the file was when it was last kept.
    pub(crate) fn remembered(&self) -> Option<CatalogueName> {
        let text = std::fs::read_to_string(self.name_path()).ok()?;
        Some(CatalogueName(text.trim().to_owned()))
    }

    /// The index of the file if it is of that catalogue and can be used.
    pub(crate) async fn restore(
        &self,
        catalogue: &CatalogueName,
        settings: SearchSettings,
    ) -> Option<InProcessIndex> {
        let begun = Instant::now();
        let (file, catalogue) = (self.clone(), catalogue.clone());
        // Reading it is work for seconds in large catalogues.
        let restored = tokio::task::spawn_blocking(move || {
            InProcessIndex::restored(settings, &file.path, &catalogue.0)
        });
        let refused = match restored.await {
            Ok(Ok(index)) => {
                tracing::info!(
                    milliseconds = begun.elapsed().as_millis(),
                    "the index was restored from its file"
                );
                return Some(index);
            }
            Ok(Err(refused)) => refused.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        tracing::warn!(
            path = %self.path.display(),
            reason = refused,
            "the file of the index cannot be used; the index is filled from the store"
        );
        None
    }

    /// Writes the index now unless the file has it, and whenever it has changed, until `stop` turns true, and then a last
    /// time. `written` is where the log goes on after what the file holds, if that can be used.
    pub(crate) async fn keep(
        self,
        catalogue: CatalogueName,
        index: Arc<InProcessIndex>,
        mut written: Option<FeedPosition>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let stopped = *stop.borrow();
            if written != Some(index.position()) {
                written = self.write(&catalogue, &index).await;
            }
            if stopped {
                return;
            }
            let _ = tokio::time::timeout(PERIOD, stop.wait_for(|stopped| *stopped)).await;
        }
    }

    /// Where the log goes on after what was written, unless writing failed.
    async fn write(
        &self,
        catalogue: &CatalogueName,
        index: &Arc<InProcessIndex>,
    ) -> Option<FeedPosition> {
        let (file, catalogue, index) = (self.clone(), catalogue.clone(), Arc::clone(index));
        let written = tokio::task::spawn_blocking(move || {
            let folder = file.path.parent();
            if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            let position = index.save(&file.path, &catalogue.0)?;
            // A name that does not fit the file, after a crash between the two, only makes the file useless.
            if file.remembered().as_ref() != Some(&catalogue) {
                std::fs::write(file.name_path(), &catalogue.0)?;
            }
            Ok::<_, std::io::Error>(position)
        });
        match written.await {
            Ok(Ok(position)) => return Some(position),
            Ok(Err(error)) => {
                tracing::warn!(path = %self.path.display(), %error, "the index cannot be written; the next start takes longer");
            }
            Err(error) => tracing::error!(%error, "writing the index panicked"),
        }
        None
    }
}
