//! A file system of a few megabytes that tests fill up.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::private_postgres::give_away;
use crate::supervised::{is_root, run};

/// Unmounted when it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one in memory, which the user of the servers may use.
    ///
    /// # Panics
    /// When this process may not mount, and may not run `sudo` either.
    pub fn mount(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let owner = std::fs::metadata(folder.path()).expect("is there").uid();
        let options = format!("size={megabytes}m,mode=0755,uid={owner}");
        let place = folder.path().to_str().expect("UTF-8").to_owned();
        as_root(
            &folder,
            &["mount", "-t", "tmpfs", "-o", &options, "tmpfs", &place],
        );
        give_away(folder.path());
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }

    /// Leaves no room at all.
    ///
    /// # Panics
    /// When there seems to be room without end.
    pub fn fill(&self) {
        let mut filler = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.filler())
            .expect("the folder is ours");
        for size in [64 * 1024, 1] {
            let block = vec![0; size];
            let blocks = (0..1_000_000).take_while(|_| filler.write_all(&block).is_ok());
            assert!(blocks.count() < 1_000_000, "the disk is not small");
        }
    }

    /// Gives back the room that [`Self::fill`] took.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let place = self.folder.path().to_str().expect("UTF-8").to_owned();
        // Also while a program still has files there: it goes when that program ends.
        as_root(&self.folder, &["umount", "--lazy", &place]);
    }
}

fn as_root(folder: &TempDir, line: &[&str]) {
    let line = [if is_root() { &[][..] } else { &["sudo", "-n"] }, line].concat();
    run(
        None,
        folder.path().parent().expect("a parent"),
        line[0],
        &line[1..],
    );
}
