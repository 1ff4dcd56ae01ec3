//! A file that is being written beside the one whose place it takes. Several processes may do so for the same place at once:
//! each writes a file of its own, and the last complete one stays.

use std::fs::{File, OpenOptions, read_dir, remove_file, rename};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Result;
use std::path::{Path, PathBuf};

const ENDING: &str = "unfinished";

/// Removed when it is dropped before it took its place. Locked as long as it is written: what is not locked was left behind.
pub(super) struct Unfinished {
    pub(super) file: File,
    path: Option<PathBuf>,
}

impl Unfinished {
    /// Begins an empty file for the place, and clears away what ended processes left there.
    ///
    /// # Errors
    /// No file can be made in that folder.
    pub(super) fn beside(place: &Path) -> Result<Self> {
        clear_away(place);
        loop {
            // No name comes twice: who clears away removes by name what it has looked at a moment ago.
            let number = RandomState::new().build_hasher().finish();
            let path = place.with_extension(format!("{number:016x}.{ENDING}"));
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)?;
            let unfinished = Self {
                file,
                path: Some(path.clone()),
            };
            unfinished.file.lock()?;
            // Before it was locked, somebody else may have cleared it away.
            if path.exists() {
                return Ok(unfinished);
            }
        }
    }

    /// Gives the file its place; it must be on the disk.
    ///
    /// # Errors
    /// What is in that place cannot be replaced. It stays, and this file goes.
    pub(super) fn finish(mut self, place: &Path) -> Result<()> {
        if let Some(path) = &self.path {
            rename(path, place)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Else a full disk would stay full. Should it not be possible either, the next one clears it away.
        if let Some(path) = &self.path {
            let _ = remove_file(path);
        }
    }
}

/// What cannot be looked at or removed stays.
fn clear_away(place: &Path) {
    let folder = place
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = read_dir(folder.unwrap_or(Path::new("."))) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_unfinished = path.extension().is_some_and(|ending| ending == ENDING);
        let of = path.file_stem().map(Path::new).and_then(Path::file_stem);
        if !is_unfinished || of != place.file_stem() {
            continue;
        }
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            let _ = remove_file(&path);
        }
    }
}
