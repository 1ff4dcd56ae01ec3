//! The folder of the files, and how far each of them is: a file's ending says what a run that was cut off has done.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use domain::Timestamp;

/// Being written. Nothing of it has been removed from the store.
const UNFINISHED: &str = ".unfinished";
/// Whole and on the disk. Its rows are being removed from the store.
const PENDING: &str = ".pending";
const LOCK: &str = "lock";

pub(super) struct ArchiveFolder {
    path: PathBuf,
    /// Held until the end: two runs would export the same rows.
    _lock: File,
}

impl ArchiveFolder {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        let lock = File::create(path.join(LOCK))
            .with_context(|| format!("{} cannot be written to", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(std::fs::TryLockError::WouldBlock) => {
                bail!("another run works in {}; wait for its end", path.display())
            }
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where the export of this instant is written, after what earlier ones began is cleared away.
    pub(super) fn unfinished(&self, until: Timestamp) -> anyhow::Result<PathBuf> {
        for left in self.ending(UNFINISHED)? {
            std::fs::remove_file(left)?;
        }
        let name = format!(
            "interactions-{}.ndjson.gz{UNFINISHED}",
            until.format("%Y%m%dT%H%M%S%.6fZ")
        );
        Ok(self.path.join(name))
    }

    /// Whole files whose rows may still be in the store.
    pub(super) fn pending(&self) -> anyhow::Result<Vec<PathBuf>> {
        self.ending(PENDING)
    }

    /// Says durably that a file is whole.
    pub(super) fn is_whole(&self, unfinished: &Path) -> anyhow::Result<PathBuf> {
        self.renamed(unfinished, UNFINISHED, PENDING)
    }

    /// Says durably that nothing of a file is in the store any more.
    pub(super) fn is_done(&self, pending: &Path) -> anyhow::Result<PathBuf> {
        self.renamed(pending, PENDING, "")
    }

    fn renamed(&self, file: &Path, from: &str, to: &str) -> anyhow::Result<PathBuf> {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.context("a file has a name")?;
        let name = name.strip_suffix(from).unwrap_or(&name).to_owned() + to;
        let renamed = self.path.join(name);
        std::fs::rename(file, &renamed)?;
        File::open(&self.path)?.sync_all()?;
        Ok(renamed)
    }

    fn ending(&self, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(ending) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }
}
