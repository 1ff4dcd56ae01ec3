//! Files that hold pseudonyms, or the key that makes them: nobody but their owner may read them.

use std::fs::{File, OpenOptions, remove_file};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

/// One of an earlier attempt is replaced, with whatever permissions it had.
pub(crate) fn new_private_file(path: &Path) -> anyhow::Result<File> {
    let unwritable = || format!("{} cannot be written", path.display());
    if path.exists() {
        remove_file(path).with_context(unwritable)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).with_context(unwritable)
}
