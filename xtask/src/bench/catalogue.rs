//! The measured catalogue: generated, and imported by the command that users run.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::ensure;

/// Scholarships in the catalogue that goals of speed are about.
pub(crate) const SCHOLARSHIPS: usize = 100_000;

pub(crate) struct Catalogue {
    pub(crate) store: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) import_seconds: f64,
}

pub(crate) fn make(release: &Path, folder: &Path, count: usize) -> anyhow::Result<Catalogue> {
    let file = generate(release, folder, count)?;
    let store = folder.join("catalogue.db");
    let begun = Instant::now();
    let status = Command::new(release.join("xtask"))
        .arg("import")
        .arg(&file)
        .env("DATABASE_URL", format!("sqlite://{}", store.display()))
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "importing the catalogue failed");
    Ok(Catalogue {
        store,
        file,
        import_seconds: begun.elapsed().as_secs_f64(),
    })
}

/// Writes so many scholarships, the same in every run, to a file of the folder.
pub(crate) fn generate(release: &Path, folder: &Path, count: usize) -> anyhow::Result<PathBuf> {
    let file = folder.join("catalogue.ndjson");
    let output = File::create(&file)?;
    let status = Command::new(release.join("xtask"))
        .args(["sample", "--seed", "1", "--count", &count.to_string()])
        .stdout(output)
        .status()?;
    ensure!(status.success(), "generating the catalogue failed");
    Ok(file)
}
