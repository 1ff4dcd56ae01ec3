//! Whether the path still leads to the file that is open.
//!
//! A file that was deleted or replaced stays open and takes writes, which are gone with the process: nothing may be
//! acknowledged then.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A path and what it led to when the file was opened. As long as the file is open, its number is not given to another.
#[derive(Debug)]
pub(crate) struct PlacedFile {
    path: PathBuf,
    identity: (u64, u64),
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl PlacedFile {
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(path)?,
        })
    }

    /// # Errors
    /// [`Failure::Displaced`] when the path leads elsewhere, or nowhere.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match identity(&self.path) {
            Ok(found) if found == self.identity => Ok(()),
            _ => Err(Failure::Displaced),
        }
    }
}
