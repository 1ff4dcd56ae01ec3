//! Who archives: one at a time out of a file, whichever process. A lock on the store's own file would be mixed up with those
//! of SQLite, so it is one on an empty file beside it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ports::ArchiveTurn;

use crate::failure::Failure;

/// Ends when the file is closed, however that comes.
pub(super) struct Turn {
    _locked: File,
}

pub(super) fn take(store: &Path) -> Result<Option<Turn>, Failure> {
    let mut path = store.as_os_str().to_owned();
    path.push(".archiving");
    let failed = |error| Failure::Turn(Arc::new(error));
    let file = File::create(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Turn { _locked: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[async_trait]
impl ArchiveTurn for Turn {
    async fn is_held(&mut self) -> bool {
        true
    }
}
