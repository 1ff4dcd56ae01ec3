//! A limit of memory for one process: a control group of the kernel, of version 2 or 1, as containers have them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

const ROOT: &str = "/sys/fs/cgroup";

/// Taken away when it is dropped; the processes in it must have ended.
#[derive(Debug)]
pub(crate) struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// # Errors
    ///
    /// Where no control group can be made, which takes root and a kernel that lets it.
    pub(crate) fn new(bytes: u64) -> anyhow::Result<Self> {
        Self::make(bytes).context(
            "this needs a limit of memory, which takes a control group: run it as root, or leave it out",
        )
    }

    fn make(bytes: u64) -> anyhow::Result<Self> {
        let name = format!("rehearsal-{}", std::process::id());
        let root = Path::new(ROOT);
        let (folder, file) = if root.join("cgroup.controllers").exists() {
            // It may be so already.
            let _ = fs::write(root.join("cgroup.subtree_control"), "+memory");
            (root.join(name), "memory.max")
        } else {
            (root.join("memory").join(name), "memory.limit_in_bytes")
        };
        let shown = folder.display();
        fs::create_dir(&folder).with_context(|| format!("cannot make {shown}"))?;
        let group = Self(folder.clone());
        fs::write(folder.join(file), bytes.to_string())
            .with_context(|| format!("cannot set {file} of {shown}"))?;
        Ok(group)
    }

    /// Holds a process to it from now on.
    ///
    /// # Errors
    ///
    /// When the process has ended.
    pub(crate) fn hold(&self, process: u32) -> anyhow::Result<()> {
        fs::write(self.0.join("cgroup.procs"), process.to_string())
            .with_context(|| format!("cannot hold process {process} to its limit"))
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // One that stays costs nothing.
        let _ = fs::remove_dir(&self.0);
    }
}
