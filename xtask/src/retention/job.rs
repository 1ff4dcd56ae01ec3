//! The job itself: finish what an earlier run began, export, and remove exactly what was exported.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::Timestamp;
use ports::{ArchiveTurn, InteractionArchive, KeptInteraction};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::archive_file::{ArchiveWriter, read_archive};
use super::archive_folder::ArchiveFolder;

/// Rows of one query or one transaction.
const BATCH: usize = 1_000;
/// Between two transactions, so that interactions of now get their turn.
const PAUSE: Duration = Duration::from_millis(20);
/// A run that was killed gives its turn back a moment later.
const TURN_WITHIN: Duration = Duration::from_secs(5);
const TURN_CHECK: Duration = Duration::from_millis(100);
const TURN_LOST: &str =
    "the connection that keeps other runs out was lost; run the command again with this folder";

pub(super) struct Job {
    pub(super) archive: Arc<dyn InteractionArchive>,
    /// Which store it is.
    pub(super) store: String,
    pub(super) until: Timestamp,
}

/// What became of one file.
pub(super) struct Outcome {
    pub(super) file: PathBuf,
    pub(super) exported: u64,
    pub(super) removed: u64,
}

impl Job {
    pub(super) async fn count(&self) -> anyhow::Result<u64> {
        let mut rows = 0;
        self.each_page(|page| {
            rows += page.len() as u64;
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    pub(super) async fn run(&self, folder: &Path) -> anyhow::Result<Vec<Outcome>> {
        let folder = ArchiveFolder::open(folder)?;
        let mut turn = self.turn().await?;
        let mut outcomes = Vec::new();
        for pending in folder.pending()? {
            println!("finishing {} ..", pending.display());
            outcomes.push(self.remove(&folder, &pending, &mut *turn).await?);
        }
        if let Some(pending) = self.export(&folder, &mut *turn).await? {
            outcomes.push(self.remove(&folder, &pending, &mut *turn).await?);
        }
        Ok(outcomes)
    }

    /// Of all runs on this store, whatever their folders.
    async fn turn(&self) -> anyhow::Result<Box<dyn ArchiveTurn>> {
        let begun = Instant::now();
        loop {
            if let Some(turn) = self.archive.take_turn().await? {
                return Ok(turn);
            }
            ensure!(
                begun.elapsed() < TURN_WITHIN,
                "another run works on this store, in another folder; wait for its end"
            );
            sleep(TURN_CHECK).await;
        }
    }

    /// Where everything old is now, if there was anything.
    async fn export(
        &self,
        folder: &ArchiveFolder,
        turn: &mut dyn ArchiveTurn,
    ) -> anyhow::Result<Option<PathBuf>> {
        let file = folder.unfinished(self.until)?;
        let mut writer = ArchiveWriter::create(&file, &self.store, self.until)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        self.each_page(|page| page.iter().try_for_each(|kept| writer.add(kept)))
            .await
            .with_context(|| format!("{} cannot be written", file.display()))?;
        if writer.finish()? == 0 {
            std::fs::remove_file(file)?;
            return Ok(None);
        }
        ensure!(turn.is_held().await, TURN_LOST);
        folder.is_whole(&file).map(Some)
    }

    async fn each_page(
        &self,
        mut take: impl FnMut(&[KeptInteraction]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let page = self.archive.older_than(self.until, after, BATCH).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.place());
            take(&page)?;
        }
    }

    async fn remove(
        &self,
        folder: &ArchiveFolder,
        pending: &Path,
        turn: &mut dyn ArchiveTurn,
    ) -> anyhow::Result<Outcome> {
        let damaged = || {
            format!(
                "{} cannot be read back, and nothing of it was removed; move it away to export anew",
                pending.display()
            )
        };
        // Through to its end once, before anything is removed.
        let exported =
            read_archive(pending, &self.store, BATCH, |_| Ok(())).with_context(damaged)?;
        let (send, mut batches) = mpsc::channel(1);
        let (path, store) = (pending.to_owned(), self.store.clone());
        let reading = tokio::task::spawn_blocking(move || {
            read_archive(&path, &store, BATCH, |batch| Ok(send.blocking_send(batch)?))
        });
        let mut removed = 0;
        while let Some(batch) = batches.recv().await {
            ensure!(turn.is_held().await, TURN_LOST);
            removed += self
                .archive
                .remove(&batch)
                .await
                .context("the file is whole; run the command again to go on with removing")?;
            sleep(PAUSE).await;
        }
        reading.await??;
        Ok(Outcome {
            file: folder.is_done(pending)?,
            exported,
            removed,
        })
    }
}
